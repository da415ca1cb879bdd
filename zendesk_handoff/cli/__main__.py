"""``python -m zendesk_handoff.cli``."""

from zendesk_handoff.cli import app

app()
