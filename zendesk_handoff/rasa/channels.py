"""The server's channels: the adapter of each, and the way to each session's user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import quote

import structlog
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel, UserMessage
from sanic import Sanic
from sanic.request import Request

from zendesk_handoff.domain.identity import USER_KEY
from zendesk_handoff.domain.links import is_public
from zendesk_handoff.domain.session import Session
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.domain.user_ids import reserved_prefix
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, FetchedFile
from zendesk_handoff.rasa.channel_output import ChannelOutput, Progress
from zendesk_handoff.rasa.compat import input_channels
from zendesk_handoff.rasa.foreign import call_foreign
from zendesk_handoff.rasa.guarded import GuardedAdapter
from zendesk_handoff.rasa.origin import Origins
from zendesk_handoff.rasa.outputs import OutputChannels, channel_name, exit_as_error
from zendesk_handoff.rasa.response_tracking import current_request, request_of

log = structlog.get_logger(__name__)

#: Seconds within which an adapter must have closed its connections.
_CLOSE_TIMEOUT = 2.0
#: Seconds within which a platform must have told the rest of a message.
_READ_TIMEOUT = 10.0
#: Seconds within which a channel must say whether it can push: asking for an output channel alone
#: may take ten.
_READY_TIMEOUT = 15.0
#: Seconds within which a platform must have handed out a user's file.
_FETCH_TIMEOUT = 60.0
_MAX_NAME = 64  # of a channel's name in a log line
#: The path under which platforms report what has become of messages, before the channel's name.
REPORT_PATH = "/webhooks/zendesk/reports"
#: The attribute by which the class of a custom channel names its adapter.
ADAPTER_ATTRIBUTE = "handoff_adapter"


class Whereabouts(NamedTuple):
    """Where a user's conversation takes place.

    Args:
        channel: The name of the Rasa channel.
        address: The place within it; ``None`` if it is not known.
    """

    channel: str
    address: Address | None = None


class Channels:
    """Finds the adapters of the server's channels, and the way to a user.

    Args:
        app: Rasa's Sanic app; its input channels never change.
        adapters: Dotted names of adapters, by the qualified name of the class of channels that each
            is for. A subclass uses that of its nearest base class.
        public_url: The address at which platforms reach this server; empty if they do not.
    """

    def __init__(
        self, app: Sanic, adapters: Mapping[str, str] | None = None, *, public_url: str = ""
    ) -> None:
        """Keep the app; no channel is called yet."""
        self._app = app
        self._public_url = public_url
        self._known = dict(adapters or {})
        self._adapters: dict[str, ChannelAdapter] = {}
        self._origins = Origins(app)
        self.outputs = OutputChannels(app)

    def adapter(self, name: str) -> ChannelAdapter:
        """Return the adapter of a channel.

        Args:
            name: The channel's name. One that the server does not have gets the guarded adapter.
        """
        if name not in self._adapters:
            adapter = self._make_adapter(self._channel(name), name)
            if is_public(self._public_url):
                path = f"{REPORT_PATH}/{quote(name, safe='')}"
                adapter.report_url = f"{self._public_url}{path}"
            self._adapters[name] = adapter
        return self._adapters[name]

    def serves(self, name: str) -> bool:
        """Tell whether the server has a channel.

        Args:
            name: From outside.
        """
        return self._channel(name) is not None

    def name_of(self, message: UserMessage) -> str:
        """Return the name of the channel by which a message has come in, whatever it says itself.

        Args:
            message: A user's.
        """
        return self._origins.channel_of(message)

    def is_reserved(self, message: UserMessage) -> bool:
        """Tell whether a message has a sender id that only another channel may use.

        Args:
            message: Of any channel.
        """
        prefix = reserved_prefix(message.sender_id)
        if prefix is None:
            return False
        return self.adapter(self.name_of(message)).sender_prefix != prefix

    def is_foreign(self, message: UserMessage, session: Session) -> bool:
        """Tell whether a message has come by a channel that may not speak for a session's user.

        The same sender id on two channels is the same person only if a platform proves it.

        Args:
            message: With the session's sender id.
            session: The session.
        """
        name = self.name_of(message)
        # A session that was requested from outside, without a channel, is its user's first.
        if not name or not session.channel or name == session.channel:
            return False
        return not self.adapter(name).proves_senders

    def users_request(self, message: UserMessage) -> Request | None:
        """Return the request of a message if its user has sent it, not a platform for its users.

        Args:
            message: A user's.
        """
        request = request_of(message)
        if request is None or not self.adapter(self.name_of(message)).is_called_by_users:
            return None
        return request

    def whereabouts(self, message: UserMessage) -> Whereabouts:
        """Tell where the conversation of a message takes place.

        Args:
            message: A user's.
        """
        name = self.name_of(message)
        try:
            with exit_as_error():
                return Whereabouts(name, self.adapter(name).address(message))
        except Exception as error:
            self._report(name, error)
            return Whereabouts(name)

    async def output(
        self, session: Session, *, progress: Progress | None = None
    ) -> ChannelOutput | None:
        """Return the output channel to a session's user, or ``None`` if they cannot be reached now.

        Args:
            session: The session.
            progress: Remembers what was sent.
        """
        adapter, address = self._place_of(session)
        if address is None or not await self._is_ready(adapter, session.channel):
            return None
        return ChannelOutput(adapter, session.channel, address, progress=progress)

    async def show_typing(self, session: Session, *, is_on: bool) -> None:
        """Show a session's user that an agent is typing, where the channel can.

        Args:
            session: An open session.
            is_on: Whether typing has begun.
        """
        adapter, address = self._place_of(session)
        if address is not None:
            await call_foreign(adapter.show_typing, session.sender_id, address, is_on=is_on)

    async def show_read(self, session: Session) -> None:
        """Show a session's user that an agent has read what they wrote, where the channel can.

        Args:
            session: An open session.
        """
        adapter, address = self._place_of(session)
        if address is not None:
            await call_foreign(adapter.show_read, session.sender_id, address)

    def _place_of(self, session: Session) -> tuple[ChannelAdapter, Address | None]:
        adapter = self.adapter(session.channel)
        if session.address is not None:
            return adapter, session.address
        try:
            with exit_as_error():
                return adapter, adapter.default_address(session.sender_id)
        except Exception as error:
            self._report(session.channel, error)
            return adapter, None

    async def _is_ready(self, adapter: ChannelAdapter, name: str) -> bool:
        try:
            return await call_foreign(adapter.is_ready, timeout=_READY_TIMEOUT)
        except Exception as error:
            self._report(name, error)
            return False

    def output_of(self, message: UserMessage, *, progress: Progress | None = None) -> OutputChannel:
        """Return the output channel to the place of a message.

        Args:
            message: The user's current one. Where its channel collects messages for the response to
                the user's request, or is not known, the channel's own is used.
            progress: Remembers what was sent.
        """
        output = message.output_channel
        name = self.name_of(message)
        if type(output) is CollectingOutputChannel or not name:
            return output
        adapter = self.adapter(name)
        place = self.whereabouts(message)
        if not adapter.can_push or place.address is None:
            return output
        if isinstance(adapter, GuardedAdapter):
            if progress is None:
                return output
            adapter = adapter.answering(output)
        return ChannelOutput(adapter, place.channel, place.address, progress=progress)

    def is_authentic(self, message: UserMessage) -> bool:
        """Tell whether agents' words may go where the channel itself would answer a message.

        Args:
            message: The user's current one.
        """
        name = self.name_of(message)
        try:
            with exit_as_error():
                return self.adapter(name).is_authentic(message)
        except Exception as error:
            self._report(name, error)
            return False

    def content_of(self, message: UserMessage) -> UserContent:
        """Read what a user has sent, with what Rasa's channel has left out.

        Args:
            message: As the channel passes it to the bot.
        """
        name = self.name_of(message)
        adapter = self.adapter(name)
        try:
            with exit_as_error():
                return adapter.receive(message, current_request())
        except Exception as error:
            self._report(name, error)
            return ChannelAdapter(None).receive(message, None)

    def note_user(self, message: UserMessage) -> None:
        """Record in a message's metadata what its channel knows of the user, for the bot.

        Whatever a client has written there is removed.

        Args:
            message: A user's, before the bot gets it; its metadata is replaced.
        """
        user = self.content_of(message).user
        metadata = message.metadata if message.metadata is not None else {}
        if not isinstance(metadata, dict) or (user is None and USER_KEY not in metadata):
            return
        kept = {name: value for name, value in metadata.items() if name != USER_KEY}
        message.metadata = kept if user is None else {**kept, USER_KEY: user.to_json()}

    async def read(self, message: UserMessage) -> UserContent:
        """Read what a user has sent; the platform is asked for what its request has left out.

        Args:
            message: As the channel passes it to the bot.
        """
        content, name = self.content_of(message), self.name_of(message)
        adapter = self.adapter(name)
        try:
            return await call_foreign(adapter.complete, message, content, timeout=_READ_TIMEOUT)
        except Exception as error:
            self._report(name, error)
            return replace(content, lost=True)  # there may be something, of which nobody knows

    async def fetch(self, channel: str, reference: str) -> FetchedFile:
        """Read a file that only the token of a user's platform opens.

        Args:
            channel: The channel's name.
            reference: Of a ``UserFile``.

        Raises:
            NotDelivered: It cannot be read.
        """
        try:
            fetch = self.adapter(channel).fetch
            return await call_foreign(fetch, reference, timeout=_FETCH_TIMEOUT)
        except NotDelivered:
            raise
        except Exception as error:
            self._report(channel, error)
            raise NotDelivered("the file could not be read", may_repeat=True) from error

    def limitations(self) -> dict[str, list[str]]:
        """List what users of the server's channels have to do without, by class of channels."""
        found: dict[str, list[str]] = {}
        for channel in input_channels(self._app):
            adapter = self._make_adapter(channel, "")
            try:
                with exit_as_error():
                    sentences = [str(each) for each in adapter.limitations()]
            except Exception as error:
                self._report("", error)
                continue
            if sentences:
                found[type(channel).__name__] = sentences
        return found

    async def close(self) -> None:
        """Close the adapters' connections."""
        for name, adapter in self._adapters.items():
            try:
                await call_foreign(adapter.close, timeout=_CLOSE_TIMEOUT)
            except Exception as error:
                self._report(name, error)

    def without_push(self) -> list[str]:
        """List the classes of the channels through which no message can be pushed."""
        guarded = self.outputs.without_push()
        return [
            name
            for channel in input_channels(self._app)
            if (name := type(channel).__name__) in guarded and not self._has_adapter(channel)
        ]

    def _has_adapter(self, channel: Any) -> bool:
        adapter = self._make_adapter(channel, "")
        return not isinstance(adapter, GuardedAdapter) and adapter.can_push

    def _channel(self, name: str) -> Any:
        every = input_channels(self._app)
        return next((each for each in every if channel_name(each) == name), None)

    def _make_adapter(self, channel: Any, name: str) -> ChannelAdapter:
        try:
            with exit_as_error():
                own = getattr(channel, ADAPTER_ATTRIBUTE, None)
                adapter = own(channel) if isinstance(own, type) else own() if own else None
                if adapter is None:
                    adapter = self._known_adapter(channel)
                if isinstance(adapter, ChannelAdapter):
                    return adapter
        except Exception as error:
            self._report(name, error)
        return GuardedAdapter(channel, self.outputs)

    def _known_adapter(self, channel: Any) -> Any:
        for base in type(channel).__mro__:
            path = self._known.get(f"{base.__module__}.{base.__qualname__}")
            if path is not None:
                module, _, name = path.rpartition(".")
                return getattr(import_module(module), name)(channel)
        return None

    def _report(self, name: str, error: BaseException) -> None:
        log.error("handoff.adapter.failed", channel=name[:_MAX_NAME], **error_fields(error))
