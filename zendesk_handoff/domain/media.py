"""Files in a conversation: where the server gives them out, and which are shown inline."""

from __future__ import annotations

#: Below the server's own address: where a user reads a file that an agent sent.
AGENT_MEDIA_PATH = "/webhooks/zendesk/media"
#: Shown by a browser in place. Anything else is a download: it could hold a script.
INLINE_IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def is_inline_image(media_type: str) -> bool:
    """Tell whether a file of this type may be shown in place.

    Args:
        media_type: For example ``image/png``.
    """
    return media_type in INLINE_IMAGE_TYPES
