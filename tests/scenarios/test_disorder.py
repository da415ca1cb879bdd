"""Webhook calls that are delayed, reordered, batched, unreadable, or meet a locked store."""

from __future__ import annotations

import asyncio
import io
import itertools
import random
import sqlite3

import pytest

from tests.support.bot_texts import ASK_HOURS, ENDED
from tests.support.waiting import until
from tests.support.webhooks import agent_event, post_events, webhook_url

WORDS = ("first words", "second words", "third words")


async def hear_all(user, *words):
    heard = await user.hears(*words)
    heard += await user.gets(ASK_HOURS)
    return heard


def positions_of(heard, words):
    said = [str(each) for each in heard]
    for word in words:
        assert sum(word in each for each in said) == 1, f"{word!r} once"
    return [next(n for n, each in enumerate(said) if word in each) for word in words]


def is_echo(event):
    message = event["payload"].get("message", {})
    return message.get("author", {}).get("type") == "user" or "rasa_handoff_message" in (
        message.get("metadata") or {}
    )


async def held_deliveries(sim, conversation, count):
    """List the held deliveries of a conversation, without the echoes of the bot's own posts."""
    found = []

    async def look():
        found[:] = [
            one
            for one in await sim.held()
            if one["conversation"] == conversation and not is_echo(one["events"][0])
        ]
        return len(found) >= count

    await until(look)
    return [one["id"] for one in found]


async def test_any_order_of_a_timeline_reads_the_same(hand_over, sim, new_user):
    """Three messages and the release, in each of their 24 orders."""

    async def one_order(order):
        user = new_user()
        session = await hand_over(user)
        for words in WORDS:
            await sim.agent_text(session.conversation, words)
            await sim.agent_typing(session.conversation)
        await sim.end_session(session.conversation)
        held = await held_deliveries(sim, session.conversation, 4)
        await sim.release([held[position] for position in order])
        heard = await hear_all(user, *WORDS, ENDED)
        positions = positions_of(heard, (*WORDS, ENDED))
        assert positions == sorted(positions), f"{order}: {positions}"

    await sim.add_fault("hold", event="conversation:message")
    await sim.add_fault("hold", event="switchboard:releaseControl")
    orders = list(itertools.permutations(range(4)))
    for some in (orders[:12], orders[12:]):
        await asyncio.gather(*(one_order(order) for order in some))


async def test_a_call_with_several_conversations_reaches_every_user(hand_over, sim, new_user):
    users = [new_user() for _ in range(3)]
    sessions = [await hand_over(user) for user in users]
    await sim.add_fault("hold", event="conversation:message")
    for number, session in enumerate(sessions):
        await sim.agent_text(session.conversation, f"for number {number}")
    for session in sessions:
        await held_deliveries(sim, session.conversation, 1)
    await sim.release(batch=True)
    for number, user in enumerate(users):
        heard = await user.hears(f"for number {number}")
        others = [f"for number {other}" for other in range(3) if other != number]
        assert not any(words in str(heard) for words in others)


async def test_an_unreadable_event_becomes_a_dead_letter_and_the_others_are_delivered(
    hand_over, sim, user, stack, http
):
    session = await hand_over(user)
    await sim.add_fault("lose", event="conversation:message")
    unreadable = agent_event(session.conversation, "x", message_id="7" * 24, event_id="8" * 24)
    unreadable["payload"]["message"] = {"id": 17, "author": "nobody"}
    before = agent_event(session.conversation, "before it", message_id="a1", event_id="a2")
    after = agent_event(session.conversation, "after it", message_id="b1", event_id="b2")
    assert await post_events(http, stack, before, unreadable, after) == 200
    heard = await user.hears("before it", "after it")
    assert sum("before it" in str(each) for each in heard) == 1
    assert "handoff.webhook.unreadable" in (stack.folder / "rasa.log").read_text()


async def test_redelivery_after_the_store_was_locked(hand_over, sim, user, stack):
    session = await hand_over(user)
    database = sqlite3.connect(stack.folder / "handoff.db", isolation_level=None, timeout=20)
    try:
        database.execute("BEGIN IMMEDIATE")  # no other process can write
        await sim.agent_text(session.conversation, "while you were out")

        async def refused():
            found = await sim.deliveries(type="conversation:message")
            mine = [one for one in found if one["conversation"] == session.conversation]
            return any(one["status"] == 503 for one in mine)

        await until(refused)
    finally:
        database.execute("ROLLBACK")
        database.close()
    await sim.advance(60)
    heard = await user.hears("while you were out")
    assert sum("while you were out" in str(each) for each in heard) == 1


async def test_no_body_causes_a_server_error(stack, http, hand_over, user):
    """Mutations of a real event and other bodies are answered with 200 or 400, never with 5xx."""
    session = await hand_over(user)
    key = {"X-API-Key": stack.connectors["support"]["webhook_secret"]}
    rng = random.Random(20)
    odd = [None, True, 0, -1, 1e308, "", "\x00", "x" * 5000, [], {}, [[]], {"id": []}, "ꙮ\ud83d"]
    odd += ["' OR 1=1 --", "../../etc/passwd", "%00", {"$ne": 1}, [{}] * 50]

    def mutate(value, depth=0):
        if rng.random() < 0.08:
            return rng.choice(odd)
        if isinstance(value, dict):
            return {
                rng.choice([name, name, name, "id"]): mutate(each, depth + 1)
                for name, each in value.items()
                if rng.random() > 0.05
            }
        if isinstance(value, list):
            return [mutate(each, depth + 1) for each in value] * rng.choice([1, 1, 1, 2])
        return value

    statuses = set()
    for number in range(400):
        event = agent_event(
            session.conversation, "words", message_id=f"m{number}", event_id=f"e{number}"
        )
        event["type"] = rng.choice(
            [
                "conversation:message",
                "switchboard:releaseControl ",
                "switchboard:passControl:failure",
                "conversation:typing",
            ]
        )
        body = mutate({"events": [event, event]})
        async with http.post(webhook_url(stack), json=body, headers=key) as answer:
            statuses.add(answer.status)
    deep = b'{"events": [' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"]}"
    huge = b'{"events": [' + b",".join([b'{"id": "e", "type": "t"}'] * 100_000) + b"]}"
    for body in (deep, huge, b"[" * 1_000_000, b"\x00" * 1000, b'{"events": [NaN]}'):
        async with http.post(webhook_url(stack), data=io.BytesIO(body), headers=key) as answer:
            statuses.add(answer.status)
    assert statuses <= {200, 400}


@pytest.mark.parametrize(
    "connector", ["..%2F..%2Fetc", "support'%20OR%201=1", "%00", "s" * 3000, "Support", "support/"]
)
async def test_malformed_connector_ids_are_unknown(stack, http, connector):
    key = {"X-API-Key": stack.connectors["support"]["webhook_secret"]}
    async with http.post(webhook_url(stack, connector), json={"events": []}, headers=key) as answer:
        assert answer.status in {400, 404}
