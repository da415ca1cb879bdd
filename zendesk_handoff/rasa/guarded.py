"""The adapter of channels that have none of their own."""

from __future__ import annotations

from typing import Any

import structlog
from rasa.core.channels.channel import OutputChannel

from zendesk_handoff.domain.limits import Limits, MediaLimit
from zendesk_handoff.domain.rendering import in_words
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, Receipt
from zendesk_handoff.rasa.foreign import is_of_message
from zendesk_handoff.rasa.outputs import OutputChannels, channel_name

log = structlog.get_logger(__name__)


class GuardedAdapter(ChannelAdapter):
    """The adapter of a channel that nobody knows: its output channel, called with care.

    No exception of the channel's does not mean that the platform has taken a message. It counts as
    sent, but never as delivered.

    Args:
        channel: The input channel.
        outputs: The server's output channels.
        own: The output channel of a user's message, to which it is to be answered.
    """

    # Rasa's ``OutputChannel`` sends links in place of what a channel cannot show. Channels make a
    # message of each paragraph, as Rasa's own do: here each is one whose progress is recorded, so
    # that a later one that fails does not send the earlier ones again.
    limits = Limits(
        text=1_000_000, image=MediaLimit(), file=MediaLimit(), buttons=100, paragraphs=True
    )

    def __init__(
        self, channel: Any, outputs: OutputChannels, *, own: OutputChannel | None = None
    ) -> None:
        """Keep the channel; it is not called yet."""
        super().__init__(channel)
        self._outputs = outputs
        self._own = own

    def answering(self, output: OutputChannel) -> GuardedAdapter:
        """Make an adapter that sends through the output channel of a user's message.

        Args:
            output: It need not be the one by which the channel pushes.
        """
        return GuardedAdapter(self.channel, self._outputs, own=output)

    async def is_ready(self) -> bool:
        """Tell whether the channel has an output channel at present."""
        return await self._outputs.find(channel_name(self.channel)) is not None

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Send a message through the channel's own output channel."""
        name = channel_name(self.channel)
        output = self._own or await self._outputs.find(name)
        if output is None:
            raise NotDelivered("the channel cannot push at present", may_repeat=True)
        if message.get("buttons") and not _shows_buttons(output):
            message = {"text": in_words(message)}
        try:
            await output.send_response(recipient_id, message)
        except Exception as error:
            self._outputs.forget(name)
            if self._own is None or isinstance(error, NotDelivered) or not is_of_message(error):
                raise
            # The user is there: it is the message, which must not block the next ones for ever.
            log.warning("handoff.channel.failed", channel=name, **error_fields(error))
            raise NotDelivered("the channel failed", may_repeat=False) from error
        except BaseException:  # a cancellation, too: it does not answer in time
            self._outputs.forget(name)
            raise
        return Receipt(is_confirmed=False)


def _shows_buttons(output: OutputChannel) -> bool:
    """Tell whether a channel has buttons: ``OutputChannel`` itself lists them with payloads."""
    return type(output).send_text_with_buttons is not OutputChannel.send_text_with_buttons
