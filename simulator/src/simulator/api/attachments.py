"""Upload, removal and download of attachments (Conversations API: Attachments)."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import BodyPartReader, web

from .. import auth, files, validation
from ..errors import bad_request, not_found, unauthorized
from ..records import Attachment, Json
from ..state import State
from .call import STATE, Call, endpoint


@endpoint(status=201)
async def upload(call: Call) -> Json:
    """Operation `UploadAttachment`: multipart with one part `source`."""
    query = call.request.query
    if query.get("access") != "public":
        raise bad_request("access should be equal to one of the allowed values")
    if query.get("for") not in (None, "message"):
        raise bad_request("for should be equal to one of the allowed values")
    conversation_id = query.get("conversationId")
    if conversation_id is not None and conversation_id not in call.app.conversations:
        raise not_found("Conversation")
    filename, media_type, data = await _source(call.request)
    attachment = files.store(
        call.state,
        call.app.id,
        filename,
        data,
        media_type=media_type,
        conversation_id=conversation_id,
    )
    return {
        "attachment": {
            "mediaUrl": files.media_url(call.base_url, attachment),
            "mediaType": attachment.media_type,
        }
    }


async def _source(request: web.Request) -> tuple[str, str | None, bytes]:
    if not request.content_type.startswith("multipart/"):
        raise bad_request("Content-Type should be multipart/form-data")
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if isinstance(part, BodyPartReader) and part.name == "source":
                media_type = part.headers.get("Content-Type")
                return part.filename or "", media_type, bytes(await part.read())
    except ValueError as error:
        raise bad_request("Invalid multipart body") from error
    raise bad_request("should have required property 'source'")


@endpoint()
async def remove(call: Call) -> Json:
    """Operation `DeleteAttachment`, by mediaUrl."""
    address = validation.required(await call.body(), "mediaUrl")
    attachment = find(call.state, str(address))
    if attachment is None or attachment.app_id != call.app.id:
        raise not_found()
    del call.state.attachments[attachment.id]
    return {}


def find(state: State, media_url: str) -> Attachment | None:
    """Return the file behind a mediaUrl, if the simulator has it."""
    parts = urlsplit(media_url).path.split("/")
    return state.attachments.get(parts[-2]) if len(parts) > 2 else None


async def serve(request: web.Request) -> web.Response:
    """Serve the bytes; a private file needs the API's credentials.

    Private attachments are on for accounts created since December 2024.
    """
    state = request.app[STATE]
    attachment = state.attachments.get(request.match_info["attachment"])
    if attachment is None:
        raise not_found()
    app = state.apps.get(attachment.app_id)
    if app is not None and app.switches.private_attachments:
        found = auth.find_key(state.apps.values(), request.headers.get("Authorization"))
        if found is None or found[0] is not app:
            raise unauthorized()
    return files.response(attachment)


def routes(base: str) -> list[web.RouteDef]:
    """Return the routes under the app's path, and the one that serves files."""
    return [
        web.post(base + "/attachments", upload),
        web.post(base + "/attachments/remove", remove),
        web.get("/sc/attachments/v2/{attachment}/{filename}", serve),
    ]
