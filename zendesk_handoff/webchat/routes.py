"""Routes of the page's API: conversations, messages, files, events."""

from __future__ import annotations

import uuid
from typing import Any

from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.domain.media import download_headers
from zendesk_handoff.settings import BLOCK
from zendesk_handoff.store import Store
from zendesk_handoff.webchat import uploads
from zendesk_handoff.webchat.conversation import (
    HEADER,
    check_origin,
    cookie_header,
    derive_sender_id,
    is_another_person,
    is_https,
    new_secret,
    read_profile,
    read_secret,
)
from zendesk_handoff.webchat.error_responses import (
    SAFE_HEADERS,
    RequestError,
    json_response,
    with_error_responses,
)
from zendesk_handoff.webchat.executor import SerialExecutor
from zendesk_handoff.webchat.history import start_item, user_file_item, user_item
from zendesk_handoff.webchat.messages import (
    MAX_BODY,
    IncomingMessage,
    read_id,
    read_json,
    read_message,
)
from zendesk_handoff.webchat.queue import MessageQueue
from zendesk_handoff.webchat.stream import EventStreams, read_last_id

PATH = "/webhooks/webchat"
NO_STORE = f"The chat needs the plugin: add the block `{BLOCK}:` to credentials.yml."
FAILED = "Something went wrong, and your message was not handled. Please send it again."
#: Shown to a user who sends a file to the bot.
FILES_NEED_AN_AGENT = "Files can be read by a person only. Ask for one, then send it."


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
    """

    def __init__(
        self,
        streams: EventStreams,
        executor: SerialExecutor,
        queue: MessageQueue,
    ) -> None:
        """Keep the collaborators."""
        self._streams = streams
        self._executor = executor
        self._queue = queue

    def add_to(self, blueprint: Blueprint) -> None:
        """Add the routes to the channel's blueprint."""
        blueprint.add_route(
            with_error_responses(self.begin_conversation),
            "/conversations",
            methods=["POST"],
            name="begin_conversation",
        )
        blueprint.add_route(
            with_error_responses(self.receive_message),
            "/messages",
            methods=["POST"],
            name="receive_message",
        )
        blueprint.add_route(
            with_error_responses(self.receive_files),
            "/files",
            methods=["POST"],
            name="receive_files",
        )
        blueprint.add_route(
            with_error_responses(self.download_file),
            "/files/<upload_id:str>",
            methods=["GET"],
            name="download_file",
        )
        blueprint.add_route(
            with_error_responses(self.stream_events),
            "/events",
            methods=["GET"],
            name="stream_events",
        )

    async def begin_conversation(self, request: Request) -> HTTPResponse:
        """Resume the cookie's conversation, or begin one and issue its secret.

        ``{"new": true}`` always begins another one; so does a profile of another person.
        """
        check_origin(request.headers)
        body = read_json(request.body[:MAX_BODY], content_type=request.content_type or "")
        given = read_profile(body)
        store = _store(request)
        secret = read_secret(request.cookies)
        if secret is not None and body.get("new") is not True:
            sender_id = derive_sender_id(secret)
            known = await _profile(store, sender_id)
            if known is not None and not is_another_person(known, given):
                if given.items() - known.items():
                    await store.chat.add(sender_id, start_item({**known, **given}))
                return json_response({"conversation": sender_id})
        secret = new_secret()
        sender_id = derive_sender_id(secret)
        await store.chat.add(sender_id, start_item(given))
        secure = is_https(request.headers, scheme=request.scheme)
        cookie = cookie_header(secret, path=PATH, secure=secure)
        return json_response(
            {"conversation": sender_id}, status=201, headers={"Set-Cookie": cookie}
        )

    async def receive_message(self, request: Request) -> HTTPResponse:
        """Store a message, then hand it to the bot outside of the request."""
        check_origin(request.headers)
        if len(request.body) > MAX_BODY:
            raise RequestError(413, "This is too long.", code="too_long")
        message = read_message(read_json(request.body, content_type=request.content_type or ""))
        store, sender_id = _store(request), _sender(request)
        profile = await _known_profile(store, sender_id)
        item = user_item(
            message.title or message.text, request_id=message.id, answers=message.answers
        )
        work = {"text": message.text, "metadata": _metadata(message, profile)}
        new = await store.chat.add(sender_id, item, request_id=message.id, work=work)
        await self._queue.dispatch(store, sender_id, new=new)
        return json_response({}, status=202)

    async def receive_files(self, request: Request) -> HTTPResponse:
        """Store files for the agent of an open session; the bot could not read them."""
        check_origin(request.headers)
        if len(request.body) > uploads.MAX_BODY:
            raise RequestError(413, "This is too large to be sent.", code="too_large")
        store, sender_id = _store(request), _sender(request)
        profile = await _known_profile(store, sender_id)
        session = await store.sessions.current(sender_id)
        if session is None or not session.state.is_open:
            raise RequestError(409, FILES_NEED_AN_AGENT, code="no_agent")
        received = [each for group in (request.files or {}).values() for each in group]
        if not 0 < len(received) <= uploads.MAX_FILES:
            raise RequestError(400, f"Send one to {uploads.MAX_FILES} files.", code="count")
        files = [uploads.check_file(each.name or "", each.body) for each in received]
        page_id = request.form.get("id") if request.form else None
        first_id = read_id(page_id) if page_id else str(uuid.uuid4())
        for number, file in enumerate(files):
            upload_id = await store.chat.keep_upload(
                sender_id, name=file.name, media_type=file.media_type, data=file.data
            )
            request_id = first_id if number == 0 else f"{first_id}:{number}"
            item = user_file_item(
                upload_id, name=file.name, media_type=file.media_type, request_id=request_id
            )
            attachment = {
                "upload_id": upload_id,
                "name": file.name,
                "media_type": file.media_type,
            }
            work = {"text": "", "metadata": {**profile, "attachments": [attachment]}}
            new = await store.chat.add(sender_id, item, request_id=request_id, work=work)
            await self._queue.dispatch(store, sender_id, new=new)
        return json_response({}, status=202)

    async def download_file(self, request: Request, upload_id: str) -> HTTPResponse:
        """Send a file back to the page of its conversation."""
        upload = await _store(request).chat.upload(upload_id, sender_id=_sender(request))
        if upload is None:
            raise RequestError(404, "There is no such file.", code="not_found")
        headers = {**SAFE_HEADERS, **download_headers(upload.name, upload.media_type)}
        return response.raw(upload.data, content_type=upload.media_type, headers=headers)

    async def stream_events(self, request: Request) -> None:
        """Stream the items that the page does not have yet, then each new one."""
        store, sender_id = _store(request), _sender(request)
        await _known_profile(store, sender_id)
        stream = await request.respond(
            content_type="text/event-stream; charset=utf-8",
            headers={**SAFE_HEADERS, "X-Accel-Buffering": "no"},
        )
        last_id = read_last_id(request.headers.get("last-event-id"))
        await self._streams.serve(
            stream.send,
            store,
            sender_id,
            last_id=last_id,
            is_busy=lambda: self._executor.is_busy(sender_id),
        )
        await stream.eof()


def _store(request: Request) -> Store:
    store = plugin_store(request.app)
    if store is None:
        raise RequestError(503, NO_STORE, code="no_store")
    return store


def _sender(request: Request) -> str:
    """Derive the sender id from the cookie.

    A page that still shows an older conversation, while another tab has begun a new one, must not
    write into the new one.
    """
    secret = read_secret(request.cookies)
    if secret is None:
        raise RequestError(401, "There is no conversation yet.", code="no_conversation")
    sender_id = derive_sender_id(secret)
    shown = request.headers.get(HEADER.lower()) or request.args.get("conversation")
    if shown is not None and shown != sender_id:
        raise RequestError(
            409, "A new conversation has begun in another tab.", code="other_conversation"
        )
    return sender_id


async def _profile(store: Store, sender_id: str) -> dict[str, str] | None:
    """Read the profile; ``None`` for a conversation that this server never began."""
    return await store.chat.profile(sender_id)


async def _known_profile(store: Store, sender_id: str) -> dict[str, str]:
    profile = await _profile(store, sender_id)
    if profile is None:
        raise RequestError(401, "There is no conversation yet.", code="no_conversation")
    return profile


def _metadata(message: IncomingMessage, profile: dict[str, str]) -> dict[str, Any]:
    return {**profile, "title": message.title} if message.title else dict(profile)
