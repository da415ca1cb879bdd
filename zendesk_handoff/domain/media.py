"""Files in a conversation: the path that serves them, and the types that are shown inline."""

from __future__ import annotations

#: The path, on the Rasa server, of the files that agents send.
AGENT_MEDIA_PATH = "/webhooks/zendesk/media"
#: Shown by a browser inline. Any other type is a download: it could contain a script.
INLINE_IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def is_inline_image(media_type: str) -> bool:
    """Check whether a file of this type may be shown inline.

    Args:
        media_type: For example ``image/png``.
    """
    return media_type in INLINE_IMAGE_TYPES
