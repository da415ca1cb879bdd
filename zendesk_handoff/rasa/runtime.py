"""What keeps sessions moving in a Rasa server: two lanes each, and a look round now and then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from zendesk_handoff.domain.responses import DELAYED
from zendesk_handoff.errors import HandoffError, StoreUnavailable
from zendesk_handoff.handover.leases import ProcessLeases
from zendesk_handoff.handover.reconcile import reconcile
from zendesk_handoff.handover.to_agent import ToAgents
from zendesk_handoff.handover.workers import KeyedWorkers
from zendesk_handoff.logs import location
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.to_user import ToUser
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.store.engine.signals import ANYTHING
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)

Work = Callable[[], Awaitable[None]]

#: Seconds, at the most, between two looks for sessions that nobody works on or that are silent.
_LOOK_ROUND = 5.0
#: Seconds within which a start does not ask again: servers may restart one after the other.
ASKED_JUST_NOW = 5.0
#: How many sessions are asked about at once, so that Zendesk is not flooded after an outage.
_RECONCILED_AT_ONCE = 8


class Runtime:
    """The sessions' motor in one Rasa process.

    What there is to do is in the store; whoever stores something wakes the session's lanes. One
    lane brings the user's messages to Zendesk, the other brings Zendesk's to the user, so that
    neither waits for the other. A session belongs to one process at a time.

    Args:
        store: The store, open.
        settings: The plugin's.
        bot: The Rasa side.
    """

    def __init__(self, store: Store, settings: Settings, bot: Bot) -> None:
        """Prepare; ``start`` begins."""
        self.store = store
        self.settings = settings
        self._bot = bot
        self._clients = Clients(settings)
        self._leases = ProcessLeases(store)
        to_agents = ToAgents(store, settings, self._clients, self._leases)
        to_user = ToUser(store, settings, bot, self._clients, self._leases)
        self._to_agents = KeyedWorkers("to agents", to_agents.run)
        self._to_user = KeyedWorkers("to user", to_user.run)
        self._tasks: list[asyncio.Task[None]] = []
        self._looking: asyncio.Task[None] | None = None
        self._asked_within = ASKED_JUST_NOW
        self._pause = min(_LOOK_ROUND, settings.takeover_after / 2)

    def start(self) -> None:
        """Take up what is left to do, and whatever comes."""
        self.store.signals.on_any(self._wake)
        self._tasks = [
            self._again_and_again("look round", self._look_round, self._pause),
            self._again_and_again("silences", self._look_for_silences, self._pause),
            self._again_and_again("reconcile", self._reconcile, self._pause),
            self._again_and_again("claims", self._leases.renew, self.store.leases.lease / 3),
        ]
        silent = [each for each in self._bot.outputs.without_push() if each != "ZendeskInput"]
        if silent:
            log.warning(
                "handoff.channels.without_push",
                channels=silent,
                meaning="agents' messages reach these users with their own next message",
            )
        if self._bot.has_unsafe_locks():
            log.warning(
                "handoff.lock_store.unsafe",
                meaning="Rasa's Redis lock store drops messages when two processes use it at once; "
                "write `type: zendesk_handoff.rasa.lock_store.AtomicRedisLockStore` "
                "in endpoints.yml",
            )

    async def stop(self) -> None:
        """Finish what is under way and leave the rest to whoever starts next."""
        tasks = [*self._tasks, *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(self._to_agents.stop(), self._to_user.stop())
        try:
            await self._leases.release_all()
        except StoreUnavailable:
            log.warning("handoff.leases.kept")
        await self._clients.close()

    def client(self, connector_id: str) -> ConversationsClient | None:
        """Give the client that agents' files are read with."""
        return self._clients.files(connector_id)

    def _wake(self, topic: str) -> None:
        if topic == ANYTHING:
            if self._looking is None or self._looking.done():
                looking = self._attempt("look round", self._look_round)
                self._looking = asyncio.create_task(looking, name="handoff look")
            return
        kind, _, session_id = topic.partition(":")
        if kind in {"session", "outbox"}:
            self._to_agents.notify(session_id)
        if kind in {"session", "inbox"}:
            self._to_user.notify(session_id)

    def _notify(self, session_id: str) -> None:
        self._to_agents.notify(session_id)
        self._to_user.notify(session_id)

    def _again_and_again(self, name: str, work: Work, pause: float) -> asyncio.Task[None]:
        """Do something now, and for ever after with a pause of so many seconds."""

        async def go_on() -> None:
            while True:
                await self._attempt(name, work)
                await asyncio.sleep(pause)

        return asyncio.create_task(go_on(), name=f"handoff {name}")

    async def _attempt(self, name: str, work: Work) -> None:
        """Do something that is tried again anyhow: no error may be the end of that."""
        try:
            await work()
        except StoreUnavailable:
            log.warning("handoff.store.unavailable")
        except Exception as error:
            name = type(error).__name__
            log.error("handoff.task.broken", task=name, error=name, location=location(error))

    async def _look_round(self) -> None:
        for session_id in await self.store.leases.with_work():
            self._notify(session_id)

    async def _look_for_silences(self) -> None:
        timeouts, now = self.settings.timeouts, time.time()
        for session_id in await self.store.leases.inactive(timeouts, now=now):
            self._notify(session_id)
        if timeouts.undelivered is not None:
            # No user is to believe that an agent reads what has not reached Zendesk.
            late = await self.store.outbox.notify_overdue(
                before=now - timeouts.undelivered, notice=DELAYED
            )
            for session_id in late:
                log.error("handoff.messages.overdue", session=session_id)

    # What Zendesk may not have told us

    async def _reconcile(self) -> None:
        """Ask about every open session: at the start, since we were away, and then regularly."""
        before = time.time() - self._asked_within
        while ids := await self.store.leases.claim_for_reconciliation(
            self.settings.connectors, before=before, limit=_RECONCILED_AT_ONCE
        ):
            await asyncio.gather(*(self._reconcile_one(each) for each in ids))
        self._asked_within = self.settings.reconcile_every

    async def _reconcile_one(self, session_id: str) -> None:
        session = await self.store.sessions.get(session_id)
        client = self._clients.interactive(session.connector_id) if session else None
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
                error=str(error) if isinstance(error, HandoffError) else type(error).__name__,
            )
