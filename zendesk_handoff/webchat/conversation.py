"""Whose conversation it is: the secret in the cookie, the sender it stands for, the profile."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from zendesk_handoff.domain.profile import MAX_EMAIL, MAX_LOCALE, is_email, is_locale
from zendesk_handoff.webchat.error_responses import Refusal

COOKIE = "webchat_conversation"
#: Names the conversation that a page believes to be in. A form of another site cannot send it.
HEADER = "X-Webchat-Conversation"
#: An agent may answer days later; the page should still be there then.
COOKIE_SECONDS = 30 * 24 * 3600

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST = {"workspace": 64, "name": 120, "email": MAX_EMAIL, "locale": MAX_LOCALE}


def new_secret() -> str:
    """Make up a conversation's secret: 256 bits."""
    return secrets.token_urlsafe(32)


def sender_of(secret: str) -> str:
    """Derive Rasa's sender id, from which nobody finds the secret: logs and Zendesk may see it."""
    return "webchat-" + hashlib.sha256(secret.encode()).hexdigest()[:32]


def read_secret(cookies: Mapping[str, str]) -> str | None:
    """Find the secret among the cookies; one that we cannot have made counts as none."""
    secret = cookies.get(COOKIE) or ""
    return secret if _SECRET.fullmatch(secret) else None


def cookie_header(secret: str, *, path: str, secure: bool) -> str:
    """Write the ``Set-Cookie`` header: no script reads it, no other site sends it."""
    parts = [
        f"{COOKIE}={secret}",
        f"Path={path}",
        f"Max-Age={COOKIE_SECONDS}",
        "HttpOnly",
        "SameSite=Strict",
    ]
    return "; ".join([*parts, "Secure"] if secure else parts)


def is_https(headers: Mapping[str, str], *, scheme: str) -> bool:
    """Tell whether the browser speaks https, also through a proxy that does it for us.

    A lie in these headers only makes the cookie stricter.
    """
    return (
        scheme == "https"
        or headers.get("x-forwarded-proto", "").startswith("https")
        or headers.get("origin", "").startswith("https://")
    )


def check_origin(headers: Mapping[str, str]) -> None:
    """Refuse what another site made the browser send.

    ``Sec-Fetch-Site`` is the browser's own word and holds behind any proxy; older browsers, and
    pages without https, send only ``Origin``. A program that is no browser sends neither, and has
    no cookie of somebody else's to misuse.

    Raises:
        Refusal: The request comes from another site.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        foreign = site not in {"same-origin", "none"}
    else:
        origin = headers.get("origin")
        hosts = {headers.get("host"), headers.get("x-forwarded-host")}
        foreign = origin is not None and urlsplit(origin).netloc not in hosts
    if foreign:
        raise Refusal(403, "This request comes from another site.", code="other_site")


def read_profile(values: Mapping[str, object]) -> dict[str, str]:
    """Take over what the page's address says of the user.

    These are claims, not proofs: anybody can write an address.

    Args:
        values: ``workspace``, ``name``, ``email`` and ``locale``, each of which may be missing.

    Raises:
        Refusal: One of them is not what it should be.
    """
    profile = {}
    for key, longest in _LONGEST.items():
        value = values.get(key)
        if value is None or value == "":
            continue
        if not isinstance(value, str) or len(value) > longest or not value.isprintable():
            raise Refusal(400, f"`{key}` must be text of at most {longest} characters.")
        profile[key] = value.strip()
    if "email" in profile and not is_email(profile["email"]):
        raise Refusal(400, "`email` is not an e-mail address.")
    if "locale" in profile and not is_locale(profile["locale"]):
        raise Refusal(400, "`locale` is not a language such as `en` or `pt-BR`.")
    return {key: value for key, value in profile.items() if value}


def is_another_person(known: Mapping[str, str], given: Mapping[str, str]) -> bool:
    """Tell whether a page's address asks for another conversation than the one there is.

    Another workspace is another tenant. A name or an address that differs is somebody else on the
    same machine; one that was not known before does not end what has begun without it.
    """
    workspace = given.get("workspace")
    if workspace and workspace != known.get("workspace", "default"):
        return True
    told_before = known.keys() & {"name", "email"}
    return any(given.get(key, known[key]) != known[key] for key in told_before)
