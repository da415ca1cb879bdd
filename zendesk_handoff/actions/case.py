"""What the agents are given of a conversation: reason, summary, transcript, the ticket's fields."""

from __future__ import annotations

from functools import cached_property

from rasa_sdk import Tracker

from zendesk_handoff import frustration
from zendesk_handoff.actions.reason import kind_of_reason, reason_for_agents
from zendesk_handoff.actions.user import (
    find_browser,
    find_identity,
    find_language,
    find_page,
    message_metadata,
)
from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.redaction import mask
from zendesk_handoff.domain.ticket import KnownValues, Ticket
from zendesk_handoff.domain.untrusted_text import quotable
from zendesk_handoff.handover.agent_notes import agent_note
from zendesk_handoff.handover.ticket_fields import Values, fill_ticket
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.summary import add_context, write_summary, write_transcript


class Case:
    """A conversation that is to be handed over.

    Args:
        connector: The connector.
        settings: The plugin's.
        tracker: The conversation.
        dialogue: The same, read.
        workspace: The tenant.
        channel: The Rasa channel.
        message: What the user leaves for the agents while nobody is there.
    """

    def __init__(
        self,
        connector: Connector,
        settings: Settings,
        tracker: Tracker,
        dialogue: Dialogue,
        *,
        workspace: str,
        channel: str,
        message: str | None = None,
    ) -> None:
        """Keep the conversation."""
        self._message = message
        self._connector = connector
        self._settings = settings
        self._tracker = tracker
        self._dialogue = dialogue
        self._workspace = workspace
        self._channel = channel
        self.reason = reason_for_agents(tracker, connector.agent_language)

    @cached_property
    def link(self) -> str | None:
        """The address of the bot's conversation."""
        return self._connector.link_to_conversation(
            sender_id=self._tracker.sender_id, workspace=self._workspace, channel=self._channel
        )

    async def write_summary(self) -> str:
        """Write the summary, with what is known of the user's page and browser below."""
        redact, language = self._settings.redact, self._connector.agent_language
        summary = await write_summary(
            self._dialogue,
            self._settings.summary,
            reason=self.reason,
            locale=find_language(self._tracker),
            agent_language=language,
            redact=redact,
        )
        if self._message is not None:
            email = find_identity(self._tracker).profile().get("email", "")
            summary = f"{agent_note('message_left', language, email=email)}\n\n{summary}"
        page, browser = find_page(self._tracker), find_browser(self._tracker)
        return add_context(
            summary,
            language,
            page=page and mask(quotable(page), kinds=redact),
            browser=browser and quotable(browser),
            conversation=self.link,
        )

    def write_transcript(self) -> list[str]:
        """Write all that was said, in parts; nothing unless the connector asks for it."""
        if not self._connector.transcript:
            return []
        return write_transcript(
            self._dialogue,
            agent_language=self._connector.agent_language,
            redact=self._settings.redact,
        )

    def fill_ticket(self) -> Ticket:
        """Fill the ticket's fields; the cost grows with the conversation."""
        locale = find_language(self._tracker)
        values = Values(
            self._dialogue,
            message_metadata(self._tracker),
            known=KnownValues(
                workspace=self._workspace,
                channel=self._channel,
                locale=locale,
                reason=kind_of_reason(self._tracker),
                handoff_reason=self.reason,
                frustration_score=lambda: _score(self._dialogue, locale),
                page=find_page(self._tracker),
                browser=find_browser(self._tracker),
                conversation_link=self.link,
            ),
            redact=self._settings.redact,
        )
        return fill_ticket(self._connector, values)


def _score(dialogue: Dialogue, locale: str | None) -> float:
    """Compute the frustration score of the user's last message, from 0 to 1."""
    return round(frustration.score(dialogue, locale=locale).score, 2)
