"""The identity that the site around the chat page vouches for: a signed token.

RFC 7519 (JSON Web Token) with HMAC-SHA256, the kind of token that Zendesk's own messaging takes.
"""

from __future__ import annotations

from collections.abc import Sequence

import jwt
import structlog

from zendesk_handoff.domain.identity import MAX_SUBJECT, KnownUser
from zendesk_handoff.domain.profile import MAX_NAME, is_email
from zendesk_handoff.domain.untrusted_text import as_one_line, is_one_line
from zendesk_handoff.webchat.error_responses import RequestError

log = structlog.get_logger(__name__)

#: Characters of a secret, at least: as many bytes as HMAC-SHA256 has (RFC 7518, section 3.2).
MIN_SECRET = 32
#: Characters of a token, at most.
_MAX_TOKEN = 4_096
#: Seconds by which the clocks of two machines may differ.
_LEEWAY = 30

_EXPIRED = "Your sign-in has expired. Please open the chat from the site again."
_REFUSED = "Your sign-in could not be confirmed. Please open the chat from the site again."
_NO_SECRET = "This chat takes no sign-in: it has no `identity_secret`."


def read_identity(token: object, secrets: Sequence[str]) -> KnownUser:
    """Verify a token, and read the user whom it names.

    Args:
        token: From the page: HS256 with ``sub`` and ``exp``; ``name`` and ``email`` may be missing.
        secrets: The site's secrets; several while they are rotated.

    Raises:
        RequestError: The token is not one of the site's, or has expired (401); the chat page takes
            none (400). Neither the answer nor the log says anything of the token.
    """
    if not secrets:
        raise RequestError(400, _NO_SECRET, code="no_identity_secret")
    reason = "too long, or no text"
    if isinstance(token, str) and len(token) <= _MAX_TOKEN:
        for secret in secrets:
            try:
                return _user_of(_verified(token, secret))
            except jwt.ExpiredSignatureError:
                # Its signature is right: no other secret can be meant.
                raise RequestError(401, _EXPIRED, code="identity_expired") from None
            except (jwt.PyJWTError, ValueError) as error:
                reason = type(error).__name__
    log.warning("handoff.webchat.identity_refused", reason=reason)
    raise RequestError(401, _REFUSED, code="identity_refused")


def _verified(token: str, secret: str) -> dict[str, object]:
    # The algorithm is ours to say: the token's header may name none, or another one.
    claims: dict[str, object] = jwt.decode(
        token,
        secret,
        algorithms=["HS256"],
        leeway=_LEEWAY,
        options={"require": ["exp", "sub"]},
    )
    return claims


def _user_of(claims: dict[str, object]) -> KnownUser:
    subject = _subject(claims.get("sub"))
    if not subject:
        raise ValueError("the subject is empty")
    name, email = (_text(claims.get(each)) for each in ("name", "email"))
    # Their user cannot correct them: a name is cut, and an address that is none is left out.
    known = email.strip() if is_email(email.strip()) else ""
    return KnownUser(name=as_one_line(name, MAX_NAME), email=known, subject=subject)


def _subject(value: object) -> str:
    subject = _text(value)
    if not is_one_line(subject) or len(subject) > MAX_SUBJECT:
        raise ValueError("the subject is no text of the allowed length")
    return subject.strip()


def _text(value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise ValueError("a claim is no text")
    return value or ""
