"""The test kit: a simulator inside a test, and a client for one in another process."""

from .client import SimulatorClient, SimulatorError
from .local import Simulator
from .models import AppInfo, IntegrationInfo

__all__ = ["AppInfo", "IntegrationInfo", "Simulator", "SimulatorClient", "SimulatorError"]
