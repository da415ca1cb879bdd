"""Sessions for which Zendesk sends no event: its webhook may not reach this server.

Zendesk sends an event for each of our own messages, the summary first: none at all means that none
of the agents' would come either. Until then they are read every ``reconcile_every`` seconds only.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store

log = structlog.get_logger(__name__)

#: Seconds, at most, between two looks. A call is recorded by the process that got it: others must
#: know of it before they speak of silence.
_LOOK_EVERY = 10.0
#: Seconds by which the clocks of the machines may differ.
_CLOCKS_DIFFER = 5.0


class WebhookSilence:
    """Notices sessions without events, whichever process Zendesk calls.

    Args:
        store: The store, in which processes tell each other of calls.
        settings: The plugin's.
        clock: Returns the time in seconds since the epoch.
    """

    def __init__(
        self, store: Store, settings: Settings, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Start without any call."""
        self._store = store
        self._settings = settings
        self._clock = clock
        self._heard: dict[str, float] = {}

    @property
    def look_every(self) -> float:
        """Seconds between two looks."""
        return min(_LOOK_EVERY, (self._settings.webhook_silence or _LOOK_EVERY) / 3)

    def hear(self, connector_id: str) -> None:
        """Note a call of a connector's webhook.

        Args:
            connector_id: The connector.
        """
        self._heard[connector_id] = self._clock()

    async def look(self) -> None:
        """Record the calls for the sessions that had begun, and log those without any.

        Raises:
            StoreUnavailable: It is done with the next look.
        """
        silence, now = self._settings.webhook_silence, self._clock()
        heard: list[str] = []
        for each in await self._store.events_heard.unheard():
            if self._heard.get(each.connector_id, 0.0) > each.created_at - _CLOCKS_DIFFER:
                heard.append(each.id)
            elif silence is not None and not each.is_logged and each.connected_at < now - silence:
                await self._log(each.id, each.connector_id, silence)
        if heard:
            await self._store.events_heard.record(heard, at=now)

    async def _log(self, session_id: str, connector_id: str, silence: float) -> None:
        connector = self._settings.connectors.get(connector_id)
        if connector is None:  # which is another line
            return
        if await self._store.events_heard.claim_log(session_id, at=self._clock()):
            address = connector.webhook_url(self._settings.public_url)
            log.error(
                "handoff.webhook.silent",
                session=session_id,
                connector=connector_id,
                problem=f"no event has come for this session in {silence:g} s: "
                f"is the webhook reachable at {address}?",
                remedy="compare the address, the triggers and the secret of the webhook in Admin "
                "Center with the settings; `zendesk-handoff check --online` does that",
            )
