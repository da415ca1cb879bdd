"""Files that users send: which ones are taken, and how they are given back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from zendesk_handoff.domain.media import is_inline_image
from zendesk_handoff.webchat.error_responses import Refusal

MAX_FILES = 3
MAX_BYTES = 20 * 1024 * 1024
#: Of a multipart body: the files, and some room for what is between them.
MAX_BODY = MAX_FILES * MAX_BYTES + 64 * 1024

_LONGEST_NAME = 120


@dataclass(frozen=True)
class File:
    """A file that may be kept.

    Args:
        name: As the user called it, made harmless.
        media_type: By our own list, whatever the browser said.
        data: The file.
    """

    name: str = field(repr=False)
    media_type: str
    data: bytes = field(repr=False)


def check_file(name: str, data: bytes) -> File:
    """Take a file whose first bytes are those of what its name says it is.

    Args:
        name: As the browser sent it.
        data: The file.

    Raises:
        Refusal: It is too large, empty, of a kind that is not taken, or not what it says.
    """
    if len(data) > MAX_BYTES:
        raise Refusal(413, "A file may have at most 20 MB.", code="too_large")
    if not data:
        raise Refusal(400, "The file is empty.", code="empty")
    name = clean_name(name)
    known = _KINDS.get(name.rpartition(".")[2].lower()) if "." in name else None
    if known is None:
        raise Refusal(415, f"Files of this kind cannot be sent. {ACCEPTED}", code="kind")
    media_type, looks_right = known
    if not looks_right(data):
        raise Refusal(415, "The file is not what its name says it is.", code="kind")
    return File(name, media_type, data)


def clean_name(name: str) -> str:
    """Keep of a file's name what is harmless wherever it is shown: no path, no control codes."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    # Category C: control codes, and what turns the reading direction so that exe reads as txt.
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    stem, dot, extension = shown.rpartition(".")
    if dot and len(shown) > _LONGEST_NAME:
        return f"{stem[: _LONGEST_NAME - len(extension) - 1]}.{extension}"[:_LONGEST_NAME]
    return shown[:_LONGEST_NAME] or "file"


def download_headers(name: str, media_type: str) -> dict[str, str]:
    """Write the headers under which a user's file is given back: an image, or a download."""
    how = "inline" if is_inline_image(media_type) else "attachment"
    return {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _begins(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(signatures)


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _is_wave(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WAVE"


def _is_box(data: bytes) -> bool:
    return data[4:8] == b"ftyp"


def _is_text(data: bytes) -> bool:
    head = data[:4096]
    return b"\x00" not in head and not head.startswith((b"MZ", b"\x7fELF", b"%PDF-", b"PK\x03\x04"))


_ZIP = _begins(b"PK\x03\x04")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_KINDS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "jpg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "gif": ("image/gif", _begins(b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", _is_webp),
    "heic": ("image/heic", _is_box),
    "pdf": ("application/pdf", _begins(b"%PDF-")),
    "txt": ("text/plain", _is_text),
    "csv": ("text/csv", _is_text),
    "docx": (f"{_OFFICE}wordprocessingml.document", _ZIP),
    "xlsx": (f"{_OFFICE}spreadsheetml.sheet", _ZIP),
    "pptx": (f"{_OFFICE}presentationml.presentation", _ZIP),
    "odt": ("application/vnd.oasis.opendocument.text", _ZIP),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", _ZIP),
    "mp4": ("video/mp4", _is_box),
    "mov": ("video/quicktime", _is_box),
    "m4a": ("audio/mp4", _is_box),
    "mp3": ("audio/mpeg", _begins(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "wav": ("audio/wav", _is_wave),
}
#: For the page's file dialogue.
EXTENSIONS = ",".join(f".{extension}" for extension in _KINDS)
ACCEPTED = "Images, PDF, text, office documents, audio and video can."
