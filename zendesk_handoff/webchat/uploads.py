"""Files from users: the check of their type, size and name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from zendesk_handoff.domain.untrusted_text import is_shown
from zendesk_handoff.webchat.error_responses import RequestError
from zendesk_handoff.webchat.file_types import FILE_TYPES

MAX_FILES = 3
MAX_BYTES = 20 * 1024 * 1024
#: Bytes of a multipart body: the files, and the headers between them.
MAX_BODY = MAX_FILES * MAX_BYTES + 64 * 1024

_MAX_NAME = 120
_ACCEPTED = "Accepted are images, PDF, text, office documents, audio and video."


@dataclass(frozen=True)
class UploadedFile:
    """A file that was checked.

    Args:
        name: The user's name for it, without anything harmful.
        media_type: By its extension; the browser's is not used.
    """

    name: str = field(repr=False)
    media_type: str


def check_file(name: str, data: bytes) -> UploadedFile:
    """Accept a file whose content is of the type that its extension says.

    Args:
        name: The name, as the browser sent it.
        data: The content.

    Raises:
        RequestError: The file is too large, empty, of a type that is not accepted, or of another
            type than its extension says.
    """
    if len(data) > MAX_BYTES:
        raise RequestError(413, "A file may have at most 20 MB.", code="too_large")
    if not data:
        raise RequestError(400, "The file is empty.", code="empty")
    name = clean_name(name)
    file_type = FILE_TYPES.get(name.rpartition(".")[2].lower()) if "." in name else None
    if file_type is None:
        raise RequestError(415, f"Files of this kind cannot be sent. {_ACCEPTED}", code="kind")
    if not file_type.matches(data):
        raise RequestError(415, "The file is not what its name says it is.", code="kind")
    return UploadedFile(name, file_type.media_type)


def clean_name(name: str) -> str:
    """Remove path, control characters and excess length from a file's name.

    Args:
        name: The name, as the browser sent it.
    """
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    # With a direction override, an exe can be made to read as txt.
    shown = "".join(filter(is_shown, last)).strip(" .")
    stem, dot, extension = shown.rpartition(".")
    if dot and len(shown) > _MAX_NAME:
        return f"{stem[: _MAX_NAME - len(extension) - 1]}.{extension}"[:_MAX_NAME]
    return shown[:_MAX_NAME] or "file"
