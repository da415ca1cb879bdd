"""From the user to the agents: what the store holds, in order, and each message once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import structlog

from zendesk_handoff import metrics
from zendesk_handoff.domain.responses import NOT_PASSED_ON
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.errors import ApiError, Locked, NotAuthorized, NotFound
from zendesk_handoff.failpoints import failpoint
from zendesk_handoff.handover.opening import BOT_AUTHOR
from zendesk_handoff.store import Store
from zendesk_handoff.store.outbox import Outgoing
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.models import SESSION_KEY

log = structlog.get_logger(__name__)

_READ_AT_ONCE = 50

#: What the agent reads when the session ends from our side.
CLOSING_NOTES = {
    EndReason.USER.value: "The user has left this chat and is back with the bot.",
    EndReason.BOT.value: "The bot has taken over again. The user no longer sees this chat.",
    State.FAILED.value: "The user could not be connected and is back with the bot.",
    EndReason.OPERATOR.value: "This chat was ended by an operator. The user is back with the bot.",
    EndReason.NO_AGENT.value: "Nobody answered in time. The user is back with the bot.",
    EndReason.AGENT_SILENT.value: "Nobody answered in time. The user is back with the bot.",
    EndReason.USER_SILENT.value: "The user did not answer any more and is back with the bot.",
}


class ProcessLeases(Protocol):
    """Who may work on a session."""

    async def acquire(self, session_id: str) -> bool:
        """Tell whether this process may now, or claim it."""

    def is_outcome_unknown(self, session_id: str) -> bool:
        """Tell whether the first message may have been posted without a note of it."""

    def mark_unknown(self, session_id: str) -> None:
        """Note that the first message may have been posted without a note of it."""

    def confirm(self, session_id: str) -> None:
        """Note that there is no such doubt any more."""


async def forward(
    store: Store, client: ConversationsClient, session: Session, *, leases: ProcessLeases
) -> None:
    """Bring everything that waits in a session's outbox to Zendesk.

    What is stored meanwhile is left to the next call.

    Args:
        store: Where it waits.
        client: The session's connector's, with patience for an outage.
        session: Connected, or over: what was acknowledged is delivered all the same.
        leases: Asked before each message; without messages nothing is claimed.

    Raises:
        ConversationsError: For example 401 after a change of keys. The message stays first in
            line.
        StoreUnavailable: The outbox could not be read or written.
    """
    while messages := await store.outbox.waiting(session.id, limit=_READ_AT_ONCE):
        for message in messages:
            if session.state is State.FAILED and message.body["type"] != "closing_note":
                continue  # the bot's to answer
            if not await leases.acquire(session.id):
                return
            outcome_unknown = leases.is_outcome_unknown(session.id)
            try:
                goes_on = await _forward(
                    store, client, session, message, outcome_unknown=outcome_unknown
                )
            except BaseException:
                leases.mark_unknown(session.id)
                raise
            leases.confirm(session.id)
            if not goes_on:
                return
        if len(messages) < _READ_AT_ONCE or session.state is State.FAILED:
            return


async def _forward(
    store: Store,
    client: ConversationsClient,
    session: Session,
    message: Outgoing,
    *,
    outcome_unknown: bool,
) -> bool:
    """Bring one message to Zendesk; tell whether another may follow."""
    failpoint("forward.begun")
    try:
        if message.body["type"] == "closing_note":
            # The goodbye of an old session must not end the new one in the same conversation.
            if not await store.sessions.is_superseded(session):
                await _leave(client, session, message, outcome_unknown=outcome_unknown)
        else:
            await _post(store, client, session, message, outcome_unknown=outcome_unknown)
    except (NotFound, Locked) as gone:
        await _give_up(store, session, gone)
        return False
    except NotAuthorized:
        raise
    except ApiError as refused:
        if refused.retryable:
            raise
        log.error("handoff.message.refused", session=session.id, error=str(refused))
        await _refuse(store, session, [message], refused)
        return True
    failpoint("forward.posted")
    await store.outbox.finish(message)
    stored_at = message.created_at
    metrics.count_delivery(metrics.TO_AGENT, session.connector_id, stored_at=stored_at)
    failpoint("forward.noted")
    return True


async def _give_up(store: Store, session: Session, gone: ApiError) -> None:
    """End a session whose conversation takes no more messages (404; 423: SPEC PostMessage)."""
    log.warning("handoff.conversation.gone", session=session.id, error=str(gone))
    await _refuse(store, session, await store.outbox.waiting(session.id), gone)
    await store.sessions.end(session.id, EndReason.CONVERSATION_REMOVED)


async def _refuse(
    store: Store, session: Session, messages: Sequence[Outgoing], refused: ApiError
) -> None:
    """Set messages aside, and let the user know: they believe that the agent reads them."""
    by_user = any(message.body["type"] != "closing_note" for message in messages)
    await store.outbox.refuse(
        messages,
        connector_id=session.connector_id,
        error=str(refused),
        notice=NOT_PASSED_ON if by_user else None,
    )


async def _post(
    store: Store,
    client: ConversationsClient,
    session: Session,
    message: Outgoing,
    *,
    outcome_unknown: bool,
) -> None:
    content = await _content(store, client, session, message.body)
    await client.post_message(
        str(session.conversation_id),
        content,
        author={"type": "user", "userId": session.user_id},
        marker=message.marker,
        outcome_unknown=outcome_unknown,
    )


async def _content(
    store: Store, client: ConversationsClient, session: Session, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Make a SPEC content object of what the outbox holds."""
    if body["type"] == "text":
        return {"type": "text", "text": body["text"]}
    if body["type"] == "upload":
        upload = await store.chat.upload(body["upload_id"])
        if upload is None:
            return {"type": "text", "text": "(The user sent a file that is no longer there.)"}
        url = await client.upload_attachment(
            str(session.conversation_id),
            upload.data,
            name=upload.name,
            media_type=upload.media_type,
        )
        return {"type": _media_kind(upload.media_type), "mediaUrl": url}
    kind = _media_kind(str(body.get("media_type") or ""))
    return {"type": kind, "mediaUrl": body["media_url"]}


def _media_kind(media_type: str) -> str:
    return "image" if media_type.startswith("image/") else "file"


async def _leave(
    client: ConversationsClient, session: Session, message: Outgoing, *, outcome_unknown: bool
) -> None:
    """Tell the agent, and where the account lets us, take the conversation away.

    Inside the switchboard the control that was offered to us is accepted and released, which an
    ``int_`` key may do where a bare release answers 403 (SPEC ReleaseControl). Outside of it
    nothing can be taken: the agent is told, and the session is over on our side.
    """
    conversation_id = str(session.conversation_id)
    await client.post_message(
        conversation_id,
        {
            "type": "text",
            "text": CLOSING_NOTES.get(str(message.body.get("reason")), CLOSING_NOTES["user"]),
        },
        author=BOT_AUTHOR,
        marker=message.marker,
        outcome_unknown=outcome_unknown,
    )
    failpoint("closing.notified")
    if client.connector.switchboard_integration is None:
        return
    try:
        await client.accept_control(conversation_id)
    except ApiError as refused:
        # Nothing is pending: a repeat of ours after a crash, or the agent let go first.
        if refused.status not in {400, 403, 409}:
            raise
    failpoint("closing.accepted")
    try:
        await client.release_control(conversation_id, metadata={SESSION_KEY: session.id})
    except ApiError as refused:
        if refused.status not in {400, 403, 409}:
            raise
        log.info("handoff.control.not_ours", session=session.id, status=refused.status)
    failpoint("closing.released")
