"""An asynchronous client of the Conversations API: the calls that a handover needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from typing import Any

import aiohttp
import msgspec
import structlog

from zendesk_handoff.domain.ticket_metadata import TICKET_PREFIX
from zendesk_handoff.domain.untrusted_text import harmless
from zendesk_handoff.errors import ApiError, Conflict, InvalidResponse, NotFound
from zendesk_handoff.zendesk.api_client import ApiClient
from zendesk_handoff.zendesk.api_responses import read_value
from zendesk_handoff.zendesk.models import MARKER_KEY, SESSION_KEY, Conversation, Message, User
from zendesk_handoff.zendesk.switchboard import Switchboard
from zendesk_handoff.zendesk.tolerant_json import convert

log = structlog.get_logger(__name__)

#: The status for a user's second conversation in an account without multi-conversations: which
#: one it is, is not documented.
_ONE_CONVERSATION_ONLY = frozenset({400, 402, 403, 409})


class ConversationsClient(ApiClient):
    """A client for one connector.

    Every method raises a ``ConversationsError`` and retries by one policy. The API has no
    idempotency key, so a call that must not take effect twice looks for its own result before it
    is tried again.
    """

    @cached_property
    def switchboard(self) -> Switchboard:
        """The calls that move control of a conversation."""
        return Switchboard(self._call)

    # Users

    async def create_or_find_user(
        self, external_id: str, *, profile: Mapping[str, str] | None = None
    ) -> User:
        """Create a user, or find the one that exists (Conversations API: `CreateUser`, `GetUser`).

        Creating comes first, which saves a call for a new user; 409 means that the user exists.

        Args:
            external_id: Our own id of the user, 1 to 1024 characters.
            profile: ``givenName``, ``surname``, ``email``, ``locale``, those that are known.
        """
        body: dict[str, Any] = {"externalId": external_id}
        if profile:
            body["profile"] = dict(profile)
        try:
            response = await self._call("POST", "/users", json=body)
            return read_value("POST /users", response, "user", as_type=User)
        except Conflict:
            response = await self._call("GET", "/users/{}", external_id)
        user = read_value("GET /users/{id}", response, "user", as_type=User)
        changes = {key: value for key, value in (profile or {}).items() if value}
        if any((user.profile or {}).get(key) != value for key, value in changes.items()):
            # Whether PATCH merges or replaces is not documented: send the whole profile.
            merged = {**_writable(user.profile or {}), **changes}
            await self._call("PATCH", "/users/{}", user.id, json={"profile": merged})
        return user

    async def get_user(self, user_id: str) -> User:
        """Read a user (Conversations API: `GetUser`).

        Args:
            user_id: Zendesk's id of the user.
        """
        response = await self._call("GET", "/users/{}", user_id)
        return read_value("GET /users/{id}", response, "user", as_type=User)

    async def delete_user(self, user_id: str) -> bool:
        """Delete a user, with all conversations and messages (Conversations API: `DeleteUser`).

        Args:
            user_id: Zendesk's id of the user, or our own, the ``externalId``.

        Returns:
            Whether there was such a user.
        """
        try:
            await self._call("DELETE", "/users/{}", user_id)
        except NotFound:
            return False
        return True

    # Conversations

    async def create_conversation(
        self,
        user_id: str,
        *,
        session_id: str,
        metadata: Mapping[str, Any] | None = None,
        outcome_unknown: bool = False,
    ) -> Conversation:
        """Create a session's conversation, once (Conversations API: `CreateConversation`).

        An account without multi-conversations rejects a user's second one; the existing one is
        then used again.

        Args:
            user_id: Zendesk's id of the user.
            session_id: Written to the conversation's metadata, which comes with every event.
            metadata: Added to it: flat, up to 4 KB together; ``dataCapture.*`` keys reach the
                ticket.
            outcome_unknown: Whether an earlier attempt may have succeeded without our knowledge.
        """

        async def find() -> dict[str, Any] | None:
            for conversation in await self.list_conversations(user_id):
                if conversation.session_id == session_id:
                    return {"conversation": msgspec.to_builtins(conversation)}
            return None

        metadata = {**(metadata or {}), SESSION_KEY: session_id}
        body = {
            "type": "personal",
            "participants": [{"userId": user_id}],
            "metadata": metadata,
        }
        try:
            response = await self._call(
                "POST", "/conversations", json=body, recover=find, outcome_unknown=outcome_unknown
            )
        except ApiError as error:
            if error.status not in _ONE_CONVERSATION_ONLY:
                raise
            return await self._reuse_conversation(user_id, metadata, error)
        return read_value("POST /conversations", response, "conversation", as_type=Conversation)

    async def _reuse_conversation(
        self, user_id: str, metadata: dict[str, Any], error: ApiError
    ) -> Conversation:
        existing = await self.list_conversations(user_id)
        if not existing:
            raise error
        latest = max(existing, key=lambda each: each.last_updated_at or "")
        # What the former handover has written for its ticket is not true of this one.
        theirs = {
            key: value
            for key, value in (latest.metadata or {}).items()
            if not key.startswith(TICKET_PREFIX)
        }
        merged = {**theirs, **metadata}
        try:
            await self._call("PATCH", "/conversations/{}", latest.id, json={"metadata": merged})
        except ApiError as rejected:
            # Another integration's metadata fills the limit of 4 KB (Conversations API: schema
            # `metadata`). Our key only saves a look-up: events are matched by conversation id, too.
            if rejected.status != 400:
                raise
        return latest

    async def list_conversations(self, user_id: str) -> list[Conversation]:
        """List a user's conversations (Conversations API: `ListConversations`).

        Args:
            user_id: Zendesk's id of the user.
        """
        found: list[Conversation] = []
        async for response in self._pages("/conversations", {"filter[userId]": user_id}, "after"):
            page = response.get("conversations", [])
            found += read_value("GET /conversations", page, as_type=list[Conversation])
        return found

    async def get_conversation(self, conversation_id: str) -> Conversation:
        """Read a conversation, with who is in control (Conversations API: `GetConversation`)."""
        response = await self._call("GET", "/conversations/{}", conversation_id)
        return read_value("GET /conversations/{id}", response, "conversation", as_type=Conversation)

    # Messages

    async def post_message(
        self,
        conversation_id: str,
        content: Mapping[str, Any],
        *,
        author: Mapping[str, Any],
        marker: str,
        schema: str | None = None,
        outcome_unknown: bool = False,
    ) -> str:
        """Post a message, once (Conversations API: `PostMessage`).

        Args:
            conversation_id: The conversation.
            content: A content object; text has at most 4,096 characters.
            author: ``{"type": "user", "userId": …}`` or ``{"type": "business", …}``.
            marker: Written to the message's metadata. It identifies our own events, and after an
                ambiguous failure it shows whether the message was posted.
            schema: The channel whose own form a template has: ``whatsapp``.
            outcome_unknown: Whether an earlier attempt may have succeeded without our knowledge.

        Returns:
            Zendesk's id of the message; empty if the response cannot be read, since the message is
            posted nevertheless.
        """

        async def find() -> dict[str, Any] | None:
            message = await self.find_message(conversation_id, marker)
            return {"messages": [{"id": message.id}]} if message else None

        response = await self._call(
            "POST",
            "/conversations/{}/messages",
            conversation_id,
            json={
                "author": author,
                "content": content,
                "metadata": {MARKER_KEY: marker},
                **({"schema": schema} if schema else {}),
            },
            recover=find,
            outcome_unknown=outcome_unknown,
        )
        try:
            return read_value("POST messages", response, "messages", 0, "id", as_type=str)
        except InvalidResponse as error:
            log.error("handoff.api_response.unreadable", error=str(error))
            return ""

    async def show_typing(self, conversation_id: str, *, author: Mapping[str, Any]) -> None:
        """Show that the business is typing (Conversations API: `PostActivity`).

        Args:
            conversation_id: The conversation.
            author: Of the type ``business``: a user's typing cannot be shown.
        """
        await self._post_activity(conversation_id, "typing:start", author)

    async def mark_read(self, conversation_id: str, *, author: Mapping[str, Any]) -> None:
        """Tell that an author has read the conversation (Conversations API: `PostActivity`).

        Args:
            conversation_id: The conversation. The API names no message: all of it counts as read.
            author: ``{"type": "user", "userId": …}`` or ``{"type": "business", …}``.
        """
        await self._post_activity(conversation_id, "conversation:read", author)

    async def _post_activity(
        self, conversation_id: str, activity: str, author: Mapping[str, Any]
    ) -> None:
        body = {"author": author, "type": activity}
        await self._call("POST", "/conversations/{}/activity", conversation_id, json=body)

    async def find_message(self, conversation_id: str, marker: str) -> Message | None:
        """Find a message by our marker among the newest 100.

        Args:
            conversation_id: The conversation.
            marker: As given to ``post_message``.
        """
        async for page in self.message_pages(conversation_id):
            return next((each for each in page if each.marker == marker), None)
        return None

    async def message_pages(self, conversation_id: str) -> AsyncIterator[list[Message]]:
        """Page through a conversation's messages, newest page first.

        Args:
            conversation_id: The conversation.

        Yields:
            Up to 100 messages (Conversations API: `ListMessages`), sorted by when Zendesk received
            them: their order inside a page is not documented.
        """
        path = "/conversations/{}/messages"
        async for response in self._pages(path, {}, "before", conversation_id):
            page = filter(None, map(_read_message, response.get("messages") or ()))
            yield sorted(page, key=lambda each: each.received)

    # Attachments

    async def upload_attachment(
        self, conversation_id: str, data: bytes, *, name: str, media_type: str
    ) -> str:
        """Upload a file for a conversation (Conversations API: `UploadAttachment`; up to 50 MB).

        The time-out of an attempt grows with the file's size.

        Args:
            conversation_id: The conversation that the file belongs to.
            data: The file.
            name: Its name; Zendesk checks the extension.
            media_type: For example ``image/png``.

        Returns:
            The ``mediaUrl`` to post in a message.
        """

        def form() -> aiohttp.FormData:  # a form can be sent once, so each attempt has its own
            body = aiohttp.FormData(quote_fields=False)  # otherwise agents read %20 in names
            body.add_field("source", data, filename=harmless(name), content_type=media_type)
            return body

        params = {"access": "public", "for": "message", "conversationId": conversation_id}
        response = await self._call("POST", "/attachments", params=params, form=form)
        return read_value("POST /attachments", response, "attachment", "mediaUrl", as_type=str)


def _read_message(raw: Any) -> Message | None:
    """Read a message of a listing; an unreadable one must not hide the others."""
    try:
        return convert(raw, Message)
    except msgspec.ValidationError as error:
        log.error("handoff.listing.unreadable", error=str(error)[:200])
        return None


def _writable(profile: Mapping[str, Any]) -> dict[str, Any]:
    names = ("givenName", "surname", "email", "avatarUrl", "locale")
    return {name: profile[name] for name in names if profile.get(name)}
