"""What the agents are given of a native conversation in which the bot has failed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from zendesk_handoff import frustration
from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.form_answers import EMAIL, NAME
from zendesk_handoff.domain.identity import Identity, KnownUser, gather
from zendesk_handoff.domain.native import NATIVE_CHANNEL
from zendesk_handoff.domain.redaction import mask
from zendesk_handoff.domain.templates import plain
from zendesk_handoff.domain.ticket import DEFAULT_TAGS, KnownValues, Ticket, join
from zendesk_handoff.domain.untrusted_text import quotable
from zendesk_handoff.handover.native_events import LOCALE
from zendesk_handoff.handover.ticket_fields import Values, fill_ticket
from zendesk_handoff.logs import error_fields
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.summary import write_summary

log = structlog.get_logger(__name__)

#: The tag of a ticket that a failure of the bot has made.
FAILURE_TAG = "rasa_bot_failed"
#: The kind of the reason, for the routes of tickets.
FAILURE = "bot_failed"


class FailureCase:
    """A conversation that is handed over without the action server, as the action would do it.

    Nothing here may keep the user from the agents: what cannot be written is left out.

    Args:
        connector: The connector.
        settings: The plugin's.
        dialogue: The conversation; where it cannot be read, the user's last message alone.
        sender_id: Rasa's id of the user.
        metadata: Of the user's last message.
        user: What Zendesk knows of the user.
        reason: What has failed, in the agents' language.
    """

    def __init__(
        self,
        connector: Connector,
        settings: Settings,
        dialogue: Dialogue,
        *,
        sender_id: str,
        metadata: Mapping[str, Any],
        user: KnownUser | None,
        reason: str,
    ) -> None:
        """Find out who the user is."""
        self._connector = connector
        self._settings = settings
        self._dialogue = dialogue
        self._sender_id = sender_id
        self._metadata = metadata
        self._reason = reason
        locale = plain(metadata.get(LOCALE)) or dialogue.locale or ""
        slots = dialogue.slots
        told = (
            {"name": plain(slots.get(NAME)), "email": plain(slots.get(EMAIL))},
            {"name": plain(slots.get("name")), "email": plain(slots.get("email"))},
        )
        known = [{key: text for key, text in each.items() if text} for each in told]
        self.identity: Identity = gather(user, known, locale=locale)

    async def write_summary(self, text: str) -> str:
        """Write the summary; where that fails, the reason and the user's last words.

        Args:
            text: Of the user's last message.
        """
        try:
            return await write_summary(
                self._dialogue,
                self._settings.summary,
                reason=self._reason,
                agent_language=self._connector.agent_language,
                redact=self._settings.redact,
            )
        except Exception as error:
            log.warning("handoff.native.no_summary", **error_fields(error))
        words = mask(quotable(text), kinds=self._settings.redact)
        return f"{self._reason}\n\n{words}".strip()

    async def fill_ticket(self) -> Ticket:
        """Fill the ticket's fields; where that fails, it has the tags by which it is found."""
        try:
            filled = await asyncio.to_thread(fill_ticket, self._connector, self._values())
        except Exception as error:
            log.warning("handoff.native.no_fields", **error_fields(error))
            filled = Ticket(tags=DEFAULT_TAGS)
        return join([filled, Ticket(tags=(FAILURE_TAG,))])

    def _values(self) -> Values:
        workspace = self._connector.workspaces[0]
        locale = self.identity.locale or None
        link = self._connector.link_to_conversation(
            sender_id=self._sender_id, workspace=workspace, channel=NATIVE_CHANNEL
        )
        known = KnownValues(
            workspace=workspace,
            channel=NATIVE_CHANNEL,
            locale=locale,
            reason=FAILURE,
            handoff_reason=self._reason,
            frustration_score=lambda: round(
                frustration.score(self._dialogue, locale=locale).score, 2
            ),
            page=None,
            browser=None,
            conversation_link=link,
        )
        return Values(self._dialogue, self._metadata, known=known, redact=self._settings.redact)
