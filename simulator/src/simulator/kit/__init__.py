"""The test kit: a simulator inside a test, or a hand on one that runs elsewhere."""

from .client import SimulatorClient, SimulatorError
from .local import Simulator
from .models import AppInfo, IntegrationInfo

__all__ = ["AppInfo", "IntegrationInfo", "Simulator", "SimulatorClient", "SimulatorError"]
