"""A Zendesk account on the simulator, clients for it, and sessions that are open there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from simulator import Simulator
from zendesk_handoff.domain.session import Session
from zendesk_handoff.domain.ticket import Ticket
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.settings import Connector
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy

SUMMARY = "the summary for the agent"
PROFILE = {"givenName": "Jo", "email": "jo@example.com"}
ORIGINS = {"name": "channel", "email": "channel"}


class Clock:
    """A clock for retries: it sleeps without waiting, and records the pauses.

    Args:
        then: Called with the clock after each pause.
    """

    def __init__(self, then: Callable[[Clock], Awaitable[None]] | None = None) -> None:
        self.pauses: list[float] = []
        self._then = then

    @property
    def slept(self) -> float:
        return sum(self.pauses)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self._then is not None:
            await self._then(self)


def connector(**values: Any) -> Connector:
    """Make a connector; nothing answers at its address unless one is given."""
    defaults: dict[str, Any] = {
        "id": "support",
        "name": "Support",
        "subdomain": "your-company",
        "app_id": "64b0c0ffee0000000000a001",
        "key_id": "app_64b0c0ffee0000000000b001",
        "key_secret": "a key secret of more than 32 bytes",
        "webhook_secrets": ("a webhook secret of more than 32 bytes",),
        "workspaces": ("default",),
        "base_url": "http://127.0.0.1:9/sc",
    }
    return Connector(**{**defaults, **values})


async def account(
    sim: Simulator, *, inside: bool = False, support: bool = False, **values: Any
) -> Connector:
    """Add an account to the simulator, and make the connector for it.

    Args:
        sim: The simulator.
        inside: Whether our integration is in the account's switchboard.
        support: Whether the connector has a token of the Support API.
        **values: Switches of the account.
    """
    token = {"support_email": "ana@example.com", "support_token": "a token of the Support API"}
    token = token if support else {}
    integration: dict[str, Any] = {"target": "http://127.0.0.1:9/nobody", "secret": "w"}
    if inside:
        integration |= {"switchboard_name": "rasa", "key": {}}
    app = await sim.add_app(integrations=[integration], **token, **values)
    ours = app.integrations[0]
    return connector(
        app_id=app.id,
        key_id=(ours.key_id if inside else app.key_id) or "",
        key_secret=(ours.key_secret if inside else app.key_secret) or "",
        base_url=sim.base_url,
        switchboard_integration="rasa" if inside else None,
        **token,
    )


def single_attempt(connector: Connector) -> ConversationsClient:
    """Make a client that never retries."""
    return ConversationsClient(connector, timeout=5, retry=RetryPolicy(max_elapsed=0))


def background(connector: Connector, clock: Clock, *, timeout: float = 5) -> ConversationsClient:
    """Make a client that retries for ever, on a test's clock."""
    policy = RetryPolicy(max_elapsed=float("inf"))
    return ConversationsClient(connector, timeout=timeout, retry=policy, sleep=clock.sleep)


async def begin(
    store: Store,
    sender: str = "jo@example.com",
    *,
    profile: Mapping[str, str] = PROFILE,
    origins: Mapping[str, str] | None = ORIGINS,
    subject: str | None = None,
    ticket: Ticket | None = None,
    transcript: Sequence[str] = (),
    message: str | None = None,
) -> Session:
    """Request a session; this process has its lease, and has not opened it at Zendesk yet."""
    session = await store.sessions.request(
        sender,
        "support",
        workspace="default",
        channel="rest",
        reason="asked",
        summary=SUMMARY,
        transcript=transcript,
        profile=profile,
        origins=origins,
        subject=subject,
        ticket=None if ticket is None else ticket.to_json(),
        message=message,
    )
    await store.leases.acquire(session.id)
    return session


async def connected(sim: Simulator, store: Store, **values: Any) -> tuple[Connector, Session]:
    """Add an account, and open a session there.

    Args:
        sim: The simulator.
        store: The store.
        **values: As for ``account``.
    """
    made = await account(sim, **values)
    async with ConversationsClient(made) as client:
        session = await open_session(store, client, await begin(store))
    return made, session


async def written(sim: Simulator, session: Session) -> list[str]:
    """List the user's messages at Zendesk: the texts, and the types of other content."""
    return [
        each["content"].get("text") or each["content"]["type"]
        for each in await sim.messages(str(session.conversation_id))
        if each["author"]["type"] == "user"
    ]


def text(words: str) -> dict[str, str]:
    """Make a text as content of a message."""
    return {"type": "text", "text": words}
