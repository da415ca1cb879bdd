"""The API that the page uses: a conversation, messages, files, and what is new."""

from __future__ import annotations

import uuid
from typing import Any

from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.store import Store
from zendesk_handoff.webchat import uploads
from zendesk_handoff.webchat.conversation import (
    HEADER,
    check_origin,
    cookie_header,
    is_another_person,
    is_https,
    new_secret,
    read_profile,
    read_secret,
    sender_of,
)
from zendesk_handoff.webchat.error_responses import SAFE_HEADERS, Refusal, answer, refuses
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
from zendesk_handoff.webchat.stream import Streams, read_last_id

PATH = "/webhooks/webchat"
NO_STORE = "The chat needs the plugin: add the `channels.ZendeskInput:` block to credentials.yml."
FAILED = "Something went wrong, and your message was not handled. Please send it again."
#: Told to a user who sends a file to the bot.
FOR_PEOPLE_ONLY = "Files can be read by a person only. Ask for one, then send it."


def find_store(app: Sanic | None) -> Store | None:
    """Find the plugin's store in a running server."""
    runtime = getattr(app.ctx, "zendesk_handoff", None) if app is not None else None
    return None if runtime is None else runtime.store


class Routes:
    """The API's routes.

    Args:
        streams: The open event streams.
        turns: What is being handled.
        backlog: Hands messages to the bot.
    """

    def __init__(
        self,
        streams: Streams,
        turns: SerialExecutor,
        backlog: MessageQueue,
    ) -> None:
        """Remember the parts."""
        self._streams = streams
        self._turns = turns
        self._backlog = backlog

    def add_to(self, blueprint: Blueprint) -> None:
        """Add the routes to the channel's blueprint."""
        blueprint.add_route(refuses(self.begin), "/conversations", methods=["POST"], name="begin")
        blueprint.add_route(refuses(self.say), "/messages", methods=["POST"], name="say")
        blueprint.add_route(refuses(self.send_files), "/files", methods=["POST"], name="send")
        blueprint.add_route(
            refuses(self.give_file), "/files/<upload_id:str>", methods=["GET"], name="give_file"
        )
        blueprint.add_route(refuses(self.events), "/events", methods=["GET"], name="events")

    async def begin(self, request: Request) -> HTTPResponse:
        """Go on with the conversation of the cookie, or begin one and issue its secret.

        ``{"new": true}`` begins another one in any case; so does an address that speaks of
        somebody else.
        """
        check_origin(request.headers)
        body = read_json(request.body[:MAX_BODY], content_type=request.content_type or "")
        given = read_profile(body)
        store = _store(request)
        secret = read_secret(request.cookies)
        if secret is not None and body.get("new") is not True:
            sender_id = sender_of(secret)
            known = await _profile(store, sender_id)
            if known is not None and not is_another_person(known, given):
                if given.items() - known.items():
                    await store.chat.add(sender_id, start_item({**known, **given}))
                return answer({"conversation": sender_id})
        secret = new_secret()
        sender_id = sender_of(secret)
        await store.chat.add(sender_id, start_item(given))
        secure = is_https(request.headers, scheme=request.scheme)
        cookie = cookie_header(secret, path=PATH, secure=secure)
        return answer({"conversation": sender_id}, status=201, headers={"Set-Cookie": cookie})

    async def say(self, request: Request) -> HTTPResponse:
        """Keep a message, then hand it to the bot behind the request's back."""
        check_origin(request.headers)
        if len(request.body) > MAX_BODY:
            raise Refusal(413, "This is too long.", code="too_long")
        said = read_message(read_json(request.body, content_type=request.content_type or ""))
        store, sender_id = _store(request), _sender(request)
        profile = await _known_profile(store, sender_id)
        entry = user_item(said.title or said.text, request_id=said.id, answers=said.answers)
        work = {"text": said.text, "metadata": _metadata(said, profile)}
        new = await store.chat.add(sender_id, entry, request_id=said.id, work=work)
        await self._backlog.hand_over(store, sender_id, new=new)
        return answer({}, status=202)

    async def send_files(self, request: Request) -> HTTPResponse:
        """Keep files for the agent who is there; the bot could not read them."""
        check_origin(request.headers)
        if len(request.body) > uploads.MAX_BODY:
            raise Refusal(413, "This is too large to be sent.", code="too_large")
        store, sender_id = _store(request), _sender(request)
        profile = await _known_profile(store, sender_id)
        session = await store.sessions.current(sender_id)
        if session is None or not session.state.is_open:
            raise Refusal(409, FOR_PEOPLE_ONLY, code="no_agent")
        sent = [each for group in (request.files or {}).values() for each in group]
        if not 0 < len(sent) <= uploads.MAX_FILES:
            raise Refusal(400, f"Send one to {uploads.MAX_FILES} files.", code="count")
        files = [uploads.check_file(each.name or "", each.body) for each in sent]
        given = request.form.get("id") if request.form else None
        first = read_id(given) if given else str(uuid.uuid4())
        for number, file in enumerate(files):
            upload_id = await store.chat.keep_upload(
                sender_id, name=file.name, media_type=file.media_type, data=file.data
            )
            request_id = first if number == 0 else f"{first}:{number}"
            entry = user_file_item(
                upload_id, name=file.name, media_type=file.media_type, request_id=request_id
            )
            attachment = {
                "upload_id": upload_id,
                "name": file.name,
                "media_type": file.media_type,
            }
            work = {"text": "", "metadata": {**profile, "attachments": [attachment]}}
            new = await store.chat.add(sender_id, entry, request_id=request_id, work=work)
            await self._backlog.hand_over(store, sender_id, new=new)
        return answer({}, status=202)

    async def give_file(self, request: Request, upload_id: str) -> HTTPResponse:
        """Give a file back to the page of the conversation it belongs to."""
        upload = await _store(request).chat.upload(upload_id, sender_id=_sender(request))
        if upload is None:
            raise Refusal(404, "There is no such file.", code="not_found")
        headers = {**SAFE_HEADERS, **uploads.download_headers(upload.name, upload.media_type)}
        return response.raw(upload.data, content_type=upload.media_type, headers=headers)

    async def events(self, request: Request) -> None:
        """Stream what the page does not have yet, and then what is new."""
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
            is_busy=lambda: self._turns.is_busy(sender_id),
        )
        await stream.eof()


def _store(request: Request) -> Store:
    store = find_store(request.app)
    if store is None:
        raise Refusal(503, NO_STORE, code="no_store")
    return store


def _sender(request: Request) -> str:
    """Find whose conversation the cookie stands for.

    A page that still shows an older conversation, while another tab has begun a new one, must not
    write into the new one.
    """
    secret = read_secret(request.cookies)
    if secret is None:
        raise Refusal(401, "There is no conversation yet.", code="no_conversation")
    sender_id = sender_of(secret)
    named = request.headers.get(HEADER.lower()) or request.args.get("conversation")
    if named is not None and named != sender_id:
        raise Refusal(
            409, "A new conversation has begun in another tab.", code="other_conversation"
        )
    return sender_id


async def _profile(store: Store, sender_id: str) -> dict[str, str] | None:
    """Read what is known of the user; ``None`` for a conversation that we never began."""
    return await store.chat.profile(sender_id)


async def _known_profile(store: Store, sender_id: str) -> dict[str, str]:
    profile = await _profile(store, sender_id)
    if profile is None:
        raise Refusal(401, "There is no conversation yet.", code="no_conversation")
    return profile


def _metadata(said: IncomingMessage, profile: dict[str, str]) -> dict[str, Any]:
    return {**profile, "title": said.title} if said.title else dict(profile)
