"""The adapter of Socket.IO: a room, named by the user's session, that pages hold.

What is emitted to a room in which nobody is, is lost: python-socketio's page "The Socket.IO Server"
(https://python-socketio.readthedocs.io/en/stable/server.html), section "Rooms".
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from zendesk_handoff.domain.limits import Limits, MediaLimit
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, Receipt

_DEFAULT_NAMESPACE = "/"


class SocketIOAdapter(ChannelAdapter):
    """Emits to a room if somebody is in it.

    Pages confirm nothing, so what is emitted counts as sent and never as delivered. Chat widgets
    show texts, pictures and buttons; of other attachments they get a link.
    """

    is_called_by_users = True
    limits: ClassVar[Limits] = Limits(text=100_000, image=MediaLimit(), buttons=100)

    def limitations(self) -> list[str]:
        """Say what keeps messages from a page."""
        found = []
        channel = self.channel
        is_ours = getattr(channel, "is_in_place_of_rasas", False)
        if not is_ours and (_never_enters_rooms(channel) or getattr(channel, "namespace", None)):
            found.append(
                "Rasa's channel delivers nothing with `session_persistence` and python-socketio "
                "5.10 or newer, or with a `namespace`: write "
                "`zendesk_handoff.channels.SocketIOInput` in place of `socketio`."
            )
        if not getattr(channel, "session_persistence", False):
            found.append(
                "Without `session_persistence: true` a user is gone with the page: after a reload "
                "neither agents nor the bot know them."
            )
        return found

    async def is_ready(self) -> bool:
        """Tell whether the server of the sockets runs in this process."""
        return getattr(self.channel, "sio", None) is not None

    def is_present(self, recipient_id: str, address: Address) -> bool:
        """Tell whether a page is in the user's room."""
        manager = getattr(getattr(self.channel, "sio", None), "manager", None)
        rooms = getattr(manager, "rooms", None)
        namespace = getattr(self._output(), "namespace", None) or _DEFAULT_NAMESPACE
        try:
            return bool(rooms[namespace][recipient_id])  # type: ignore[index]
        except (KeyError, TypeError):
            return False

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Emit a message.

        Raises:
            NotDelivered: The channel does not run, or does not take such messages.
        """
        output = self._output()
        if output is None:
            raise NotDelivered("the channel is not open", may_repeat=True)
        if "custom" in message:
            if not isinstance(message["custom"], dict):
                raise NotDelivered("the message is not an event", may_repeat=False)
            await output.send_custom_json(recipient_id, message["custom"])
        else:
            await output._send_message(recipient_id, _event(message))
        return Receipt(is_confirmed=False)

    def _output(self) -> Any:
        return self.channel.get_output_channel() if getattr(self.channel, "sio", None) else None


def _event(message: dict[str, Any]) -> dict[str, Any]:
    """Make the data of the event, as Rasa's output channel does, with the text in one piece."""
    image = message.get("image")
    if image is not None:
        return {"attachment": {"type": "image", "payload": {"src": image}}}
    event: dict[str, Any] = {"text": message.get("text") or ""}
    if message.get("buttons"):
        event["quick_replies"] = [
            {
                "content_type": "text",
                "title": str(each.get("title") or ""),
                "payload": str(each.get("payload") or each.get("title") or ""),
            }
            for each in message["buttons"]
        ]
    return event


def _never_enters_rooms(channel: Any) -> bool:
    """Tell whether Rasa's channel calls ``enter_room`` without awaiting it: RasaHQ/rasa#13027."""
    enter_room = getattr(getattr(channel, "sio", None), "enter_room", None)
    return bool(getattr(channel, "session_persistence", False)) and inspect.iscoroutinefunction(
        enter_room
    )
