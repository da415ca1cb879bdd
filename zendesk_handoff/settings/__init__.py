"""The plugin's settings: one block of ``credentials.yml``, one frozen object."""

from zendesk_handoff.settings.model import (
    DEFAULT_WORKSPACE,
    Connector,
    Settings,
    SummarySettings,
    Timeouts,
)
from zendesk_handoff.settings.read import CONNECTOR_KEYS, load_settings, read_settings

__all__ = [
    "CONNECTOR_KEYS",
    "DEFAULT_WORKSPACE",
    "Connector",
    "Settings",
    "SummarySettings",
    "Timeouts",
    "load_settings",
    "read_settings",
]
