"""A local Zendesk: API, webhooks and agents, for the demo and for tests of bots.

The names here are the public test kit.
"""

from .kit import AppInfo, IntegrationInfo, Simulator, SimulatorClient, SimulatorError

__all__ = ["AppInfo", "IntegrationInfo", "Simulator", "SimulatorClient", "SimulatorError"]
