"""What a person can do about an error of the Support API while webhook and trigger are made."""

from __future__ import annotations

from zendesk_handoff.errors import ApiError, ConnectionFailed, ConversationsError, InvalidResponse
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.hints import hint_for

#: Holds the token of the admin whom `--support-email` names.
SUPPORT_TOKEN_VARIABLE = "ZENDESK_SETUP_SUPPORT_TOKEN"
#: Which token is needed, and where it comes from.
ADMIN_NEEDED = (
    "Webhook and trigger are made with a Support API token and an admin's e-mail address: Admin "
    "Center > Apps and integrations > APIs > API tokens. Write them as `support_token` and "
    "`support_email`, or name the admin with --support-email; then the token is asked for, or "
    f"taken from {SUPPORT_TOKEN_VARIABLE}."
)
_REPEAT = "Run the command again: it goes on where it stopped."
_BY_HAND = "Or make webhook and trigger by hand, as docs/ends.md says."


def trigger_cure_of(error: ConversationsError, connector: Connector) -> str:
    """Say what to do about an error, besides the hint that it may have.

    Args:
        error: The error.
        connector: The connector.
    """
    if isinstance(error, ConnectionFailed):
        return f"{hint_for(error, connector)} {_REPEAT}".strip()
    if isinstance(error, ApiError):
        return _of_status(error, connector)
    if isinstance(error, InvalidResponse):
        return f"Is {connector.support_url} the Support API? {_BY_HAND}"
    return _REPEAT


def _of_status(error: ApiError, connector: Connector) -> str:
    if error.status == 401:
        return _REPEAT
    if error.status == 403:
        who = connector.support_email or "The token's agent"
        return f"{who} may not do this. {ADMIN_NEEDED}"
    if error.status == 404 and not error.code:
        where = connector.support_url
        return f"{where} does not answer as the Support API: correct `subdomain` or `base_url`."
    if error.status == 404:
        return (
            f"It was deleted meanwhile, or the account's plan has no webhooks. {_REPEAT} {_BY_HAND}"
        )
    if error.status in {400, 422}:
        return (
            "Zendesk has refused what was sent: correct what it names, or, if the account has as "
            f"many as it may have, delete one that nobody needs. {_REPEAT} {_BY_HAND}"
        )
    if error.retryable:
        return f"Zendesk is busy or has a failure. {_REPEAT}"
    return f"Zendesk has refused the call. {_REPEAT} {_BY_HAND}"
