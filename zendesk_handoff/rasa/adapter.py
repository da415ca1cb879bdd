"""The adapter of a channel: what a handover needs of one of Rasa's channels, or of a custom one.

Rasa's channels differ in where a conversation takes place, in what they take, and in how they tell
that a message was refused. An adapter says this for one class of channels. It is the public
protocol for custom channels, too: ``docs/custom-channel.md`` has an example.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rasa.core.channels.channel import UserMessage
from sanic.request import Request

from zendesk_handoff.domain.limits import Limits
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.rendering import render
from zendesk_handoff.domain.user_content import UserContent

#: The place of a conversation within its channel, as JSON: a Slack channel and thread, for example.
Address = Mapping[str, Any]


@dataclass(frozen=True)
class Receipt:
    """What a platform has said when it took one message.

    Args:
        is_confirmed: Whether the platform has confirmed that it delivers the message. If not, it
            may report later what became of it, or never.
        reference: The platform's id of the message, by which it reports later, if it does.
    """

    is_confirmed: bool = True
    reference: str = ""


@dataclass(frozen=True)
class Outcome:
    """What has become of a message that a platform had taken.

    Args:
        is_delivered: Whether it has reached the user; if not, it never will.
        reason: Words for the agent, if it was not delivered: the platform's code and their meaning.
        in_words: Whether it was refused for its form, so that it is to be said in words.
        is_closed: Whether nothing else reaches the user before they write. Until then agents'
            messages are not sent, and the agents are told.
    """

    is_delivered: bool
    reason: str = ""
    in_words: bool = False
    is_closed: bool = False


@dataclass(frozen=True)
class Report:
    """A platform's report of what has become of a message.

    Args:
        reference: The platform's id of the message, as in the ``Receipt``.
        outcome: ``None`` if it is on its way.
    """

    reference: str
    outcome: Outcome | None


@dataclass(frozen=True)
class FetchedFile:
    """A file that a user has sent, as its platform gave it.

    Args:
        data: Its bytes.
        media_type: For example ``image/png``; empty if the platform did not tell.
        name: Its name; may be empty.
    """

    data: bytes = field(repr=False)
    media_type: str = ""
    name: str = field(default="", repr=False)


class MessageForAgents(UserMessage):
    """A user's message that is for agents alone: the bot never gets it.

    A channel passes on a picture, for example, of which Rasa's own channel makes no message.
    Without a session it is dropped, as Rasa does.
    """


class ChannelAdapter:
    """What a handover needs of a channel; a subclass for each class of channels.

    Its methods run in the event loop: a blocking call belongs into a thread, with a time-out of its
    own (``channels.adapters.threads``). An exception of theirs never reaches the server.

    Args:
        channel: The input channel of ``credentials.yml``.
    """

    #: What one message may hold.
    limits: ClassVar[Limits] = Limits()
    #: Whether the channel can reach a user who has not just sent a request.
    can_push: ClassVar[bool] = True
    #: Bytes of messages that the response to a request may hold, where a channel only answers
    #: requests; the rest goes with the next one. ``None`` where it is not limited.
    max_response: ClassVar[int | None] = None
    #: Whether agents can talk to its users: nobody can write to a person on the phone.
    can_hand_over: ClassVar[bool] = True
    #: Whether ``send`` ignores a message whose key it has sent before.
    is_idempotent: ClassVar[bool] = False
    #: Whether its users are on a page of this server, where a path is enough of an address.
    is_own_page: ClassVar[bool] = False
    #: Whether users see what agents write without the channel's doing: they share a conversation.
    #: Agents are then neither introduced nor passed on.
    shows_agents: ClassVar[bool] = False
    #: Whether the channel's sender ids are proven: a platform has assigned them, and the channel
    #: checks that each message is that platform's. Only such a channel may take a session over that
    #: was opened on another one with the same sender id. An adapter may set it in ``__init__``, by
    #: the channel's settings.
    proves_senders: bool = False
    #: Whether users' own machines send the requests, not a platform for all of them: the handovers
    #: are then limited by the request's address.
    is_called_by_users: bool = False
    #: Beginning of sender ids that only this channel may use; the chat page has one.
    sender_prefix: ClassVar[str] = ""

    def __init__(self, channel: Any) -> None:
        """Keep the channel, with its settings."""
        self.channel = channel
        #: Where the platform can report; empty if it cannot reach this server.
        self.report_url = ""

    async def close(self) -> None:
        """Close the adapter's connections; the server stops."""
        return

    def limits_at(self, address: Address) -> Limits:
        """Tell what one message may hold at a place, where places differ.

        Args:
            address: The place.
        """
        return self.limits

    def limitations(self) -> Sequence[str]:
        """List what the channel's users have to do without, in sentences for the log at the start.

        Above all what Rasa's channel drops before anybody can see it.
        """
        return ()

    def address(self, message: UserMessage) -> Address | None:
        """Tell where the conversation of a message takes place.

        Args:
            message: A user's, with the output channel that the channel has given it.

        Returns:
            The address, or ``None`` if it is not known. Agents' messages then wait for the user.
        """
        return {}

    def is_authentic(self, message: UserMessage) -> bool:
        """Tell whether a message is proved to come from the place at which it is answered.

        If it is not, because the channel checks less than the platform asks for, agents' words do
        not go there: they keep to the place that was known, or wait on for the user.

        Args:
            message: A user's, with the output channel that the channel has given it.
        """
        return True

    def default_address(self, recipient_id: str) -> Address | None:
        """Tell where a user can be reached of whom no message was seen.

        Args:
            recipient_id: Rasa's id of the user.

        Returns:
            The address, or ``None`` where only a message of the user's tells it.
        """
        return {}

    async def is_ready(self) -> bool:
        """Tell whether the channel can push at present."""
        return self.can_push

    def is_present(self, recipient_id: str, address: Address) -> bool:
        """Tell whether somebody is there to receive a message now.

        Args:
            recipient_id: Rasa's id of the user.
            address: The place.
        """
        return True

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Send one message, and return when the platform has taken it.

        Args:
            recipient_id: Rasa's id of the user.
            address: The place.
            message: One of ``render``'s, or a response of the domain within the limits: ``text``,
                ``buttons``, ``image``, ``attachment``, ``elements``, ``custom``.
            key: Identifies the message; empty for one that is sent only once.

        Raises:
            NotDelivered: The platform has refused it, or could not be reached.
        """
        raise NotImplementedError

    def read_report(self, request: Request) -> Report | None:
        """Read the platform's report of what has become of a message: a call to ``report_url``.

        Args:
            request: Of the platform, or of anybody.

        Returns:
            The report; ``None`` if the request is not proved to be the platform's.
        """
        return None

    async def outcome(self, reference: str) -> Outcome | None:
        """Ask the platform what has become of a message.

        Args:
            reference: Of the message's ``Receipt``.

        Returns:
            The outcome; ``None`` if it is not known.

        Raises:
            NotDelivered: The platform could not be asked.
        """
        return None

    async def take_back(self, recipient_id: str, address: Address, *, key: str) -> bool:
        """Remove a message, or mark it as deleted, that was sent under a key.

        Args:
            recipient_id: Rasa's id of the user.
            address: The place.
            key: As ``send`` got it for the message's first part.

        Returns:
            Whether the user sees that it is deleted; if not, they are told in words.
        """
        return False

    async def show_typing(self, recipient_id: str, address: Address, *, is_on: bool) -> None:
        """Show that an agent is typing, or not any more; it fades by itself after some seconds.

        Args:
            recipient_id: Rasa's id of the user.
            address: The place.
            is_on: Whether typing has begun.
        """
        return

    async def show_read(self, recipient_id: str, address: Address) -> None:
        """Show that an agent has read what the user has written until now.

        Args:
            recipient_id: Rasa's id of the user.
            address: The place.
        """
        return

    def render(self, message: AgentMessage) -> Sequence[dict[str, Any]]:
        """Divide an agent's message into messages of this channel.

        Args:
            message: With addresses that the user can open.

        Returns:
            Messages whose texts are as the agent wrote them: ``literal`` is applied when they are
            sent, since a message that waits may reach the user through another channel.
        """
        return render(message, self.limits.as_written(self.literal))

    def literal(self, text: str) -> str:
        """Write a text so that the platform shows it literally, without markup or mentions.

        Args:
            text: From outside: an agent's words or name.
        """
        return text

    def literal_value(self, text: str) -> str:
        """Write a value within a response of the bot's, whose own markup stays.

        It differs from ``literal`` where the platform has one switch for the markup of a message.

        Args:
            text: From outside, for example an agent's name.
        """
        return self.literal(text)

    def as_literal(self, message: dict[str, Any]) -> dict[str, Any]:
        """Mark a message whose text is literal, where the platform has a switch for markup.

        Args:
            message: One of ``render``'s; its text was written by ``literal``.
        """
        return message

    def as_sent_by(
        self, message: dict[str, Any], *, name: str, picture: str | None
    ) -> dict[str, Any]:
        """Put an agent's name and picture beside a message, where a platform shows other senders.

        The name stands in the text of the agent's first message in any case.

        Args:
            message: One that is about to be sent.
            name: The agent's, from outside.
            picture: Its address; one of https, at a public host.
        """
        return message

    def as_response(self, message: dict[str, Any], name: str) -> dict[str, Any]:
        """Say which response of the bot's a message is, where a channel shows some in another way.

        Args:
            message: One that is about to be sent.
            name: ``utter_…``.
        """
        return message

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read what a user has sent: text, files, places, an edit.

        Args:
            message: As the channel has passed it to the bot.
            request: The HTTP request with the platform's own message, if there is one.
        """
        text = message.text if isinstance(message.text, str) else ""
        return UserContent(text=text)

    async def complete(self, message: UserMessage, content: UserContent) -> UserContent:
        """Ask the platform for what its request has left out; the user's lock is held meanwhile.

        Args:
            message: As the channel has passed it to the bot.
            content: What ``receive`` has read.
        """
        return content

    async def fetch(self, reference: str) -> FetchedFile:
        """Read a file that only the platform's token opens.

        Args:
            reference: Of a ``UserFile``.

        Raises:
            NotDelivered: It cannot be read; ``may_repeat`` tells whether a repeat can help.
        """
        raise NotImplementedError
