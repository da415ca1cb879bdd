"""The command line: ``zendesk-handoff``."""

from zendesk_handoff.cli.app import app

__all__ = ["app"]
