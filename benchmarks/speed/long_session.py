"""The time of the 1,000th message of a session against the 10th, in both directions."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import aiohttp

from zendesk_handoff.domain.session import Session

from . import events
from .bench import Row, alternate
from .stage import APP, Servers, open_sessions, servers
from .wire import post_request, send

_BEFORE = (10, 1000)
_ROUNDS = 40

Turn = Callable[[Session, int], Awaitable[float]]


async def measure() -> list[Row]:
    """Measure the time until the other side has a message, one at a time.

    The users are on Rasa's ``callback`` channel, which pushes.
    """
    async with servers(latency=0.0) as stage, aiohttp.ClientSession() as http:
        turns = _Turns(stage, http)
        return [
            await turns.compare("user to agent", turns.from_user, turns.fill_from_user),
            await turns.compare("agent to user", turns.from_agent, turns.fill_from_agent),
        ]


class _Turns:
    def __init__(self, stage: Servers, http: aiohttp.ClientSession) -> None:
        self.stage = stage
        self.http = http

    async def compare(
        self, direction: str, turn: Turn, fill: Callable[[Session, int], Awaitable[None]]
    ) -> Row:
        sessions = await open_sessions(self.stage.store, len(_BEFORE), channel="callback")
        for session, count in zip(sessions, _BEFORE, strict=True):
            await fill(session, count - 1)
        short, long = sessions

        # The short session grows too, by the number of rounds, which is small.
        result = await alternate(lambda: turn(long, 0), lambda: turn(short, 0), rounds=_ROUNDS)
        late, early = result.medians
        return Row(
            f"the 1,000th message of a session, {direction}",
            "the 10th",
            f"{late / early:.2f}",
            "≤ 1.2",
            late / early <= 1.2,
            f"{late * 1000:.1f} ms against {early * 1000:.1f} ms",
        )

    async def from_user(self, session: Session, number: int) -> float:
        self.stage.api.batches()
        began = time.monotonic()
        await send(self.stage.with_plugin, [_words(session, number)], at_once=1)
        return (await self.stage.api.wait_for(1))[0][1] - began

    async def fill_from_user(self, session: Session, count: int) -> None:
        self.stage.api.batches()
        words = [_words(session, number) for number in range(count)]
        await send(self.stage.with_plugin, words, at_once=1)
        await self.stage.api.wait_for(count)

    async def from_agent(self, session: Session, number: int) -> float:
        call = await self._agent_writes(session, number)
        self.stage.api.batches()
        began = time.monotonic()
        await send(self.stage.with_plugin, [call], at_once=1)
        return (await self.stage.api.wait_for(1))[0][1] - began

    async def fill_from_agent(self, session: Session, count: int) -> None:
        calls = [await self._agent_writes(session, number) for number in range(count)]
        self.stage.api.batches()
        await send(self.stage.with_plugin, calls, at_once=8)
        await self.stage.api.wait_for(count)

    async def _agent_writes(self, session: Session, number: int) -> bytes:
        """Store an agent's message in the API, and make the webhook call for it."""
        message = events.agent_message(session, f"This is message number {number}.")
        path = f"/v2/apps/{APP}/conversations/{session.conversation_id}/messages"
        async with self.http.post(self.stage.api.url + path, json=message) as answer:
            await answer.read()
        return events.call(session, message)


def _words(session: Session, number: int) -> bytes:
    body = {"sender": session.sender_id, "message": f"This is message number {number}."}
    return post_request("/webhooks/callback/webhook", body)
