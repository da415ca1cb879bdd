"""The site around the chat page, which signs who its users are."""

from __future__ import annotations

import time
from typing import Any

import jwt

#: The site's secret, and the one that it has before or after, while they are rotated.
IDENTITY_SECRET = "the secret of the site around the chat page"
OTHER_SECRET = "another secret of the site around the chat page"


def identity(
    subject: Any = "customer-1",
    *,
    secret: str = IDENTITY_SECRET,
    expires_in: float = 86_400,
    **claims: Any,
) -> str:
    """Sign a token.

    Args:
        subject: The user's id at the site.
        secret: The secret to sign with.
        expires_in: Seconds from now on.
        **claims: Further claims; one that is ``None`` is left out.
    """
    every = {"sub": subject, "exp": int(time.time() + expires_in), **claims}
    kept = {name: value for name, value in every.items() if value is not None}
    return jwt.encode(kept, secret, algorithm="HS256")
