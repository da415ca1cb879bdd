"""Routes of the page's files: sent to an agent, and shown again."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.domain.media import download_headers
from zendesk_handoff.errors import LimitReached
from zendesk_handoff.handover.quotas import Quotas
from zendesk_handoff.rasa.request_body import limit_body, respond_unread
from zendesk_handoff.store.chat import ChatStart
from zendesk_handoff.store.uploads import NewUpload, upload_id
from zendesk_handoff.webchat import uploads
from zendesk_handoff.webchat.conversation import check_origin
from zendesk_handoff.webchat.error_responses import (
    SAFE_HEADERS,
    RequestError,
    json_response,
    with_error_responses,
)
from zendesk_handoff.webchat.history import user_file_item
from zendesk_handoff.webchat.messages import read_id
from zendesk_handoff.webchat.queue import MessageQueue
from zendesk_handoff.webchat.routes import sender_of, started, store_of, work_of
from zendesk_handoff.webchat.upload_body import Form, ReceivedFile, read_form

#: Shown to a user who sends a file to the bot.
FILES_NEED_AN_AGENT = "Files can be read by a person only. Ask for one, then send it."

#: Requests of one conversation at the same time: one, and its repetition after a lost connection.
_OF_CONVERSATION = 2
#: Seconds within which files must have arrived: 60 MB at 100 KB/s. Slower ones would keep others'
#: files out.
_RECEIVE_TIMEOUT = 600.0


class FileRoutes:
    """The routes.

    Args:
        queue: Submits the files' messages to the bot.
    """

    def __init__(self, queue: MessageQueue) -> None:
        """Keep the queue."""
        self._queue = queue
        self._receiving: Counter[str] = Counter()

    def add_to(self, blueprint: Blueprint) -> None:
        """Add the routes to the channel's blueprint."""
        blueprint.add_route(
            with_error_responses(self.receive_files),
            "/files",
            methods=["POST"],
            stream=True,
            name="receive_files",
        )
        # Not `add_route`, by which Sanic reads the body of a GET request, too.
        blueprint.get("/files/<upload_id:str>", name="download_file")(
            with_error_responses(self.download_file)
        )

    async def receive_files(self, request: Request) -> HTTPResponse | None:
        """Store files for the agent of an open session; the bot could not read them.

        Whatever refuses the request does so before its body is read, except for what only the body
        tells. The page's id of the message is in the query: files that are stored are not read
        again. A page of an older version has it in the form.
        """
        check_origin(request.headers)
        store, sender_id = store_of(request), sender_of(request)
        given_id = request.args.get("id")
        if given_id and await store.uploads.is_known(sender_id, read_id(given_id)):
            return await respond_unread(request, json_response({}, status=202))
        limit_body(request, uploads.MAX_BODY)
        start = await started(store, sender_id)
        session = await store.sessions.current(sender_id)
        if session is None or not session.state.is_open:
            raise RequestError(409, FILES_NEED_AN_AGENT, code="no_agent")
        quotas: Quotas = request.app.ctx.zendesk_handoff.quotas
        await store.uploads.check(sender_id, quotas.limits, files=1, size=_length(request))
        with ExitStack() as files:
            files.enter_context(self._slot(sender_id, quotas.limits.uploads_at_once))
            form = await _receive(request, files)
            page_id = given_id or form.values.get("id")
            first_id = read_id(page_id) if page_id else str(uuid.uuid4())
            new = [
                await asyncio.to_thread(_new_upload, sender_id, first_id, number, file, start)
                for number, file in enumerate(form.files)
            ]
            for item_id in await store.uploads.add(sender_id, new, quotas.limits):
                await self._queue.dispatch(store, sender_id, new=item_id)
        return json_response({}, status=202)

    async def download_file(self, request: Request, upload_id: str) -> HTTPResponse:
        """Send a file back to the page of its conversation."""
        check_origin(request.headers)
        upload = await store_of(request).chat.upload(upload_id, sender_id=sender_of(request))
        if upload is None:
            raise RequestError(404, "There is no such file.", code="not_found")
        headers = {**SAFE_HEADERS, **download_headers(upload.name, upload.media_type)}
        return response.raw(upload.data, content_type=upload.media_type, headers=headers)

    @contextmanager
    def _slot(self, sender_id: str, limit: int | None) -> Iterator[None]:
        """Count a request whose files arrive: they lie on the disk, beyond any quota, until then.

        Raises:
            LimitReached: Too many arrive at this moment.
        """
        is_full = limit is not None and self._receiving.total() >= limit
        if is_full or (limit is not None and self._receiving[sender_id] >= _OF_CONVERSATION):
            raise LimitReached("uploads_at_once")
        self._receiving[sender_id] += 1
        try:
            yield
        finally:
            self._receiving[sender_id] -= 1
            if not self._receiving[sender_id]:
                del self._receiving[sender_id]


def _length(request: Request) -> int:
    """Read the announced length of a body; 0 if it comes in chunks."""
    return int(request.headers.get("content-length") or 0)


async def _receive(request: Request, files: ExitStack) -> Form:
    """Read the form of a request.

    Raises:
        RequestError: It has no files, too many, or does not arrive in time.
        PayloadTooLarge: It is too large.
    """
    stream: Any = request.stream
    reading = read_form(
        stream.__aiter__(),
        content_type=request.headers.get("content-type", ""),
        max_files=uploads.MAX_FILES,
        max_file_bytes=uploads.MAX_BYTES,
        files=files,
    )
    try:
        form = await asyncio.wait_for(reading, _RECEIVE_TIMEOUT)
    except asyncio.TimeoutError:
        raise RequestError(408, "The files took too long to arrive.", code="slow") from None
    if not form.files:
        raise RequestError(400, f"Send one to {uploads.MAX_FILES} files.", code="count")
    return form


def _new_upload(
    sender_id: str, first_id: str, number: int, file: ReceivedFile, start: ChatStart
) -> NewUpload:
    """Check a file, and make what is stored of it; in a thread, since it is read as a whole.

    Raises:
        RequestError: The file is not accepted.
    """
    file.content.seek(0)
    checked = uploads.check_file(file.name, file.content.read())
    request_id = first_id if number == 0 else f"{first_id}:{number}"
    new_id = upload_id(sender_id, request_id)
    attachment = {"upload_id": new_id, "name": checked.name, "media_type": checked.media_type}
    return NewUpload(
        id=new_id,
        name=checked.name,
        media_type=checked.media_type,
        content=file.content,
        request_id=request_id,
        body=user_file_item(
            new_id,
            name=checked.name,
            media_type=checked.media_type,
            size=file.size,
            request_id=request_id,
        ),
        work=work_of(start, "", {"attachments": [attachment]}),
    )
