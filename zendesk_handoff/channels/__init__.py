"""The Rasa channels that ``credentials.yml`` names.

``ZendeskInput`` and ``WebChatInput`` are the plugin's own. The others take the place of Rasa's
channels of the same name, with the same settings: they read what Rasa's leave out.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from zendesk_handoff.bounds import check_bounds, require

require("rasa", extra="rasa", by=__name__)

try:
    from zendesk_handoff.channels.zendesk_input import ZendeskInput
    from zendesk_handoff.webchat import WebChatInput
except ImportError:
    check_bounds()  # a Rasa that is not supported has moved its modules; say so, not their names
    raise

#: Channels in place of Rasa's. They are imported when they are named, since the libraries of the
#: platforms are slow to import.
_IN_PLACE_OF_RASAS = {
    "FacebookInput": "facebook",
    "MattermostInput": "mattermost",
    "SlackInput": "slack",
    "SocketIOInput": "socketio",
    "TelegramInput": "telegram",
    "TwilioInput": "twilio",
}

__all__ = ["WebChatInput", "ZendeskInput", *_IN_PLACE_OF_RASAS]


def __getattr__(name: str) -> Any:
    """Import a channel.

    Raises:
        AttributeError: There is no such channel.
    """
    if name not in _IN_PLACE_OF_RASAS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.inputs.{_IN_PLACE_OF_RASAS[name]}")
    return getattr(module, name)
