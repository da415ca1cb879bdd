"""A local Zendesk for tests of bots: Conversations API, webhooks, agent page.

The names here are the public test kit.
"""

from .kit import AppInfo, IntegrationInfo, Simulator, SimulatorClient, SimulatorError

__all__ = ["AppInfo", "IntegrationInfo", "Simulator", "SimulatorClient", "SimulatorError"]
