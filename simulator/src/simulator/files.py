"""Uploaded files: validation, storage, download."""

from __future__ import annotations

import mimetypes
from urllib.parse import quote

from aiohttp import web

from .errors import ApiError
from .ids import new_ulid
from .records import Attachment
from .state import State

UPLOAD_LIMIT = 50 * 1024 * 1024
"""Bytes in a file (Conversations API: `UploadAttachment`)."""

EXTENSIONS = frozenset(
    """
    3g2 3gp 7z aac amr avi bmp csv doc docx eml gif heic heif ics jfif jpeg jpg key log m4a m4v
    mov mp3 mp4 mp4a mpeg mpg mpga neon numbers odt oga ogg ogv opus pages pdf png pps ppsx ppt
    pptx qt svg tif tiff txt vcf wav webm webp wmv xls xlsx xml yaml yml zip
    """.split()
)
"""docs.smooch.io/guide/validating-files."""

_FIRST_BYTES = {
    "png": b"\x89PNG",
    "gif": b"GIF8",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "pdf": b"%PDF",
    "zip": b"PK",
}


def store(
    state: State,
    app_id: str,
    filename: str,
    data: bytes,
    *,
    media_type: str | None = None,
    conversation_id: str | None = None,
) -> Attachment:
    """Store a file; its checked extension decides its type before the caller's media type.

    Raises:
        ApiError: 413 for its size, 415 for its kind (docs.smooch.io/guide/validating-files).
    """
    if len(data) > UPLOAD_LIMIT:
        raise ApiError(413, "request_entity_too_large", "Request entity too large")
    extension = filename.rpartition(".")[2].lower() if "." in filename else ""
    if extension not in EXTENSIONS:
        raise _rejected("File extension not allowed")
    if not data:
        raise _rejected("File type could not be retrieved")
    if not data.startswith(_FIRST_BYTES.get(extension, b"")):
        raise _rejected("File type not allowed")
    guessed, _ = mimetypes.guess_type(filename)
    attachment = Attachment(
        id=new_ulid(),
        app_id=app_id,
        filename=filename.replace("/", "_").replace("\\", "_"),
        media_type=guessed or media_type or "application/octet-stream",
        data=data,
        conversation_id=conversation_id,
    )
    state.attachments[attachment.id] = attachment
    return attachment


def media_url(base_url: str, attachment: Attachment) -> str:
    """Return the address of a file, in the form of `UploadAttachment`'s example."""
    return f"{base_url}/attachments/v2/{attachment.id}/{quote(attachment.filename)}"


def response(attachment: Attachment) -> web.Response:
    """Serve the bytes, sandboxed: a script in an SVG must not run on the agent page."""
    return web.Response(
        body=attachment.data,
        headers={
            "Content-Type": attachment.media_type,
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(attachment.filename)}",
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
        },
    )


def _rejected(why: str) -> ApiError:
    return ApiError(415, "unsupported_media_type", f"File rejected. {why}")
