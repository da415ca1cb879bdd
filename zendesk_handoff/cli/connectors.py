"""``zendesk-handoff connectors``: the configured connectors and their webhook addresses."""

from __future__ import annotations

from zendesk_handoff.cli.credentials import CredentialsOption, settings_or_exit
from zendesk_handoff.cli.output import Column, print_table

COLUMNS = (
    Column("id"),
    Column("name", wraps=True),
    Column("subdomain"),
    Column("workspaces", wraps=True),
    Column("webhook URL"),
)


def connectors(credentials: CredentialsOption = None) -> None:
    """List the connectors, with the address to paste into Zendesk."""
    settings = settings_or_exit(credentials)
    rows = [
        (
            connector.id,
            connector.name,
            connector.subdomain,
            ", ".join(connector.workspaces),
            connector.webhook_url(settings.public_url),
        )
        for connector in settings.connectors.values()
    ]
    print_table(COLUMNS, rows)
