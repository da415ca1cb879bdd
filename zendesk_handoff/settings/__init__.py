"""The plugin's settings: one block of ``credentials.yml``, one frozen object."""

from zendesk_handoff.settings.connector import DEFAULT_WORKSPACE, Connector, workspace_of
from zendesk_handoff.settings.limits import LimitSettings
from zendesk_handoff.settings.model import TAKEOVER_AFTER, Settings, SummarySettings, Timeouts
from zendesk_handoff.settings.read import BLOCK, load_settings, read_settings
from zendesk_handoff.settings.schema import markdown_table

__all__ = [
    "BLOCK",
    "DEFAULT_WORKSPACE",
    "TAKEOVER_AFTER",
    "Connector",
    "LimitSettings",
    "Settings",
    "SummarySettings",
    "Timeouts",
    "load_settings",
    "markdown_table",
    "read_settings",
    "workspace_of",
]
