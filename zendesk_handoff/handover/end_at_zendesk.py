"""The end of a session at Zendesk: the closing note, and the release of control."""

from __future__ import annotations

import structlog

from zendesk_handoff.domain.session import Session
from zendesk_handoff.errors import ApiError
from zendesk_handoff.handover.agent_notes import closing_note
from zendesk_handoff.handover.opening import BOT_AUTHOR
from zendesk_handoff.store.outbox import Outgoing
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.models import SESSION_KEY

log = structlog.get_logger(__name__)

#: Statuses of accepting or releasing control that is not ours.
_NOT_IN_CONTROL = frozenset({400, 403, 409})


async def end_at_zendesk(
    client: ConversationsClient, session: Session, message: Outgoing, *, outcome_unknown: bool
) -> None:
    """End a conversation at Zendesk, after all messages of the user.

    A session that the plugin has ended gets a closing note. Outside the switchboard its
    conversation stays with the agents, who may go on with the ticket. Control of one whose ticket
    is done is released wherever the key allows it. In a native conversation the user would read a
    note, and the bot takes control itself.

    Args:
        client: The background client of the session's connector.
        session: A session that is over.
        message: A ``closing_note`` or a ``release``.
        outcome_unknown: Whether an earlier attempt may have succeeded without our knowledge.
    """
    if session.is_native:
        await _take_back(client, session)
        return
    if message.body["type"] == "release":
        await _release(client, session)
        return
    await client.post_message(
        str(session.conversation_id),
        {
            "type": "text",
            "text": closing_note(str(message.body.get("reason")), client.connector.agent_language),
        },
        author=BOT_AUTHOR,
        marker=message.marker,
        outcome_unknown=outcome_unknown,
    )
    if client.connector.switchboard_integration is not None:
        await _release(client, session)


async def _take_back(client: ConversationsClient, session: Session) -> None:
    """Take control of a native conversation, in which the bot goes on."""
    try:
        await client.switchboard.pass_control(
            str(session.conversation_id),
            str(client.connector.switchboard_integration),
            metadata={SESSION_KEY: session.id},
        )
    except ApiError as error:
        if error.status not in _NOT_IN_CONTROL:
            raise
        log.warning("handoff.native.control_not_taken", session=session.id, status=error.status)


async def _release(client: ConversationsClient, session: Session) -> None:
    """Release control.

    Inside the switchboard, the control that was offered to us is accepted and released, which an
    ``int_`` key may do, while a bare release answers 403 (Conversations API: `ReleaseControl`).
    Outside of it, only a key of another scope may release.
    """
    if client.connector.switchboard_integration is not None:
        await accept_offer(client, session)
    try:
        await client.switchboard.release_control(
            str(session.conversation_id), metadata={SESSION_KEY: session.id}
        )
    except ApiError as error:
        if error.status not in _NOT_IN_CONTROL:
            raise
        log.info("handoff.control.not_ours", session=session.id, status=error.status)


async def accept_offer(client: ConversationsClient, session: Session) -> None:
    """Accept the control that was offered to us.

    Args:
        client: The client of the session's connector.
        session: The session.
    """
    try:
        await client.switchboard.accept_control(str(session.conversation_id))
    except ApiError as error:
        # Nothing is pending: this is a repeat after a crash, or the agent released it first.
        if error.status not in _NOT_IN_CONTROL:
            raise
