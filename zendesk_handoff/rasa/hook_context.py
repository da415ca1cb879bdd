"""What the replaced methods share: the router, and the conversations in hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel, UserMessage
from rasa.core.processor import MessageProcessor

from zendesk_handoff.rasa.adapter import MessageForAgents
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.outputs import channel_name
from zendesk_handoff.rasa.router import Router

Method = Callable[..., Awaitable[Any]]
Responses = list[dict[str, Any]] | None


class HookContext:
    """The router in front of the bot, and the bot's turns.

    Args:
        router: Decides about every user message.
        in_hand: Counts the bot's turns.
        check_agent: Raises an error if messages would bypass the router in an agent.
    """

    def __init__(
        self, router: Router, in_hand: InHand, check_agent: Callable[[Agent], None]
    ) -> None:
        """Be in force until further notice."""
        self.router = router
        self.in_hand = in_hand
        self.check_agent = check_agent
        #: Whether it is still installed: tracing may keep a replaced method that is not.
        self.is_installed = True

    async def route(
        self,
        message: UserMessage,
        processor: MessageProcessor | None,
        handle: Callable[[], Awaitable[Responses]],
    ) -> Responses:
        """Let the bot handle a message in a turn unless it is routed elsewhere.

        Args:
            message: A user's; the caller holds the sender's lock.
            processor: The bot, where a model is loaded.
            handle: Lets the bot handle it.
        """
        if not self.is_installed or self.in_hand.holds(message):  # routed before
            return await handle()
        if await self.router.route(message, processor):
            return collected(message)
        if isinstance(message, MessageForAgents):
            return None
        self.router.annotate(message)
        with self.in_hand.turn(message.sender_id, message):
            return await handle()

    async def is_with_agents(self, sender_id: str) -> bool:
        """Tell whether a session is open.

        Args:
            sender_id: The user.
        """
        return self.is_installed and await self.router.has_open_session(sender_id)

    async def is_out_of_turn(self, sender_id: str) -> bool:
        """Tell whether a session is open and the bot is at work outside of a turn.

        Args:
            sender_id: The user. What happens in a turn was routed.
        """
        return sender_id not in self.in_hand and await self.is_with_agents(sender_id)

    def turn_from_outside(self, sender_id: str, output: Any) -> AbstractContextManager[None]:
        """Begin a turn that no message of the user has triggered.

        Args:
            sender_id: The user.
            output: The output channel through which the user is addressed.
        """
        message = None
        if isinstance(output, OutputChannel) and type(output) is not CollectingOutputChannel:
            name = channel_name(output)
            message = UserMessage(None, output, sender_id, input_channel=name)
        return self.in_hand.turn(sender_id, message)


def collected(message: UserMessage) -> Responses:
    """Return what was said in response to a message, if its channel collects that.

    Args:
        message: A user's.
    """
    output = message.output_channel
    return output.messages if isinstance(output, CollectingOutputChannel) else None
