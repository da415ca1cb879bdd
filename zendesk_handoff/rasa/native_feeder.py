"""Users' messages in native conversations, handed to the bot: in order, once, never into silence.

Whatever keeps the bot from answering brings the user to the agents, with the reason.
"""

from __future__ import annotations

import asyncio
import time

import structlog
from rasa.core.channels.channel import UserMessage

from zendesk_handoff.domain.native import NATIVE_CHANNEL, POINTS, NativeConversation
from zendesk_handoff.domain.rates import HOUR, Rate
from zendesk_handoff.domain.responses import FAILED, TOO_MANY
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.errors import ConversationsError, HandoffError, StoreUnavailable
from zendesk_handoff.handover.native_control import NativeControl
from zendesk_handoff.handover.native_events import LOCALE
from zendesk_handoff.handover.native_loops import LoopGuard
from zendesk_handoff.handover.native_missed import MissedMessages
from zendesk_handoff.handover.native_passing import PassOn
from zendesk_handoff.handover.native_poster import bot_author
from zendesk_handoff.handover.reconcile import CONTROL_DELAY
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.native_choices import choose
from zendesk_handoff.rasa.native_handover import NativeHandover
from zendesk_handoff.rasa.native_late_ends import LateEnds
from zendesk_handoff.rasa.native_turn import message_of
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.store import Store
from zendesk_handoff.store.native import UserMessageRow
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)


class NativeFeeder:
    """Hands what users have written to the bot.

    Args:
        store: The store.
        settings: The plugin's.
        bot: The bot.
        clients: The Conversations API clients.
        control: Tells who has control.
        missed: Reads what no event has told.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        bot: Bot,
        clients: Clients,
        control: NativeControl,
        missed: MissedMessages,
    ) -> None:
        """Keep the collaborators."""
        self._store = store
        self._settings = settings
        self._bot = bot
        self._clients = clients
        self._control = control
        self._missed = missed
        self._refusals = Rate(1, period=HOUR)
        self._handover = NativeHandover(store, settings, bot)
        self._late_ends = LateEnds(store, settings, bot)
        self._loops = LoopGuard(store)
        self._passing = PassOn(clients, control)
        self._typing: set[asyncio.Task[None]] = set()

    async def feed(self, conversation: NativeConversation, may_be_known: bool) -> None:
        """Handle everything that waits in a conversation; this process has its lease.

        Args:
            conversation: The conversation.
            may_be_known: Whether the bot may have handled the first message before.

        Raises:
            ConversationsError: Zendesk was asked, and did not answer; it is done again.
            StoreUnavailable: The same.
        """
        sender_id, native = conversation.sender_id, self._store.native
        if waiting := await native.to_handle(sender_id):
            await self._missed.before_turn(conversation, until=waiting[-1].sent_at)
        ended: Session | None = None
        while waiting := await native.to_handle(sender_id):
            if not native.leases.is_held(sender_id):
                return
            current = await native.conversation(sender_id)
            connector = self._settings.connectors.get(conversation.connector_id)
            if current is None or connector is None:
                return
            ended = await self._handle(
                current, connector, waiting[0], ended=ended, may_be_known=may_be_known
            )
            await native.finish(waiting[0])
            may_be_known = False

    async def stop(self) -> None:
        """Cancel what shows that the bot is typing."""
        for task in self._typing:
            task.cancel()
        await asyncio.gather(*self._typing, return_exceptions=True)

    async def _handle(
        self,
        conversation: NativeConversation,
        connector: Connector,
        row: UserMessageRow,
        *,
        ended: Session | None,
        may_be_known: bool,
    ) -> Session | None:
        """Handle one message.

        Args:
            conversation: The conversation.
            connector: The conversation's.
            row: The message.
            ended: A session of whose end the rest is said once the user has written no more.
            may_be_known: Whether the bot may have handled it before.

        Returns:
            ``ended`` for the next message; ``None`` where nothing is left to say.
        """
        if not await self._is_for_bot(conversation, row):
            log.info("handoff.native.not_ours", connector=connector.id)
            return ended
        if row.kind == "foreign":
            await self._pass_on(conversation, connector, row)
            return ended
        if row.kind != "refused" and not row.body["text"].strip():
            return ended
        adapter = self._bot.channels.adapter(NATIVE_CHANNEL)
        message = message_of(row, adapter, source=conversation.source, may_be_known=may_be_known)
        if row.kind == "refused":
            if not self._refusals.take(conversation.sender_id):
                locale = row.body["metadata"].get(LOCALE)
                await self._bot.refuse(message, TOO_MANY, locale=locale)
            return ended
        points, limit = await self._loops.count(conversation, row), connector.bot.loop_after
        await self._store.native.begin_turn(row, fast_turns=points)
        if limit is not None and points >= limit * POINTS:
            await self._handover.hand_over(message, connector, "bot_loop")
            return None
        if row.kind == "start":
            await self._take_control(conversation, connector)
        within = connector.bot.answer_within
        ended = await self._late_ends.before_answer(
            message, stored_at=row.created_at, within=within, known=ended
        )
        self._show_typing(conversation, connector)
        await choose(self._bot, message, within=within)
        # Of a turn that is repeated, what was said the first time is not said again.
        since = row.created_at if may_be_known else time.time()
        problem = await self._turn(message, connector, since=since)
        if problem is None and ended is not None:
            if await self._is_followed(row):
                return ended  # the next message is no answer to a question that is not read yet
            await self._late_ends.after_answer(message, ended, within=within)
        if problem is not None and row.kind != "start":  # who has asked nothing waits for nothing
            await self._handover.hand_over(message, connector, problem)
        return None

    async def _is_followed(self, row: UserMessageRow) -> bool:
        """Tell whether the user has written more, which the bot answers next."""
        waiting = await self._store.native.to_handle(row.sender_id)
        return any(
            each.id != row.id
            and each.kind not in {"foreign", "refused"}
            and bool(each.body["text"].strip())
            for each in waiting
        )

    async def _is_for_bot(self, conversation: NativeConversation, row: UserMessageRow) -> bool:
        """Tell whether the bot has control; a session that is still open is over then."""
        session = await self._store.sessions.current(conversation.sender_id)
        if session is not None and session.is_open:
            session = await self._handover.wait(session)
        if session is not None and session.is_open:
            if session.connected_at is None:
                raise HandoffError("a handover of this conversation is under way")
            if not await self._has_come_back(conversation, session.connected_at):
                return False
            # The agents have let go, and no event has told it: control has come back by default.
            await self._store.sessions.end(session.id, EndReason.AGENT)
            return True
        if row.kind == "start":
            # Before the first activity nobody has control. The event may be late, though.
            return await self._control.is_free(conversation)
        return await self._control.is_ours(conversation)

    async def _has_come_back(self, conversation: NativeConversation, connected_at: float) -> bool:
        """Tell whether control has come back since it was passed to the agents.

        Just after that, what Zendesk says of control may be from before.
        """
        if not await self._control.is_ours(conversation, is_certain=True):
            return False
        early = connected_at + CONTROL_DELAY - time.time()
        if early <= 0:
            return True
        await asyncio.sleep(early)
        return await self._control.is_ours(conversation, is_certain=True)

    async def _pass_on(
        self, conversation: NativeConversation, connector: Connector, row: UserMessageRow
    ) -> None:
        """Pass a conversation on that the bot does not serve; else its user is told."""
        comes_back = not self._loops.may_pass(row)
        if comes_back:
            log.warning("handoff.native.passed_back", connector=connector.id)
        if await self._passing.pass_on(conversation, connector, to_agents=comes_back):
            return
        adapter = self._bot.channels.adapter(NATIVE_CHANNEL)
        message = message_of(row, adapter, source=conversation.source, may_be_known=False)
        if not self._refusals.take(conversation.sender_id):
            locale = row.body["metadata"].get(LOCALE)
            await self._bot.refuse(message, FAILED, locale=locale)

    async def _turn(
        self, message: UserMessage, connector: Connector, *, since: float
    ) -> str | None:
        """Let the bot handle a message; return what has gone wrong, as a key of the notes."""
        problem: str | None = None
        try:
            await asyncio.wait_for(self._bot.receive(message), connector.bot.answer_within)
        except asyncio.TimeoutError:
            problem = "bot_slow"
        except StoreUnavailable:
            raise
        except Exception as error:
            log.error("handoff.native.bot_failed", connector=connector.id, **error_fields(error))
            problem = "bot_error"
        if self._bot.processor is None:
            problem = "bot_without_model"
        session = await self._store.sessions.current(message.sender_id)
        if session is not None and session.is_open:
            return None  # the bot has handed over itself
        if problem is not None or connector.bot.when_silent == "wait":
            return problem
        if session is not None and session.state is State.FAILED:
            return None  # the user is told of the handover that has failed
        native, sender_id = self._store.native, message.sender_id
        # The plugin's own words, such as the thanks for a rating, have keys of their own.
        said = await native.has_answered(sender_id, str(message.message_id)) or (
            await native.has_said(sender_id, since=since)
        )
        return None if said else "bot_silent"

    async def _take_control(self, conversation: NativeConversation, connector: Connector) -> None:
        """Take control of a conversation that has just begun, so that the bot may greet."""
        if await self._control.is_ours(conversation, is_certain=True):
            return
        client = self._clients.interactive(connector.id)
        assert client is not None, "there is the connector"
        await client.switchboard.pass_control(
            conversation.conversation_id, str(connector.switchboard_integration)
        )
        self._control.prove(conversation.conversation_id)

    def _show_typing(self, conversation: NativeConversation, connector: Connector) -> None:
        """Show that the bot is typing, without waiting for it."""
        if not connector.bot.typing:
            return
        task = asyncio.create_task(self._type(conversation, connector), name="native typing")
        self._typing.add(task)
        task.add_done_callback(self._typing.discard)

    async def _type(self, conversation: NativeConversation, connector: Connector) -> None:
        client = self._clients.interactive(connector.id)
        if client is None:
            return
        author = {key: value for key, value in bot_author(connector).items() if key != "subtypes"}
        try:
            await client.show_typing(conversation.conversation_id, author=author)
        except ConversationsError as error:
            log.debug("handoff.native.typing_not_shown", error=str(error))
