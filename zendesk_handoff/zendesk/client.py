"""An asynchronous client of the Conversations API, for what a handover needs of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec
import structlog

from zendesk_handoff.errors import ApiError, Conflict, ConnectionFailed, InvalidResponse
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.models import MARKER_KEY, SESSION_KEY, Conversation, Message, User
from zendesk_handoff.zendesk.retry import RetryPolicy
from zendesk_handoff.zendesk.transport import Transport, read

log = structlog.get_logger(__name__)
#: What an account without multi-conversations answers to a second one is not documented.
_ONE_CONVERSATION_ONLY = frozenset({400, 402, 403, 409})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 4
#: Seconds until a file's connection stands, or a place among those that are read at once is free:
#: a person waits for the answer, even if it is that there is none.
_FILE_CONNECT = 5.0


class ConversationsClient:
    """One connector's client.

    Every method raises a ``ConversationsError`` and repeats what may be repeated by one policy.
    The API knows no idempotency key, so whatever must not happen twice is looked for before it is
    tried again.

    Args:
        connector: The account and its key.
        session: A session to borrow; without one the client opens its own and closes it.
        timeout: Seconds one attempt may take.
        retry: The policy for repeats.
        sleep: What waits between attempts; a test passes a fake.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        session: aiohttp.ClientSession | None = None,
        timeout: float = 10.0,
        retry: RetryPolicy | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Remember the connector; nothing is opened before the first call."""
        self.connector = connector
        self._transport = Transport(
            connector, session=session, timeout=timeout, retry=retry or RetryPolicy(), sleep=sleep
        )
        self._call = self._transport.call
        self._pages = self._transport.pages

    async def __aenter__(self) -> ConversationsClient:
        """Use the client for the length of a block."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close what was opened here."""
        await self.close()

    async def close(self) -> None:
        """Close the client's own session; a borrowed one stays open."""
        await self._transport.close()

    # Users

    async def create_or_find_user(
        self, external_id: str, *, profile: Mapping[str, str] | None = None
    ) -> User:
        """Make sure that the user exists (SPEC CreateUser, GetUser).

        The user is created first, which for a new one saves a call; 409 says that they exist.

        Args:
            external_id: Our own id of the user, 1 to 1024 characters.
            profile: ``givenName``, ``surname``, ``email``, ``locale``, where known.
        """
        body: dict[str, Any] = {"externalId": external_id}
        if profile:
            body["profile"] = dict(profile)
        try:
            answer = await self._call("POST", "/users", json=body)
            return read("POST /users", answer, "user", as_type=User)
        except Conflict:
            answer = await self._call("GET", "/users/{}", external_id)
        user = read("GET /users/{id}", answer, "user", as_type=User)
        news = {key: value for key, value in (profile or {}).items() if value}
        if any((user.profile or {}).get(key) != value for key, value in news.items()):
            # Whether PATCH merges or replaces is not documented: send both sides together.
            merged = {**_writable(user.profile or {}), **news}
            await self._call("PATCH", "/users/{}", user.id, json={"profile": merged})
        return user

    # Conversations

    async def create_conversation(
        self, user_id: str, *, session_id: str, outcome_unknown: bool = False
    ) -> Conversation:
        """Open a conversation for a session, once (SPEC CreateConversation).

        An account without multi-conversations refuses a user's second one; then the one there is
        serves again.

        Args:
            user_id: Zendesk's id of the user.
            session_id: Goes into the conversation's metadata, and back with every event.
            outcome_unknown: An earlier attempt may have succeeded without our learning of it.
        """

        async def find() -> dict[str, Any] | None:
            for conversation in await self.list_conversations(user_id):
                if conversation.session_id == session_id:
                    return {"conversation": msgspec.to_builtins(conversation)}
            return None

        metadata = {SESSION_KEY: session_id}
        body = {
            "type": "personal",
            "participants": [{"userId": user_id}],
            "metadata": metadata,
        }
        try:
            answer = await self._call(
                "POST", "/conversations", json=body, recover=find, outcome_unknown=outcome_unknown
            )
        except ApiError as refused:
            if refused.status not in _ONE_CONVERSATION_ONLY:
                raise
            return await self._reuse_conversation(user_id, metadata, refused)
        return read("POST /conversations", answer, "conversation", as_type=Conversation)

    async def _reuse_conversation(
        self, user_id: str, metadata: dict[str, str], refused: Exception
    ) -> Conversation:
        known = await self.list_conversations(user_id)
        if not known:
            raise refused
        latest = max(known, key=lambda each: each.last_updated_at or "")
        merged = {**(latest.metadata or {}), **metadata}
        try:
            await self._call("PATCH", "/conversations/{}", latest.id, json={"metadata": merged})
        except ApiError as full:
            # Others have filled the 4 KB there are (SPEC ``metadata``). It is theirs, and our mark
            # only spares a look-up: the conversation's id tells its events as well.
            if full.status != 400:
                raise
        return latest

    async def list_conversations(self, user_id: str) -> list[Conversation]:
        """List a user's conversations (SPEC ListConversations).

        Args:
            user_id: Zendesk's id of the user.
        """
        found: list[Conversation] = []
        async for answer in self._pages("/conversations", {"filter[userId]": user_id}, "after"):
            some = answer.get("conversations", [])
            found += read("GET /conversations", some, as_type=list[Conversation])
        return found

    async def get_conversation(self, conversation_id: str) -> Conversation:
        """Read a conversation, and with it who is in control (SPEC GetConversation)."""
        answer = await self._call("GET", "/conversations/{}", conversation_id)
        return read("GET /conversations/{id}", answer, "conversation", as_type=Conversation)

    # Messages

    async def post_message(
        self,
        conversation_id: str,
        content: Mapping[str, Any],
        *,
        author: Mapping[str, Any],
        marker: str,
        outcome_unknown: bool = False,
    ) -> str:
        """Post a message, once (SPEC PostMessage).

        Args:
            conversation_id: Where to.
            content: A content object of SPEC; text has at most 4,096 characters.
            author: ``{"type": "user", "userId": …}`` or ``{"type": "business", …}``.
            marker: Goes into the message's metadata: by it we know our echo, and find out after
                a failure in doubt whether the message is there.
            outcome_unknown: An earlier attempt may have succeeded without our learning of it.

        Returns:
            Zendesk's id of the message; empty where its answer cannot be read, since the message
            is there all the same.
        """

        async def find() -> dict[str, Any] | None:
            message = await self.find_message(conversation_id, marker)
            return {"messages": [{"id": message.id}]} if message else None

        answer = await self._call(
            "POST",
            "/conversations/{}/messages",
            conversation_id,
            json={"author": author, "content": content, "metadata": {MARKER_KEY: marker}},
            recover=find,
            outcome_unknown=outcome_unknown,
        )
        try:
            return read("POST messages", answer, "messages", 0, "id", as_type=str)
        except InvalidResponse as fault:
            log.error("handoff.answer.unreadable", error=str(fault))
            return ""

    async def find_message(self, conversation_id: str, marker: str) -> Message | None:
        """Look for a message by our marker, in the newest page of a hundred (SPEC ListMessages)."""
        async for page in self.message_pages(conversation_id):
            return next((each for each in page if each.marker == marker), None)
        return None

    async def message_pages(self, conversation_id: str) -> AsyncIterator[list[Message]]:
        """Go through a conversation's messages from the newest page back (SPEC ListMessages).

        Args:
            conversation_id: Which conversation.

        Yields:
            Up to 100 messages, sorted by when Zendesk received them: SPEC is silent on their
            order inside a page.
        """
        path = "/conversations/{}/messages"
        async for answer in self._pages(path, {}, "before", conversation_id):
            page = filter(None, map(_read_message, answer.get("messages", [])))
            yield sorted(page, key=lambda each: each.received)

    # Attachments

    async def upload_attachment(
        self, conversation_id: str, data: bytes, *, name: str, media_type: str
    ) -> str:
        """Upload a file for a conversation (SPEC UploadAttachment; 50 MB at most).

        An attempt may take longer than others, by what the file's size asks for.

        Args:
            conversation_id: Whose file it will be.
            data: The file.
            name: Its name; Zendesk judges the extension.
            media_type: For example ``image/png``.

        Returns:
            The ``mediaUrl`` to post in a message.
        """

        def form() -> aiohttp.FormData:  # a form can be sent once, so each attempt has its own
            body = aiohttp.FormData(quote_fields=False)  # else agents read %20 in names
            body.add_field("source", data, filename=name, content_type=media_type)
            return body

        params = {"access": "public", "for": "message", "conversationId": conversation_id}
        answer = await self._call("POST", "/attachments", params=params, form=form)
        return read("POST /attachments", answer, "attachment", "mediaUrl", as_type=str)

    @asynccontextmanager
    async def open_media(
        self, url: str, *, may_follow: Callable[[str], bool]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Read a file that an agent sent.

        Newer accounts keep attachments private. The file is asked for without credentials; only
        a 401 or 403 from Zendesk's own host is answered with them.

        How long it takes is up to who reads, so the bound on the whole is theirs to set.

        Args:
            url: The message's ``mediaUrl``.
            may_follow: Judges each address that a redirect leads to: this server is not to be led
                about by what a message says.
        """
        for _ in range(_MOST_REDIRECTS):
            async with self._ask_for_media(url) as answer:
                if answer.status not in _REDIRECTS:
                    yield answer
                    return
                following = urljoin(url, answer.headers.get("Location", ""))
            if not may_follow(following):
                break
            url = following
        raise ApiError("GET media", 502, title="the file's address leads elsewhere")

    @asynccontextmanager
    async def _ask_for_media(self, url: str) -> AsyncIterator[aiohttp.ClientResponse]:
        # Scheme and host: credentials never travel over plain HTTP to a host we know by HTTPS.
        ours = urlsplit(url)[:2] == urlsplit(self.connector.base_url)[:2]
        ask = partial(
            self._transport.open_session().get,
            url,
            timeout=aiohttp.ClientTimeout(total=None, connect=_FILE_CONNECT, sock_read=30.0),
            allow_redirects=False,
        )
        try:
            async with ask() as answer:
                if answer.status not in {401, 403} or not ours:
                    yield answer
                    return
            headers = {"Authorization": self._transport.authorization.header()}
            async with ask(headers=headers) as answer:
                yield answer
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise ConnectionFailed("GET media", type(error).__name__) from None

    # Switchboard

    async def pass_control(
        self, conversation_id: str, to: str, *, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Pass control by name, which may be repeated without harm (SPEC PassControl).

        Args:
            conversation_id: Of which conversation.
            to: A switchboard integration's name; never ``next``, which is not idempotent for an
                ``app_`` key.
            metadata: Flat, 4 KB; ``dataCapture.*`` keys reach the ticket.
        """
        await self._switch("passControl", conversation_id, to, metadata)

    async def offer_control(
        self, conversation_id: str, to: str, *, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Offer control; who is offered it keeps hearing the conversation (SPEC OfferControl)."""
        await self._switch("offerControl", conversation_id, to, metadata)

    async def _switch(
        self, action: str, conversation_id: str, to: str, metadata: Mapping[str, Any] | None
    ) -> None:
        body: dict[str, Any] = {"switchboardIntegration": to}
        if metadata:
            body["metadata"] = dict(metadata)
        await self._call("POST", "/conversations/{}/" + action, conversation_id, json=body)

    async def accept_control(self, conversation_id: str) -> None:
        """Accept the control that was offered to us (SPEC AcceptControl)."""
        await self._call("POST", "/conversations/{}/acceptControl", conversation_id, json={})

    async def release_control(
        self, conversation_id: str, *, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Let go of a conversation (SPEC ReleaseControl)."""
        body = {"metadata": dict(metadata)} if metadata else {}
        await self._call("POST", "/conversations/{}/releaseControl", conversation_id, json=body)


def _read_message(raw: Any) -> Message | None:
    """Read a message of a listing; one that cannot be read must not hide the others."""
    try:
        return msgspec.convert(raw, Message)
    except msgspec.ValidationError as fault:
        log.error("handoff.listing.unreadable", error=str(fault)[:200])
        return None


def _writable(profile: Mapping[str, Any]) -> dict[str, Any]:
    names = ("givenName", "surname", "email", "avatarUrl", "locale")
    return {name: profile[name] for name in names if profile.get(name)}
