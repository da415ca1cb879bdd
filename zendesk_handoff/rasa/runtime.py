"""Background work of a Rasa server: session workers, polling and reconciliation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict

import structlog

from zendesk_handoff.domain.session import Session, Work
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.handover.due import Due, deadline_to_record, due
from zendesk_handoff.handover.quotas import Quotas
from zendesk_handoff.handover.reconcile import reconcile
from zendesk_handoff.handover.silence import WebhookSilence
from zendesk_handoff.handover.ticket_updates import TicketUpdates
from zendesk_handoff.handover.to_agents import tasks_to_agents
from zendesk_handoff.handover.user_counter import RECORD_EVERY, UserCounter
from zendesk_handoff.handover.workers import SessionWorkers
from zendesk_handoff.logs import describe_error, error_fields
from zendesk_handoff.rasa.agent_signs import AgentSigns
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.delivery import UserOutput
from zendesk_handoff.rasa.native_runtime import NativeRuntime
from zendesk_handoff.rasa.outcomes import ASK_EVERY, Outcomes
from zendesk_handoff.rasa.to_user import tasks_to_user
from zendesk_handoff.rasa.user_reads import UserReads
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.store.engine.signals import ANYTHING
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)


#: Seconds, at most, between two polls for sessions with work or past their deadline.
_POLL_EVERY = 5.0
#: Seconds between two looks at the deadlines of all open sessions.
_UPDATE_DEADLINES_EVERY = 300.0
#: Seconds between two deletions of what is kept no longer.
_PURGE_EVERY = 3600.0
_DAY = 24 * 3600.0
#: Seconds after a reconciliation in which a starting server does not repeat it: servers may restart
#: one after the other.
RECENTLY_RECONCILED = 5.0
#: Sessions that are reconciled at once, so that Zendesk is not flooded after an outage.
_CONCURRENT_RECONCILIATIONS = 8


class Runtime:
    """Runs the work of all sessions that this process has a lease of.

    All work is in the store, which signals every change. ``handover.due`` decides what a session
    needs, and its workers do it. Only one process works on a session at a time.

    Args:
        store: The store, open.
        settings: The plugin's.
        bot: Access to the Rasa server's bot.
        poll_every: Seconds between two polls, at most.
    """

    def __init__(
        self, store: Store, settings: Settings, bot: Bot, *, poll_every: float = _POLL_EVERY
    ) -> None:
        """Prepare the workers; ``start`` starts them."""
        self.store = store
        self.settings = settings
        self.quotas = Quotas(settings.limits)
        self.user_counter = UserCounter(store)
        self.clients = Clients(settings)
        self.silence = WebhookSilence(store, settings)
        self.tickets = TicketUpdates(store, settings, self.clients)
        self.channels = bot.channels
        self.signs = AgentSigns(store, bot.channels)
        self.user_reads = UserReads(store, self.clients)
        self.outcomes = Outcomes(store, bot.channels)
        self._bot = bot
        to_agents = tasks_to_agents(
            store,
            settings,
            self.clients,
            find_place=bot.find_place,
            fetch=bot.channels.fetch,
            admit=self._admit,
        )
        self._output = UserOutput(store, bot)
        self.native = NativeRuntime(store, settings, bot, self.clients, self.quotas)
        to_user = tasks_to_user(
            store,
            settings,
            bot,
            self.clients,
            output=self._output,
            control=self.native.control,
        )
        self._workers = SessionWorkers(
            store, settings.timeouts, self._due, {**to_agents, **to_user}
        )
        self._missing: set[str] = set()  # connectors that the settings lack; each is logged once
        self._tasks: list[asyncio.Task[None]] = []
        self._extra_poll: asyncio.Task[None] | None = None
        self._reconciled_within = RECENTLY_RECONCILED
        self._poll_every = min(poll_every, settings.takeover_after / 2)

    def start(self) -> None:
        """Start the workers, and the tasks that are repeated."""
        self.store.signals.on_any(self._workers.on_signal)
        self.store.signals.on_any(self._on_unknown_change)
        self.native.start()
        lease = self.store.leases.lease
        self._tasks = [
            self._repeat("poll", self._poll, self._poll_every),
            self._repeat("deadlines", self._update_deadlines, _UPDATE_DEADLINES_EVERY),
            self._repeat("reconcile", self._reconcile, self._poll_every),
            self._repeat("missed messages", self.native.read_missed, self._poll_every),
            self._repeat("outcomes", self.outcomes.ask, ASK_EVERY),
            self._repeat("retention", self._purge, _PURGE_EVERY),
            self._repeat("user count", self.user_counter.record, RECORD_EVERY),
            self._repeat("webhook silence", self.silence.look, self.silence.look_every),
            self._repeat("tickets", self.tickets.look, self._poll_every),
            self._repeat("lease renewal", self.store.leases.renew, lease / 3),
            self._repeat("native lease renewal", self.native.renew, lease / 3),
        ]
        every = self._bot.channels.without_push()
        without_push = [each for each in every if each != "ZendeskInput"]
        if without_push:
            log.warning(
                "handoff.channels.without_push",
                channels=without_push,
                meaning="agents' messages reach these users with their own next message",
            )
        for channel, sentences in self._bot.channels.limitations().items():
            log.warning("handoff.channel.limited", channel=channel, meaning=" ".join(sentences))
        if self._bot.has_unsafe_locks():
            log.warning(
                "handoff.lock_store.unsafe",
                meaning="Rasa's Redis lock store drops messages when two processes use it at once; "
                "write `type: zendesk_handoff.rasa.lock_store.AtomicRedisLockStore` "
                "in endpoints.yml",
            )

    def _admit(self, session: Session) -> bool:
        """Tell whether a handover may be opened: by its user's channel, and by the quotas."""
        if not self.channels.adapter(session.channel).can_hand_over:
            log.warning(
                "handoff.opening.refused_on_voice_channel",
                session=session.id,
                meaning="an agent cannot write to a user who is on the phone",
            )
            return False
        return self.quotas.hand_over(session)

    async def user_is_back(self, channel: str, sender_id: str) -> None:
        """Deliver at once what waits for a user who can be reached again, on a page for example.

        Args:
            channel: The name of the Rasa channel.
            sender_id: Rasa's id of the user.

        Raises:
            StoreUnavailable: It is delivered later.
        """
        session, has_pending = await self.store.load_state(sender_id)
        # The same id on another channel may be another person's.
        if session is None or session.channel != channel:
            return
        if has_pending:
            async with self._bot.lock(sender_id):
                await self._output.send_pending(session)
        self._output.hurry(session.id)
        self._workers.notify(session.id)

    async def stop(self) -> None:
        """Finish the work in progress; other servers, or the next start, do the rest."""
        tasks = [*self._tasks, *([self._extra_poll] if self._extra_poll else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(self._workers.stop(), self.native.stop())
        await self._attempt("user count", self.user_counter.record)
        await asyncio.gather(self.signs.stop(), self.user_reads.stop())
        try:
            await self.store.leases.release_all()
            await self.store.native.leases.release_all()
        except StoreUnavailable:
            log.warning("handoff.leases.kept")
        await self._bot.channels.close()
        await self.clients.close()

    def _on_unknown_change(self, topic: str) -> None:
        if topic == ANYTHING and (self._extra_poll is None or self._extra_poll.done()):
            poll = self._attempt("poll", self._poll)
            self._extra_poll = asyncio.create_task(poll, name="handoff extra poll")

    def _due(self, work: Work) -> Due:
        session = work.session
        if session.connector_id not in {*self.settings.connectors, *self._missing}:
            self._missing.add(session.connector_id)
            log.error(
                "handoff.connector.missing", session=session.id, connector=session.connector_id
            )
        return due(
            work,
            self.settings,
            now=time.time(),
            in_hand=session.sender_id in self._bot.in_hand,
            has_model=self._bot.processor is not None,
        )

    def _repeat(
        self, name: str, work: Callable[[], Awaitable[object]], pause: float
    ) -> asyncio.Task[None]:
        """Repeat some work, with a pause of so many seconds, until the task is cancelled."""

        async def loop() -> None:
            while True:
                await self._attempt(name, work)
                await asyncio.sleep(pause)

        return asyncio.create_task(loop(), name=f"handoff {name}")

    async def _attempt(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do some work that is repeated anyway; no error may end the repetition."""
        try:
            await work()
        except StoreUnavailable as error:
            log.warning("handoff.store.unavailable", error=str(error))
        except Exception as error:
            log.error("handoff.task.broken", task=name, **error_fields(error))

    async def _poll(self) -> None:
        for session_id in await self.store.work.find(now=time.time()):
            self._workers.notify(session_id)
        await self.native.poll()

    async def _purge(self) -> None:
        """Delete what is kept no longer: erased sessions, and old ones if the settings say so."""
        days = self.settings.retention.days
        older_than = 0.0 if days is None else time.time() - days * _DAY
        purged = await self.store.maintenance.purge_delivered(older_than=older_than)
        if any(asdict(purged).values()):
            log.info("handoff.store.purged", **asdict(purged))

    async def _update_deadlines(self) -> None:
        """Record the deadlines that no worker has recorded.

        The process that worked on a session before may have had other timeouts, or a write was
        lost. All open sessions are read in a row, rather than waking a worker for each.
        """
        timeouts, now = self.settings.timeouts, time.time()
        async for sessions in self.store.work.unfinished():
            found = ((each, deadline_to_record(each, timeouts, now=now)) for each in sessions)
            changed = [(each, deadline) for each, deadline in found if deadline is not None]
            if changed:
                await self.store.work.set_deadlines(changed)

    async def _reconcile(self) -> None:
        """Reconcile every open session: at the start, as events may be missed, then regularly."""
        before = time.time() - self._reconciled_within
        while ids := await self.store.work.claim_for_reconciliation(
            self.settings.connectors, before=before, limit=_CONCURRENT_RECONCILIATIONS
        ):
            await asyncio.gather(*(self._reconcile_one(each) for each in ids))
        self._reconciled_within = self.settings.reconcile_every

    async def _reconcile_one(self, session_id: str) -> None:
        session = await self.store.sessions.get(session_id)
        client = self.clients.interactive(session.connector_id) if session else None
        if session is None or client is None or not session.state.is_open:
            return
        try:
            await reconcile(self.store, client, session)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.warning(
                "handoff.reconcile.failed",
                session=session_id,
                connector=session.connector_id,
                error=describe_error(error),
            )
