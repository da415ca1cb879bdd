"""Forwarding of the outbox to Zendesk: in order, and each message once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from zendesk_handoff import metrics
from zendesk_handoff.domain.media import is_image
from zendesk_handoff.domain.responses import NOT_PASSED_ON
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.errors import ApiError, Locked, NotAuthorized, NotFound
from zendesk_handoff.handover.opening import BOT_AUTHOR
from zendesk_handoff.store import Store
from zendesk_handoff.store.outbox import Outgoing
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.clients import Clients
from zendesk_handoff.zendesk.models import SESSION_KEY

log = structlog.get_logger(__name__)

_BATCH_SIZE = 50
#: Statuses of accepting or releasing control that is not ours.
_NOT_IN_CONTROL = frozenset({400, 403, 409})

#: The agent's notice when we end the session, by end reason.
CLOSING_NOTES = {
    EndReason.USER.value: "The user has left this chat and is back with the bot.",
    EndReason.BOT.value: "The bot has taken over again. The user no longer sees this chat.",
    State.FAILED.value: "The user could not be connected and is back with the bot.",
    EndReason.OPERATOR.value: "This chat was ended by an operator. The user is back with the bot.",
    EndReason.NO_AGENT.value: "Nobody answered in time. The user is back with the bot.",
    EndReason.AGENT_SILENT.value: "Nobody answered in time. The user is back with the bot.",
    EndReason.USER_SILENT.value: "The user did not answer any more and is back with the bot.",
}


class Forwarder:
    """Forwards the outboxes of a process's sessions.

    Args:
        store: The store.
        clients: The Conversations API clients.
    """

    def __init__(self, store: Store, clients: Clients) -> None:
        """Keep the collaborators."""
        self._store = store
        self._clients = clients

    async def run(self, session: Session) -> bool:
        """Send everything that waits in a session's outbox, as ``forward`` does.

        Args:
            session: A session whose connector is in the settings.

        Returns:
            Whether nothing kept messages from being sent.
        """
        client = self._clients.background(session.connector_id)
        assert client is not None, "forwarding is due where there is the connector"
        return await forward(self._store, client, session)


async def forward(store: Store, client: ConversationsClient, session: Session) -> bool:
    """Send everything that waits in a session's outbox to Zendesk.

    Messages that are stored meanwhile are left to the next call. None is sent without the
    session's lease.

    Args:
        store: The store.
        client: The background client of the session's connector.
        session: A session that is connected or over: its messages are delivered after the end, too.

    Returns:
        Whether nothing kept messages from being sent.

    Raises:
        ConversationsError: For example 401 after a key was changed. The message stays the first of
            the outbox.
        StoreUnavailable: The outbox could not be read or written.
    """
    leases, is_failed = store.leases, session.state is State.FAILED
    limit = {} if is_failed else {"limit": _BATCH_SIZE}
    while await leases.acquire(session.id):
        # Read with the lease: nobody else sends these.
        messages = await store.outbox.waiting(session.id, **limit)
        for message in messages:
            if is_failed and message.body["type"] != "closing_note":
                continue  # the bot answers it
            if not leases.is_held(session.id):
                break
            outcome_unknown = leases.is_outcome_unknown(session.id)
            try:
                may_continue = await _forward(
                    store, client, session, message, outcome_unknown=outcome_unknown
                )
            except BaseException:
                leases.mark_unknown(session.id)
                raise
            leases.confirm(session.id)
            if not may_continue:
                return False
        else:
            if is_failed or len(messages) < _BATCH_SIZE:
                return True
    return False


async def _forward(
    store: Store,
    client: ConversationsClient,
    session: Session,
    message: Outgoing,
    *,
    outcome_unknown: bool,
) -> bool:
    """Send one message to Zendesk; return whether another may follow."""
    try:
        if message.body["type"] == "closing_note":
            # An old session's end must not end a new one in the same conversation.
            if not await store.sessions.is_superseded(session):
                await _end_by_us(client, session, message, outcome_unknown=outcome_unknown)
        else:
            await _post(store, client, session, message, outcome_unknown=outcome_unknown)
    except (NotFound, Locked) as error:
        await _end_removed(store, session, error)
        return False
    except NotAuthorized:
        raise
    except ApiError as error:
        if error.retryable:
            raise
        log.error("handoff.message.refused", session=session.id, error=str(error))
        await _refuse(store, session, [message], error)
        return True
    await store.outbox.finish(message)
    stored_at = message.created_at
    metrics.count_delivery(metrics.TO_AGENT, session.connector_id, stored_at=stored_at)
    return True


async def _end_removed(store: Store, session: Session, error: ApiError) -> None:
    """End a session whose conversation is removed (404) or full (423)."""
    log.warning("handoff.conversation.gone", session=session.id, error=str(error))
    await _refuse(store, session, await store.outbox.waiting(session.id), error)
    await store.sessions.end(session.id, EndReason.CONVERSATION_REMOVED)


async def _refuse(
    store: Store, session: Session, messages: Sequence[Outgoing], error: ApiError
) -> None:
    """Mark messages as refused, and notify the user, who believes that they arrived."""
    by_user = any(message.body["type"] != "closing_note" for message in messages)
    await store.outbox.refuse(
        messages,
        connector_id=session.connector_id,
        error=str(error),
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
    """Build the content object of an outbox entry (Conversations API: schema `content`)."""
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
    return "image" if is_image(media_type) else "file"


async def _end_by_us(
    client: ConversationsClient, session: Session, message: Outgoing, *, outcome_unknown: bool
) -> None:
    """Post the closing note and, inside the switchboard, release control.

    Inside the switchboard, the control that was offered to us is accepted and released, which an
    ``int_`` key may do, while a bare release answers 403 (Conversations API: `ReleaseControl`).
    Outside of it control cannot be taken back: the session ends in the plugin only.
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
    if client.connector.switchboard_integration is None:
        return
    try:
        await client.switchboard.accept_control(conversation_id)
    except ApiError as error:
        # Nothing is pending: this is a repeat after a crash, or the agent released control first.
        if error.status not in _NOT_IN_CONTROL:
            raise
    try:
        await client.switchboard.release_control(
            conversation_id, metadata={SESSION_KEY: session.id}
        )
    except ApiError as error:
        if error.status not in _NOT_IN_CONTROL:
            raise
        log.info("handoff.control.not_ours", session=session.id, status=error.status)
