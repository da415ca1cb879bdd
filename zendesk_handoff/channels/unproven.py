"""Calls that are not proved to be a platform's: anybody can make any number of them."""

from __future__ import annotations

from typing import Any


def may_log_call(app: Any) -> bool:
    """Tell whether another line about such a call may be logged: an attack must not fill the log.

    Lines about wrong keys of Zendesk's webhook count as well.

    Args:
        app: Rasa's Sanic app. Without the plugin's runtime there is no limit.
    """
    quotas = getattr(getattr(app.ctx, "zendesk_handoff", None), "quotas", None)
    return quotas is None or bool(quotas.may_log_key())
