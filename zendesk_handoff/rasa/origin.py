"""The channel by which a message has really come in.

A message's ``input_channel`` can be its client's own word: Rasa's ``rest`` and ``callback`` take it
from the request's body. The route that the request has used is the server's word.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from rasa.core.channels.channel import UserMessage
from sanic import Sanic

from zendesk_handoff.rasa.outputs import channel_name, exit_as_error
from zendesk_handoff.rasa.response_tracking import request_of

_ROOT = "/webhooks/"  # as in Rasa's own `register`


class Origins:
    """Tells the channels of messages.

    Args:
        app: Rasa's Sanic app; its input channels never change.
    """

    def __init__(self, app: Sanic) -> None:
        """Keep the app; no channel is called yet."""
        self._app = app
        self._routes: list[tuple[str, str]] | None = None

    def channel_of(self, message: UserMessage) -> str:
        """Return the name of the channel that a message has come in by.

        Args:
            message: A user's. One that no request has brought, as from a socket or a queue, is its
                channel's own work, and so is the name in it.
        """
        request: Any = request_of(message)
        template = getattr(request, "uri_template", None) if request is not None else None
        if isinstance(template, str):
            for prefix, name in self._known_routes():
                if f"{template}/".startswith(f"{prefix}/"):
                    return name
        return message.input_channel or channel_name(message.output_channel)

    def _known_routes(self) -> list[tuple[str, str]]:
        """List the prefixes of the channels' routes, longest first."""
        if self._routes is None:
            channels = getattr(self._app.ctx, "input_channels", None) or ()
            found = ((_prefix(each), channel_name(each)) for each in channels)
            # A channel at the root, as the plugin's webhook is, has no prefix that tells it.
            self._routes = sorted(
                ((prefix, name) for prefix, name in found if prefix and name),
                key=lambda route: -len(route[0]),
            )
        return self._routes


def _prefix(channel: Any) -> str:
    try:
        with exit_as_error():
            return str(urljoin(_ROOT, channel.url_prefix())).rstrip("/")
    except Exception:
        return ""
