"""The application ``zendesk-handoff`` with all of its commands."""

from __future__ import annotations

import logging
import sys

import structlog
import typer

from zendesk_handoff.cli import check, connectors, dialogues, hours, personal_data, sessions, setup
from zendesk_handoff.cli.init import init
from zendesk_handoff.cli.report.command import report

app = typer.Typer(
    name="zendesk-handoff",
    help="Hand a Rasa conversation to Zendesk agents, and take it back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def configure_logs() -> None:
    """Hand a Rasa conversation to Zendesk agents, and take it back."""
    # Other programs may read standard output: logs go to standard error.
    if not structlog.is_configured():
        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
            logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        )


app.command()(init)
app.command()(setup.setup)
app.command()(check.check)
app.command()(connectors.connectors)
app.command()(hours.hours)
app.command()(sessions.sessions)
app.command()(report)
app.command()(sessions.retry)
app.command()(sessions.end)
app.command()(sessions.purge)
app.command()(personal_data.export)
app.command()(personal_data.forget)
app.command()(dialogues.score)
app.command()(dialogues.summarize)
