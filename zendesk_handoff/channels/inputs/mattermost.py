"""Mattermost in place of Rasa's ``mattermost``: checks the token of the outgoing webhook.

Rasa's channel takes anybody's request. Who knows a user's id could write as that user, in a channel
of their own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from rasa.core.channels import mattermost as rasas
from rasa.core.channels.channel import UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.channels.adapters.json_body import json_body
from zendesk_handoff.channels.adapters.mattermost import has_token
from zendesk_handoff.channels.unproven import may_log_call

log = structlog.get_logger(__name__)


class MattermostInput(rasas.MattermostInput):
    """Rasa's Mattermost channel, with the same settings and routes, and ``webhook_token``.

    That is the token which Mattermost shows for an outgoing webhook, or a list of them. A request
    that reports a post is taken only with one of them. Mattermost sends none with a pressed button.
    """

    is_in_place_of_rasas = True
    webhook_tokens: tuple[str, ...] = ()

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> rasas.MattermostInput:
        """Create the channel from its block of ``credentials.yml``."""
        made = super().from_credentials(credentials)
        given = (credentials or {}).get("webhook_token") or ()
        tokens = given if isinstance(given, list | tuple) else [given]
        made.webhook_tokens = tuple(str(each) for each in tokens if each)
        return made

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return Rasa's routes, behind the check."""
        blueprint = super().blueprint(on_new_message)

        @blueprint.middleware("request")
        async def check(request: Request) -> HTTPResponse | None:
            sent = json_body(request)
            is_post = request.method == "POST" and "trigger_word" in sent
            if not is_post or not self.webhook_tokens or has_token(sent, self.webhook_tokens):
                return None
            if may_log_call(request.app):
                log.warning("handoff.mattermost.not_proven", meaning="check `webhook_token`")
            return response.text("The request has no token of the webhook's.", status=403)

        return blueprint
