"""Forwarding of the outbox to Zendesk: in order, and each message once."""

from __future__ import annotations

import mimetypes
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import structlog

from zendesk_handoff import metrics
from zendesk_handoff.domain.links import is_loopback, user_media_address
from zendesk_handoff.domain.media import is_image, name_for_upload, plain_type
from zendesk_handoff.domain.outbox import OF_THE_PLUGIN
from zendesk_handoff.domain.responses import NOT_PASSED_ON
from zendesk_handoff.domain.session import EndReason, Session
from zendesk_handoff.errors import (
    ApiError,
    HandoffError,
    Locked,
    NotAuthorized,
    NotDelivered,
    NotFound,
)
from zendesk_handoff.handover.agent_notes import agent_note
from zendesk_handoff.handover.end_at_zendesk import end_at_zendesk
from zendesk_handoff.handover.opening import BOT_AUTHOR
from zendesk_handoff.store import Store
from zendesk_handoff.store.outbox import Outgoing
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)

_BATCH_SIZE = 50
#: Messages that end the conversation at Zendesk, after the user's last one.
_ENDS = frozenset({"closing_note", "release"})

#: Seconds within which a user's file must be read from its platform.
_FETCH_WITHIN = 600.0


class UserFile(Protocol):
    """A file that a user has sent, as its platform gave it."""

    @property
    def data(self) -> bytes:
        """Its bytes."""

    @property
    def media_type(self) -> str:
        """For example ``image/png``; empty if the platform did not tell."""

    @property
    def name(self) -> str:
        """Its name; may be empty."""


#: Reads a file: by the name of the channel, and the reference that its adapter has given.
Fetch = Callable[[str, str], Awaitable[UserFile]]


async def _no_platform(_channel: str, _reference: str) -> UserFile:
    raise NotDelivered("this process has no channels", may_repeat=True)


class Forwarder:
    """Forwards the outboxes of a process's sessions.

    Args:
        store: The store.
        clients: The Conversations API clients.
        fetch: Reads a user's file that only the token of its platform opens.
    """

    def __init__(self, store: Store, clients: Clients, fetch: Fetch) -> None:
        """Keep the collaborators."""
        self._store = store
        self._clients = clients
        self._fetch = fetch

    async def run(self, session: Session) -> bool:
        """Send everything that waits in a session's outbox, as ``forward`` does.

        Args:
            session: A session whose connector is in the settings.

        Returns:
            Whether nothing kept messages from being sent.
        """
        client = self._clients.background(session.connector_id)
        assert client is not None, "forwarding is due where there is the connector"
        return await forward(self._store, client, session, self._fetch)


async def forward(
    store: Store, client: ConversationsClient, session: Session, fetch: Fetch = _no_platform
) -> bool:
    """Send everything that waits in a session's outbox to Zendesk.

    Messages that are stored meanwhile are left to the next call. None is sent without the
    session's lease.

    Args:
        store: The store.
        client: The background client of the session's connector.
        session: A session that is connected or over: its messages are delivered after the end, too.
        fetch: Reads a user's file that only the token of its platform opens.

    Returns:
        Whether nothing kept messages from being sent.

    Raises:
        ConversationsError: For example 401 after a key was changed. The message stays the first of
            the outbox.
        StoreUnavailable: The outbox could not be read or written.
    """
    leases = store.leases
    while await leases.acquire(session.id):
        # Read with the lease: nobody else sends these.
        is_left_to_bot, messages = await store.outbox.to_forward(session.id, batch=_BATCH_SIZE)
        for message in messages:
            if is_left_to_bot and message.body["type"] not in OF_THE_PLUGIN:
                continue  # the bot answers it
            if not leases.is_held(session.id):
                break
            outcome_unknown = leases.is_outcome_unknown(session.id)
            try:
                may_continue = await _forward(
                    store, client, session, message, fetch, outcome_unknown=outcome_unknown
                )
            except BaseException:
                leases.mark_unknown(session.id)
                raise
            leases.confirm(session.id)
            if not may_continue:
                return False
        else:
            if is_left_to_bot or len(messages) < _BATCH_SIZE:
                return True
    return False


async def _forward(
    store: Store,
    client: ConversationsClient,
    session: Session,
    message: Outgoing,
    fetch: Fetch,
    *,
    outcome_unknown: bool,
) -> bool:
    """Send one message to Zendesk; return whether another may follow."""
    try:
        if message.body["type"] in _ENDS:
            # An old session's end must not end a new one in the same conversation.
            if not await store.sessions.is_superseded(session):
                await end_at_zendesk(client, session, message, outcome_unknown=outcome_unknown)
        else:
            await _post(store, client, session, message, fetch, outcome_unknown=outcome_unknown)
    except (NotFound, Locked) as error:
        await _end_removed(store, session, error)
        return False
    except NotAuthorized:
        raise
    except NotDelivered as error:
        if error.may_repeat and time.time() < message.created_at + _FETCH_WITHIN:
            raise
        log.error("handoff.file.not_read", session=session.id, reason=error.reason)
        await _refuse(store, session, [message], error)
        return True
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
    store: Store, session: Session, messages: Sequence[Outgoing], error: HandoffError
) -> None:
    """Mark messages as refused, and notify the user, who believes that they arrived."""
    by_user = any(message.body["type"] not in OF_THE_PLUGIN for message in messages)
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
    fetch: Fetch,
    *,
    outcome_unknown: bool,
) -> None:
    content = await _content(store, client, session, message.body, fetch)
    by_us = message.body["type"] in OF_THE_PLUGIN
    author = BOT_AUTHOR if by_us else {"type": "user", "userId": str(session.user_id)}
    await client.post_message(
        str(session.conversation_id),
        content,
        author=author,
        marker=message.marker,
        outcome_unknown=outcome_unknown,
    )


async def _content(
    store: Store,
    client: ConversationsClient,
    session: Session,
    body: Mapping[str, Any],
    fetch: Fetch,
) -> dict[str, Any]:
    """Build the content object of an outbox entry (Conversations API: schema `content`)."""
    kind = body["type"]

    def note(name: str, **values: str) -> dict[str, Any]:
        text = agent_note(name, client.connector.agent_language, **values)
        return {"type": "text", "text": text}

    if kind == "text":
        return _text_content(body, client.connector.agent_language)
    if kind == "deletion":
        return note("deleted")
    if kind == "not_delivered":
        return note("not_delivered", reason=str(body["reason"]))
    if kind == "place":
        return _place_content(body)
    if kind == "upload":
        upload = await store.chat.upload(body["upload_id"], sender_id=session.sender_id)
        if upload is None:
            return note("file_gone")
        return await _uploaded(client, session, upload.data, upload.name, upload.media_type)
    if kind == "platform_file":
        file = await fetch(str(body["channel"]), str(body["reference"]))
        media_type, name = body.get("media_type") or file.media_type, body.get("name") or file.name
        return await _uploaded(client, session, file.data, str(name), str(media_type))
    address = user_media_address(
        body["media_url"], from_here=is_loopback(client.connector.base_url)
    )
    if address is None:
        raise NotDelivered("the file has no public web address", may_repeat=False)
    media_type = body.get("media_type") or mimetypes.guess_type(urlsplit(address).path)[0] or ""
    return {"type": _media_kind(str(media_type)), "mediaUrl": address}


def _text_content(body: Mapping[str, Any], agent_language: str) -> dict[str, Any]:
    text = body["text"]
    if body.get("is_correction"):
        text = agent_note("corrected", agent_language, text=text)
    content = {"type": "text", "text": text}
    if body.get("payload"):
        content["payload"] = body["payload"]  # as Zendesk's own channels send a pressed button
    return content


def _place_content(body: Mapping[str, Any]) -> dict[str, Any]:
    named = {key: body[key] for key in ("name", "address") if body.get(key)}
    content: dict[str, Any] = {
        "type": "location",
        "coordinates": {"lat": body["latitude"], "long": body["longitude"]},
    }
    return {**content, "location": named} if named else content


async def _uploaded(
    client: ConversationsClient, session: Session, data: bytes, name: str, media_type: str
) -> dict[str, Any]:
    # Both are from outside, and become headers.
    media_type = plain_type(media_type)
    url = await client.upload_attachment(
        str(session.conversation_id),
        data,
        name=name_for_upload(name, media_type),
        media_type=media_type,
    )
    return {"type": _media_kind(media_type), "mediaUrl": url}


def _media_kind(media_type: str) -> str:
    return "image" if is_image(media_type) else "file"
