"""Users' messages over ``rest``, to the agents and to the bot, and their delay."""

from __future__ import annotations

import statistics
import time
import uuid
from functools import partial
from typing import Any

import aiohttp

from .bench import Comparison, Row, alternate
from .stage import APP, Servers, open_sessions, servers
from .wire import post_request, send

_CONVERSATIONS = 20
_AT_ONCE = 8
_FORWARDED = 400
_PAUSED = 40
_ORDINARY = 24
_ROUNDS = 5
_ORDINARY_ROUNDS = 12
_STARTS = 12
_SINGLE = 40
#: Seconds: the latency to a data centre of the same region.
_LATENCY = 0.02


async def measure() -> list[Row]:
    """Measure the rows that need the whole bot."""
    async with servers(latency=_LATENCY) as stage:
        forwarding, delay = await _forwarding(stage), await _delay(stage)
    return [*forwarding, await _ordinary(), delay]


async def _forwarding(stage: Servers) -> list[Row]:
    reached: list[float] = []

    async def ours() -> float:
        sessions = await open_sessions(stage.store, _CONVERSATIONS)
        senders = [session.sender_id for session in sessions]
        stage.api.batches()
        began = time.monotonic()
        load = await send(stage.with_plugin, _messages(senders, _FORWARDED), at_once=_AT_ONCE)
        batches = await stage.api.wait_for(_FORWARDED)
        reached.append(_FORWARDED / (max(at for _, at in batches) - began))
        return load.rate

    async def paused() -> float:
        senders = [uuid.uuid4().hex for _ in range(_CONVERSATIONS)]
        pauses = [
            post_request(f"/conversations/{sender}/tracker/events", {"event": "pause"})
            for sender in senders
        ]
        await send(stage.without, pauses, at_once=_AT_ONCE)
        return (await send(stage.without, _messages(senders, _PAUSED), at_once=_AT_ONCE)).rate

    async def limit() -> float:
        senders = [uuid.uuid4().hex for _ in range(_CONVERSATIONS)]
        await send(stage.without, [post_request("/webhooks/bench/router/1", {})], at_once=1)
        load = await send(stage.without, _messages(senders, _FORWARDED), at_once=_AT_ONCE)
        await send(stage.without, [post_request("/webhooks/bench/router/0", {})], at_once=1)
        return load.rate

    against_paused = await alternate(ours, paused, rounds=_ROUNDS)
    against_limit = await alternate(ours, limit, rounds=_ROUNDS)
    forwarded, slow = against_paused.medians
    most = against_limit.medians[1]
    what = f"user messages forwarded over rest, {_CONVERSATIONS} conversations, {_AT_ONCE} at once"
    return [
        Row(
            what,
            "Rasa's own paused conversations on the same bot",
            f"{against_paused.ratio:.1f}",
            "≥ 10",
            against_paused.ratio >= 10,
            f"{forwarded:.0f}/s stored, {statistics.median(reached):.0f}/s at the API, "
            f"against {slow:.0f}/s",
        ),
        Row(
            what,
            "a router that does nothing",
            f"{against_limit.ratio:.2f}",
            "the limit",
            None,
            f"against {most:.0f}/s",
        ),
    ]


async def _ordinary() -> Row:
    """Compare on servers that are restarted several times.

    Two servers with the same code differ by some per cent during their whole life, by their memory
    layout; more rounds with the same two would only measure that.
    """

    async def rate(port: int) -> float:
        senders = [uuid.uuid4().hex for _ in range(_ORDINARY)]
        return (await send(port, _messages(senders, _ORDINARY, "hello"), at_once=4)).rate

    result = Comparison()
    for _ in range(_STARTS):
        async with servers(latency=_LATENCY) as stage:
            result += await alternate(
                partial(rate, stage.with_plugin),
                partial(rate, stage.without),
                rounds=_ORDINARY_ROUNDS,
            )
    ours, theirs = result.medians
    return Row(
        "ordinary bot messages with the plugin",
        "the same bot without it",
        f"{result.ratio:.3f}",
        "≥ 0.99",
        result.ratio >= 0.99,
        f"{ours:.0f}/s against {theirs:.0f}/s",
    )


async def _delay(stage: Servers) -> Row:
    """Compare the time from sending a message until the API has it."""
    (session,) = await open_sessions(stage.store, 1)
    plugin = f"http://127.0.0.1:{stage.with_plugin}/webhooks/rest/webhook"
    api = f"{stage.api.url}/v2/apps/{APP}/conversations/bare/messages"
    bare = {"author": {"type": "user", "userId": "u"}, "metadata": {"rasa_handoff_message": "m"}}

    async with aiohttp.ClientSession() as http:

        async def batch(url: str, body: dict[str, Any]) -> float:
            stage.api.batches()
            began = time.monotonic()
            async with http.post(url, json=body) as answer:  # on a persistent connection
                await answer.read()
            return (await stage.api.wait_for(1))[0][1] - began

        async def through_plugin() -> float:
            return await batch(plugin, {"sender": session.sender_id, "message": "My message."})

        async def directly() -> float:
            content = {"type": "text", "text": "My message."}
            return await batch(api, {**bare, "content": content})

        result = await alternate(through_plugin, directly, rounds=_SINGLE)
    added = _added(result)
    return Row(
        "user to agent, p50 of the added time",
        "a bare aiohttp POST to the same API",
        f"{added * 1000:.1f} ms",
        "≤ 2 ms",
        added <= 0.002,
        "{:.1f} ms against {:.1f} ms".format(*(1000 * each for each in result.medians)),
    )


def _added(result: Comparison) -> float:
    pairs = zip(result.ours, result.theirs, strict=True)
    return statistics.median(ours - theirs for ours, theirs in pairs)


def _message(sender: str, text: str) -> bytes:
    return post_request("/webhooks/rest/webhook", {"sender": sender, "message": text})


def _messages(senders: list[str], count: int, text: str = "") -> list[bytes]:
    return [
        _message(senders[number % len(senders)], text or f"This is message number {number}.")
        for number in range(count)
    ]
