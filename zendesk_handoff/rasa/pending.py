"""Pending messages: for channels that cannot push, until the user's next request."""

from __future__ import annotations

from collections import Counter
from typing import Any

import structlog
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel

from zendesk_handoff.domain.messages import CANNOT_SHOW
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.outputs import exit_as_error
from zendesk_handoff.rasa.response_tracking import current_response
from zendesk_handoff.store import Store
from zendesk_handoff.store.pending import PendingMessage

log = structlog.get_logger(__name__)

#: How often a channel may refuse a message before it is offered a simpler form.
_ATTEMPTS = 3
#: Refusals by the pending message's id.
_refusals: Counter[int] = Counter()


class PullOutput(OutputChannel):
    """An output channel that stores messages until the user's next request.

    ``rest`` and ``cmdline`` offer no way to reach a user who has not sent a request.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        """Use a store."""
        self._store = store

    @classmethod
    def name(cls) -> str:
        """Return the name by which channel-specific responses are selected."""
        return "collector"

    async def send_once(self, recipient_id: str, message: dict[str, Any], *, key: str) -> None:
        """Store a response unless one with this key was stored before."""
        await self._store.pending.add(recipient_id, message, key=key)

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Store a whole response; the channel that delivers it splits it."""
        await self._store.pending.add(recipient_id, message)

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Store a text."""
        await self._store.pending.add(recipient_id, {"text": text})


async def deliver_pending(store: Store, sender_id: str, output: OutputChannel) -> None:
    """Send a user's pending messages, oldest first.

    Messages that become part of the current HTTP response are marked as delivered when it has been
    sent; see ``response_tracking``.

    Args:
        store: The store.
        sender_id: The user.
        output: The channel of their current request.
    """
    messages = await store.pending.claim(sender_id)
    if not messages:
        return
    # Only a collecting channel puts messages into the response; any other has sent them already.
    response = current_response.get() if _is_collecting(output) else None
    in_response = response is not None and not response.is_started
    sent: list[int] = []
    try:
        for message in messages:
            with exit_as_error():
                await _send(message, sender_id, output)
            sent.append(message.id)
            if not in_response:
                await store.pending.mark_delivered([message.id])
    except BaseException as error:
        await store.pending.release([each.id for each in messages if each.id not in sent])
        if not isinstance(error, Exception) or isinstance(error, StoreUnavailable):
            raise  # the request was cancelled; the next one gets the unsent messages
        # The user's own message is stored by now; an error might make the channel resend it.
        log.warning("handoff.pending.not_taken", **error_fields(error))
    if response is not None and in_response:
        response.pending_ids += sent


def _is_collecting(output: OutputChannel) -> bool:
    """Tell whether a channel collects messages for the response; ``callback`` sends them on."""
    collect = CollectingOutputChannel._persist_message
    return isinstance(output, CollectingOutputChannel) and type(output)._persist_message is collect


async def _send(message: PendingMessage, sender_id: str, output: OutputChannel) -> None:
    """Send a pending message; one that the channel always refuses must not block later ones.

    After several refusals its text and links alone are sent. Where they are refused as well, a
    notice is sent instead. A channel that refuses that is down.
    """
    body = dict(message.body)
    if _refusals[message.id] >= _ATTEMPTS:
        links = (body.get("image"), body.get("attachment"))
        text = " ".join(str(part).strip() for part in (body.get("text"), *links) if part)
        try:
            await output.send_response(sender_id, {"text": text})
        except Exception:
            await output.send_response(sender_id, {"text": CANNOT_SHOW})
        log.error("handoff.pending.reduced", meaning="the channel refuses the message as it is")
    else:
        try:
            await output.send_response(sender_id, body)
        except Exception:
            _refusals[message.id] += 1
            raise
    _refusals.pop(message.id, None)
