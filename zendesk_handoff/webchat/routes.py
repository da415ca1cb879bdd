"""Routes of the page's API: conversations, messages, events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.domain.identity import KnownUser
from zendesk_handoff.domain.payloads import without_mark
from zendesk_handoff.domain.user_content import Place
from zendesk_handoff.handover.quotas import Quotas
from zendesk_handoff.rasa.request_body import MAX_SMALL_BODY, read_body
from zendesk_handoff.rasa.request_limits import address_of
from zendesk_handoff.settings import BLOCK
from zendesk_handoff.store import Store
from zendesk_handoff.store.chat import ChatStart, HistoryItem
from zendesk_handoff.webchat.begin import Link, check_workspace, decide, values_for_new
from zendesk_handoff.webchat.conversation import (
    CHANNEL,
    HEADER,
    check_origin,
    derive_sender_id,
    is_https,
    new_secret,
    read_profile,
    read_secrets,
)
from zendesk_handoff.webchat.embedding import Keeping, read_keeping
from zendesk_handoff.webchat.error_responses import (
    SAFE_HEADERS,
    RequestError,
    json_response,
    limit_error,
    with_error_responses,
)
from zendesk_handoff.webchat.executor import SerialExecutor
from zendesk_handoff.webchat.history import is_from_agents, start_item, user_item
from zendesk_handoff.webchat.identity import read_identity
from zendesk_handoff.webchat.messages import read_item, read_json, read_message, read_place
from zendesk_handoff.webchat.page_settings import PageSettings
from zendesk_handoff.webchat.payloads import only_offered
from zendesk_handoff.webchat.queue import MessageQueue
from zendesk_handoff.webchat.read_marks import ReadMarks
from zendesk_handoff.webchat.stream import EventStreams, read_last_id
from zendesk_handoff.webchat.typing import TypingAgents

PATH = "/webhooks/webchat"
#: History items from a message on that are looked at for a newer one of the agents'.
_LATER = 200
NO_STORE = f"The chat needs the plugin: add the block `{BLOCK}:` to credentials.yml."
FAILED = "Something went wrong, and your message was not handled. Please send it again."


def plugin_store(app: Sanic | None) -> Store | None:
    """Return the store of the plugin, whose channel puts its runtime into the app's context.

    Args:
        app: Rasa's Sanic app; ``None`` before it starts.
    """
    runtime = getattr(app.ctx, "zendesk_handoff", None) if app is not None else None
    return None if runtime is None else runtime.store


class Routes:
    """The API's routes.

    Args:
        streams: The open event streams.
        executor: Runs the work on each sender's messages.
        queue: Submits messages to the executor.
        settings: The page's settings.
        typing: Knows to whom an agent is typing.
        reads: Knows what an agent has read.
    """

    def __init__(
        self,
        streams: EventStreams,
        executor: SerialExecutor,
        queue: MessageQueue,
        settings: PageSettings,
        *,
        typing: TypingAgents,
        reads: ReadMarks,
    ) -> None:
        """Keep the collaborators."""
        self._typing = typing
        self._reads = reads
        self._settings = settings
        self._streams = streams
        self._executor = executor
        self._queue = queue

    def add_to(self, blueprint: Blueprint) -> None:
        """Add the routes to the channel's blueprint."""
        blueprint.add_route(
            with_error_responses(self.begin_conversation),
            "/conversations",
            methods=["POST"],
            stream=True,
            name="begin_conversation",
        )
        blueprint.add_route(
            with_error_responses(self.receive_message),
            "/messages",
            methods=["POST"],
            stream=True,
            name="receive_message",
        )
        blueprint.add_route(
            with_error_responses(self.note_read),
            "/read",
            methods=["POST"],
            stream=True,
            name="note_read",
        )
        # Not `add_route`, by which Sanic reads the body of a GET request, too.
        blueprint.get("/events", name="stream_events")(with_error_responses(self.stream_events))

    async def begin_conversation(self, request: Request) -> HTTPResponse:
        """Resume the cookie's conversation, or begin one and issue its secret.

        ``{"new": true}``, which the page sends when its user has said so, always begins another
        one. Without it, ``asks`` in the answer says what the page's address asks for.
        """
        check_origin(request.headers)
        content = await read_body(request, MAX_SMALL_BODY)
        body = read_json(content, content_type=request.content_type or "")
        store, link = store_of(request), self._read_link(body)
        keeping = read_keeping(body, is_open=bool(self._settings.embed_origins))
        secret = keeping.read(request.headers)
        sender_id = derive_sender_id(secret) if secret is not None else ""
        known = await store.chat.start_of(sender_id) if sender_id else None
        if body.get("new") is True:
            return await self._begin(request, store, values_for_new(known, link), keeping)
        is_empty = known is None or not await store.chat.has_words_of_user(sender_id)
        decision = decide(known, link, is_empty=is_empty)
        if known is None or decision.what == "begin":
            return await self._begin(request, store, link, keeping)
        user = KnownUser.from_json(known.user)
        if decision.what == "renew":
            user = link.user
            await store.chat.add(sender_id, start_item(known.profile, user))
        asks = {"asks": dict(decision.asks)} if decision.what == "ask" else {}
        return json_response({**_described(sender_id, user), **asks})

    def _read_link(self, body: Mapping[str, Any]) -> Link:
        token = body.get("identity")
        user = None if token is None else read_identity(token, self._settings.identity_secret)
        signed_out = user is None and body.get("signed_out") is True
        link = Link(read_profile(body), user, is_signed_out=signed_out)
        check_workspace(link, self._settings.allowed_workspaces)
        return link

    async def _begin(
        self, request: Request, store: Store, link: Link, keeping: Keeping
    ) -> HTTPResponse:
        quotas: Quotas = request.app.ctx.zendesk_handoff.quotas
        wait = quotas.begin_conversation(address_of(request, quotas))
        if wait:
            raise limit_error("conversations", retry_after=wait)
        secret = new_secret()
        sender_id = derive_sender_id(secret)
        await store.chat.add(sender_id, start_item(link.told, link.user))
        secure = is_https(request.headers, scheme=request.scheme)
        token, headers = keeping.give(secret, path=PATH, secure=secure)
        body = {**_described(sender_id, link.user), **token}
        return json_response(body, status=201, headers=headers)

    async def receive_message(self, request: Request) -> HTTPResponse:
        """Store a message, then hand it to the bot outside of the request."""
        check_origin(request.headers)
        content = await read_body(request, MAX_SMALL_BODY)
        body = read_json(content, content_type=request.content_type or "")
        message = read_message(body)
        store, sender_id = store_of(request), sender_of(request)
        start = await started(store, sender_id)
        message = await only_offered(store.chat, sender_id, message)
        quotas: Quotas = request.app.ctx.zendesk_handoff.quotas
        address = address_of(request, quotas)
        quotas.note_address(CHANNEL, sender_id, address)
        wait = quotas.send_message(sender_id, address)
        if wait:
            raise limit_error("messages", retry_after=wait)
        item = user_item(
            message.title or without_mark(message.text),
            request_id=message.id,
            answers=message.answers,
        )
        title = {"title": message.title} if message.title else {}
        where = read_place(body, user_agent=request.headers.get("user-agent"))
        new = await store.chat.add(
            sender_id,
            item,
            request_id=message.id,
            work=work_of(start, message.text, {**title, **where}, place=message.place),
            max_waiting=quotas.limits.waiting_messages,
        )
        await self._queue.dispatch(store, sender_id, new=new)
        return json_response({}, status=202)

    async def note_read(self, request: Request) -> HTTPResponse:
        """Report to Zendesk that the agents' newest message has been shown to the user.

        Zendesk's report is of the whole conversation: an older message is none, since the page says
        so again once it has shown the newer one.
        """
        check_origin(request.headers)
        content = await read_body(request, MAX_SMALL_BODY)
        item_id = read_item(read_json(content, content_type=request.content_type or ""))
        store, sender_id = store_of(request), sender_of(request)
        session = await store.sessions.current(sender_id)
        if session is None or not session.is_open:
            return json_response({}, status=202)
        items = await store.chat.after(sender_id, item_id - 1, limit=_LATER)
        if _is_newest_of_agents(item_id, items) and items[0].created_at >= session.created_at:
            request.app.ctx.zendesk_handoff.user_reads.note(session, item_id)
        return json_response({}, status=202)

    async def stream_events(self, request: Request) -> None:
        """Stream the items that the page does not have yet, then each new one."""
        check_origin(request.headers)
        store, sender_id = store_of(request), sender_of(request)
        await started(store, sender_id)
        stream = await request.respond(
            content_type="text/event-stream; charset=utf-8",
            headers={**SAFE_HEADERS, "X-Accel-Buffering": "no"},
        )
        last_id = read_last_id(request.headers.get("last-event-id"))
        quotas: Quotas = request.app.ctx.zendesk_handoff.quotas
        await self._streams.serve(
            stream.send,
            store,
            sender_id,
            last_id=last_id,
            is_busy=lambda: self._executor.is_busy(sender_id),
            has_typing_agent=lambda: self._typing.is_on(sender_id),
            read_until=lambda: self._reads.until(sender_id),
            max_streams=quotas.limits.streams,
            on_excess=lambda: quotas.count("streams"),
            abort=request.transport.abort,
        )
        await stream.eof()


def store_of(request: Request) -> Store:
    """Return the store.

    Args:
        request: To a route of the page.

    Raises:
        RequestError: The plugin has no block in the credentials.
    """
    store = plugin_store(request.app)
    if store is None:
        raise RequestError(503, NO_STORE, code="no_store")
    return store


def sender_of(request: Request) -> str:
    """Derive the sender id from the browser's secret.

    A page that still shows an older conversation, while another tab has begun a new one, must not
    write into the new one.

    Args:
        request: To a route of the page.

    Raises:
        RequestError: It has no secret, or is of another conversation's page.
    """
    known = [derive_sender_id(secret) for secret in read_secrets(request.headers)]
    if not known:
        raise RequestError(401, "There is no conversation yet.", code="no_conversation")
    shown = request.headers.get(HEADER.lower()) or request.args.get("conversation")
    if shown is None:
        return known[0]
    if shown not in known:
        raise RequestError(
            409, "A new conversation has begun in another tab.", code="other_conversation"
        )
    return str(shown)


async def started(store: Store, sender_id: str) -> ChatStart:
    """Read what a conversation that has begun knows of its user.

    Args:
        store: The store.
        sender_id: Rasa's sender id.

    Raises:
        RequestError: It has not begun.
    """
    start = await store.chat.start_of(sender_id)
    if start is None:
        raise RequestError(401, "There is no conversation yet.", code="no_conversation")
    return start


def _is_newest_of_agents(item_id: int, items: Sequence[HistoryItem]) -> bool:
    """Tell whether an item is the agents' newest.

    Args:
        item_id: Its id.
        items: The conversation's from that id on; as many as ``_LATER`` may not be all.
    """
    if not items or items[0].id != item_id or len(items) == _LATER:
        return False
    return [each.id for each in items if is_from_agents(each.body)] == [item_id]


def _described(sender_id: str, user: KnownUser | None) -> dict[str, Any]:
    """Describe a conversation to its page, which shows as whom its user is signed in."""
    shown = "" if user is None else user.name or user.email or user.subject
    return {"conversation": sender_id, **({"signed_in_as": shown} if shown else {})}


def work_of(
    start: ChatStart, text: str, metadata: Mapping[str, Any], *, place: Place | None = None
) -> dict[str, Any]:
    """Make what the bot, or an agent, is to get of a history item.

    Args:
        start: What is known of the user.
        text: The text for Rasa.
        metadata: Added to the message's metadata.
        place: The user's, if that is what the message says.
    """
    work = {"text": text, "metadata": {**start.profile, **metadata}, "user": dict(start.user)}
    return work if place is None else {**work, "place": [place.latitude, place.longitude]}
