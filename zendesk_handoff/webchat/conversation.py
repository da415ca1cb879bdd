"""The conversation of a browser: the secret in its cookie, Rasa's sender id, the profile."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from zendesk_handoff.domain.profile import MAX_EMAIL, MAX_LOCALE, MAX_NAME, is_email, is_locale
from zendesk_handoff.domain.untrusted_text import as_one_line, is_one_line
from zendesk_handoff.domain.user_ids import PAGE_PREFIX
from zendesk_handoff.webchat.error_responses import RequestError

#: The name of the Rasa channel, also in the paths of its routes.
CHANNEL = "webchat"
COOKIE = "webchat_conversation"
#: Of a chat in a frame of another site: a name of its own, since a browser may send both.
EMBEDDED_COOKIE = "webchat_embedded"
#: Names the conversation that a page shows. A form of another site cannot send this header.
HEADER = "X-Webchat-Conversation"
#: An agent may answer days later; the page should find its conversation then.
COOKIE_SECONDS = 30 * 24 * 3600

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_MAX_LENGTHS = {"workspace": 64, "name": MAX_NAME, "email": MAX_EMAIL, "locale": MAX_LOCALE}


def new_secret() -> str:
    """Generate a conversation's secret of 256 bits."""
    return secrets.token_urlsafe(32)


def derive_sender_id(secret: str) -> str:
    """Derive Rasa's sender id, which Rasa's logs may see: it does not reveal the secret.

    Args:
        secret: A secret, as ``new_secret`` generates it.
    """
    return PAGE_PREFIX + hashlib.sha256(secret.encode()).hexdigest()[:32]


def read_secret(header: str | None, *, name: str = COOKIE) -> str | None:
    """Read the secret from the cookies; a value without a secret's shape counts as none.

    Python's cookie parser refuses them all for an unusual name of one, which another site of the
    same domain may have set.

    Args:
        header: The request's header ``Cookie``.
        name: The cookie's name.
    """
    for cookie in (header or "").split(";"):
        key, _, value = cookie.strip(" ").partition("=")
        if key == name:
            return _secret_in(value.strip('"'))
    return None


def read_token(header: str | None) -> str | None:
    """Read the secret that a frame holds where its browser keeps no cookie (RFC 6750).

    Args:
        header: The request's header ``Authorization``.
    """
    scheme, _, value = (header or "").partition(" ")
    return _secret_in(value.strip(" ")) if scheme.lower() == "bearer" else None


def read_secrets(headers: Mapping[str, str]) -> list[str]:
    """Read the secrets of all conversations that a browser has; a token is meant alone.

    Args:
        headers: The request's headers.
    """
    token = read_token(headers.get("authorization"))
    if token is not None:
        return [token]
    cookies = headers.get("cookie")
    found = (read_secret(cookies, name=name) for name in (COOKIE, EMBEDDED_COOKIE))
    return [secret for secret in found if secret is not None]


def _secret_in(value: str) -> str | None:
    return value if _SECRET.fullmatch(value) else None


def cookie_header(secret: str, *, path: str, secure: bool) -> str:
    """Build the ``Set-Cookie`` header: no script reads the cookie, no other site sends it.

    Args:
        secret: A secret, as ``new_secret`` generates it.
        path: The path of the channel's routes.
        secure: Whether the browser uses https.
    """
    parts = [*_cookie_parts(COOKIE, secret, path), "SameSite=Strict"]
    return "; ".join([*parts, "Secure"] if secure else parts)


def embedded_cookie_header(secret: str, *, path: str) -> str:
    """Build the header for a frame of another site, within which alone the cookie is sent.

    Written whole: Sanic 21.12 does not know ``Partitioned`` (CHIPS,
    https://developer.mozilla.org/docs/Web/Privacy/Guides/Privacy_sandbox/Partitioned_cookies).
    Browsers take it over https only.

    Args:
        secret: A secret, as ``new_secret`` generates it.
        path: The path of the channel's routes.
    """
    parts = _cookie_parts(EMBEDDED_COOKIE, secret, path)
    return "; ".join([*parts, "SameSite=None", "Secure", "Partitioned"])


def _cookie_parts(name: str, secret: str, path: str) -> list[str]:
    return [f"{name}={secret}", f"Path={path}", f"Max-Age={COOKIE_SECONDS}", "HttpOnly"]


def is_https(headers: Mapping[str, str], *, scheme: str) -> bool:
    """Tell whether the browser uses https, directly or up to a proxy.

    A forged header only makes the cookie stricter.

    Args:
        headers: The request's headers.
        scheme: The scheme of the connection to this server.
    """
    return (
        scheme == "https"
        or headers.get("x-forwarded-proto", "").startswith("https")
        or headers.get("origin", "").startswith("https://")
    )


def check_origin(headers: Mapping[str, str]) -> None:
    """Reject a request that another site made the browser send.

    ``Sec-Fetch-Site`` is set by the browser and holds behind any proxy; older browsers, and pages
    without https, send only ``Origin``. A client that is not a browser sends neither, and has no
    other user's cookie to misuse.

    Args:
        headers: The request's headers.

    Raises:
        RequestError: The request comes from another site.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        is_foreign = site not in {"same-origin", "none"}
    else:
        origin = headers.get("origin")
        hosts = {headers.get("host"), headers.get("x-forwarded-host")}
        is_foreign = origin is not None and not (_host(origin) and _host(origin) in hosts)
    if is_foreign:
        raise RequestError(403, "This request comes from another site.", code="other_site")


def _host(origin: str) -> str:
    """Return the host of an origin, with its port; empty if it has none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:  # `http://[`
        return ""


def read_profile(values: Mapping[str, object]) -> dict[str, str]:
    """Read the user's profile from the page's address.

    The values are not verified: anybody can write an address. They come from the browser or the
    site, and its user cannot correct them: a name is cut, an e-mail address or a locale that is
    none is left out, and no chat is refused for that.

    Args:
        values: ``workspace``, ``name``, ``email`` and ``locale``, each of which may be missing.

    Raises:
        RequestError: One of them is invalid.
    """
    profile = {}
    for key, max_length in _MAX_LENGTHS.items():
        value = values.get(key)
        if value is None or value == "":
            continue
        is_exact = isinstance(value, str) and len(value) <= max_length and is_one_line(value)
        if not isinstance(value, str) or (key == "workspace" and not is_exact):
            raise RequestError(400, f"`{key}` must be text of at most {max_length} characters.")
        if key == "name":
            profile[key] = as_one_line(value, max_length)
        elif is_exact:
            profile[key] = value.strip()
    for key, is_valid in (("email", is_email), ("locale", is_locale)):
        if not is_valid(profile.get(key, "")):
            profile.pop(key, None)
    return {key: value for key, value in profile.items() if value}
