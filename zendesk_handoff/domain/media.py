"""Files in a conversation: their path, their kinds, and the headers of a download."""

from __future__ import annotations

from urllib.parse import quote

#: The path, on the Rasa server, of the files that agents send.
AGENT_MEDIA_PATH = "/webhooks/zendesk/media"
#: Shown by a browser inline. Any other type is a download: it could contain a script.
INLINE_IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
#: Told as they are, though they are downloads too: platforms such as WhatsApp go by the type, and
#: no browser runs a script in them.
_TOLD_TYPES = (
    *("application/pdf", "application/zip", "application/msword", "text/vcard"),
    *("application/vnd.openxmlformats-officedocument.", "audio/", "video/"),
)


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
    return media_type if is_told else "application/octet-stream"


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
