"""Files in a conversation: their path, their kinds, and the headers of a download."""

from __future__ import annotations

import mimetypes
import re
from posixpath import splitext
from urllib.parse import quote

from zendesk_handoff.domain.untrusted_text import is_shown

#: The path, on the Rasa server, of the files that agents send.
AGENT_MEDIA_PATH = "/webhooks/zendesk/media"
#: The path, on the Rasa server, of the agents' own pictures; the chat page's alone.
AVATAR_PATH = "/webhooks/webchat/avatars"
#: Shown by a browser inline. Any other type is a download: it could contain a script.
INLINE_IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
#: Told as they are, though they are downloads too: platforms such as WhatsApp go by the type, and
#: no browser runs a script in them.
_TOLD_TYPES = (
    *("application/pdf", "application/zip", "application/msword", "text/vcard"),
    *("application/vnd.openxmlformats-officedocument.", "audio/", "video/"),
)
_UNKNOWN = "application/octet-stream"
_TYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}", re.ASCII)
#: An extension, which the number of "Rechnung Nr. 5" is not.
_EXTENSION = re.compile(r"\.(?=\w*[A-Za-z])\w{1,8}", re.ASCII)
_MAX_NAME = 200
#: What platforms send, and the table of a machine may lack.
_EXTENSIONS = {
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/m4a": ".m4a",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg",
    "audio/opus": ".opus",
    "audio/wav": ".wav",
    "audio/webm": ".webm",
    "audio/x-m4a": ".m4a",
    "image/heic": ".heic",
    "image/heif": ".heif",
    "image/webp": ".webp",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "video/3gpp": ".3gp",
}


def plain_type(media_type: str) -> str:
    """Return a media type without parameters; of what is none, that of any bytes.

    Args:
        media_type: From outside.
    """
    found = media_type.partition(";")[0].strip().lower()
    return found if _TYPE.fullmatch(found) else _UNKNOWN


def name_for_upload(name: str, media_type: str) -> str:
    """Write the name of a user's file as Zendesk takes it: in one line, with an extension.

    Zendesk refuses files without one (page "Validating files",
    https://docs.smooch.io/guide/validating-files).

    Args:
        name: From outside; may be empty.
        media_type: As ``plain_type`` returns it.
    """
    name = "".join(filter(is_shown, name)).strip() or "file"
    if not _EXTENSION.fullmatch(splitext(name)[1]):
        name += _EXTENSIONS.get(media_type) or mimetypes.guess_extension(media_type) or ""
    return name[-_MAX_NAME:]


def is_image(media_type: str) -> bool:
    """Check whether a file of this type is an image for Zendesk: content of the type ``image``.

    Args:
        media_type: For example ``image/heic``.
    """
    return media_type.startswith("image/")


def is_inline_image(media_type: str) -> bool:
    """Check whether a browser may show a file of this type inline.

    Args:
        media_type: For example ``image/png``.
    """
    return media_type in INLINE_IMAGE_TYPES


def download_type(media_type: str) -> str:
    """Return the type under which a file from outside is served.

    Args:
        media_type: The file's type.
    """
    is_told = is_inline_image(media_type) or media_type.startswith(_TOLD_TYPES)
    return media_type if is_told else _UNKNOWN


def download_headers(name: str, media_type: str) -> dict[str, str]:
    """Build the headers of a file from outside: an image is shown inline, others are downloaded.

    Args:
        name: The file's name.
        media_type: The file's type.
    """
    disposition = "inline" if is_inline_image(media_type) else "attachment"
    return {
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
