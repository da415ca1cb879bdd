"""How a browser keeps a conversation's secret, on this server's page or in another site's frame.

A page of this server has a cookie that no other site sends. In a frame of another site the cookie
must be partitioned, which browsers take over https only. Where that fails the frame itself holds
the secret as a token, which it sends in a header and never in an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from zendesk_handoff.webchat.conversation import (
    EMBEDDED_COOKIE,
    cookie_header,
    embedded_cookie_header,
    read_secret,
    read_token,
)
from zendesk_handoff.webchat.error_responses import RequestError


@dataclass(frozen=True)
class Keeping:
    """How a page keeps its secret.

    Args:
        how: ``own``: the cookie of this server's page; ``cookie``: the one of a frame; ``token``.
    """

    how: Literal["own", "cookie", "token"] = "own"

    def read(self, headers: Mapping[str, str]) -> str | None:
        """Read the secret of a request.

        Args:
            headers: The request's.
        """
        if self.how == "token":
            return read_token(headers.get("authorization"))
        cookies = headers.get("cookie")
        return (
            read_secret(cookies, name=EMBEDDED_COOKIE)
            if self.how == "cookie"
            else read_secret(cookies)
        )

    def give(
        self, secret: str, *, path: str, secure: bool
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Hand a secret to the page; return what is added to the response's body, and its headers.

        Args:
            secret: Of a new conversation.
            path: The path of the channel's routes.
            secure: Whether the browser uses https.
        """
        if self.how == "own":
            return {}, {"Set-Cookie": cookie_header(secret, path=path, secure=secure)}
        if self.how == "cookie" and secure:
            return {}, {"Set-Cookie": embedded_cookie_header(secret, path=path)}
        return {"token": secret}, {}


def read_keeping(body: Mapping[str, Any], *, is_open: bool) -> Keeping:
    """Read how a page keeps its secret.

    Args:
        body: Of its request: ``embedded`` is ``cookie``, or ``token``, in a frame of another site.
        is_open: Whether other sites may show the chat at all.

    Raises:
        RequestError: It is none of these, or other sites may not.
    """
    how = body.get("embedded")
    if how is None:
        return Keeping()
    if how not in ("cookie", "token"):
        raise RequestError(400, "`embedded` must be `cookie` or `token`.")
    if not is_open:
        raise RequestError(403, "This chat is not open for other sites.", code="not_embedded")
    return Keeping(how)
