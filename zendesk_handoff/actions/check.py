"""The action by which an action server tells ``zendesk-handoff check`` how it is set up."""

from __future__ import annotations

import asyncio
from threading import Thread
from typing import Any

import msgspec
import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from zendesk_handoff.actions.resources import open_resources
from zendesk_handoff.bounds import own_version
from zendesk_handoff.checks.at_start import check_action_server
from zendesk_handoff.checks.reports import REPORT_ACTION, ActionsReport
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.logs import error_fields
from zendesk_handoff.store.engine.identity import identity_of

log = structlog.get_logger(__name__)


class ActionHandoffCheck(Action):
    """Report the plugin's version, and which store this action server uses.

    The action server registers it with the others. Nothing of it belongs into a domain.
    """

    def __init__(self) -> None:
        """Check settings and store beside the start of the action server, which registers this."""
        Thread(target=_check, name="handoff check", daemon=True).start()

    def name(self) -> str:
        """Return the action's name."""
        return REPORT_ACTION

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Any]:
        """Report.

        Args:
            dispatcher: Receives the report as its only message.
            tracker: Not used.
            domain: Not used.
        """
        version = own_version()
        try:
            resources = await open_resources()
            store = await resources.store.database.read(identity_of)
            report = ActionsReport(version, store)
        except HandoffError as error:
            report = ActionsReport(version, error=str(error))
        dispatcher.utter_message(json_message=msgspec.to_builtins(report))
        return []


def _check() -> None:
    try:
        asyncio.run(check_action_server())
    except Exception as error:
        # The checks are advice: no error in them may concern the actions.
        log.error("handoff.check.failed", **error_fields(error))
