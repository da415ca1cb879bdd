"""What a person can do about an error of the API while an account is set up."""

from __future__ import annotations

from zendesk_handoff.errors import ApiError, ConversationsError, NotFound
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.hints import hint_for

#: Holds the secret of the key that `--key-id` names.
KEY_SECRET_VARIABLE = "ZENDESK_SETUP_KEY_SECRET"
#: What a key must be, and where it comes from.
APP_KEY_NEEDED = (
    "An account is set up with a key that begins with app_: Admin Center > Apps and integrations > "
    "APIs > Conversations API. Name it with --key-id app_…; its secret is asked for, or taken from "
    f"{KEY_SECRET_VARIABLE}."
)
_REPEAT = "Run the command again: it goes on where it stopped."
_BY_TITLE = {
    "max number of webhooks": "The account has ten webhooks, the limit. Delete one that nobody "
    "needs: Admin Center > Integrations > Conversations integrations.",
    "max number of keys": "The integration has ten keys, the limit. Delete those that nobody "
    "uses: Admin Center > Integrations > Conversations integrations.",
    "switchboard integrations": "The switchboard has ten integrations, the limit. Take one out "
    "that nobody needs, or set up without --switchboard.",
}


def cure_of(error: ConversationsError, connector: Connector) -> str:
    """Say what to do about an error, besides the hint that it may have (`hint_for`).

    Args:
        error: The error.
        connector: The connector.
    """
    title = error.title if isinstance(error, ApiError) else ""
    for part, cure in _BY_TITLE.items():
        if part in title:
            return f"{cure} {_REPEAT}"
    if hint_for(error, connector):
        return _REPEAT
    if error.retryable:
        return f"Zendesk is busy or has a failure. {_REPEAT}"
    if isinstance(error, NotFound):
        return f"It was deleted meanwhile. {_REPEAT}"
    if isinstance(error, ApiError):
        return f"Zendesk has refused the call. Correct what it names. {_REPEAT}"
    return f"Is {connector.base_url} the Conversations API? {_REPEAT}"
