"""The state of a session and its user after a server has died."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import aiohttp

from tests.support.bot_texts import ASK_HOURS, HOURS, STARTED
from tests.support.users import conversation_of, is_of, texts_of_user
from tests.support.waiting import until

#: Seconds until another process has taken a session over, on a busy machine.
TAKEOVER = 60.0
#: Counts a sender's messages that Zendesk has refused.
REFUSED = (
    "SELECT count(*) FROM outbox JOIN sessions ON sessions.id = outbox.session_id "
    "WHERE sender_id = :sender AND outbox.state = 'failed'"
)
_PENDING = (
    "SELECT count(*) FROM pending_messages WHERE sender_id = :sender AND delivered_at IS NULL"
)


async def try_to_say(user, text):
    """Send a message to a server that may die before it can answer; return the texts it sent."""
    with suppress(aiohttp.ClientError):
        return await user.says(text)
    return []


async def sim_conversations(sim, user):
    """List the user's conversations in all accounts."""
    return [one for one in await sim.conversations() if is_of(one, user.sender)]


async def hears(user, *words, heard=(), asking="still there?", pause=0.0):
    """Let the user ask until all the words are heard; return all that was heard, in order."""
    said = [str(each) for each in heard]

    async def complete():
        await asyncio.sleep(pause)
        with suppress(aiohttp.ClientError):
            said.extend(str(each) for each in await user.gets(asking))
        return all(any(word in each for each in said) for word in words)

    if not all(any(word in each for each in said) for word in words):
        await until(complete, timeout=TAKEOVER)
    return said


async def hears_the_pending(user, stack, heard):
    """Let the user ask until no message waits for that any more; return all that was heard."""
    said = [str(each) for each in heard]

    async def none_is_pending():
        said.extend(str(each) for each in await user.gets("anything else?"))
        return stack.count(_PENDING, sender=user.sender) == 0

    await until(none_is_pending, timeout=TAKEOVER)
    return said


async def is_back_with_the_bot(user, heard=()):
    """Let the user ask until the bot answers again; return all that was heard."""
    return await hears(user, HOURS, heard=heard, asking=ASK_HOURS, pause=0.5)


def times(word, heard):
    """Count the messages with a word."""
    return sum(word in str(each) for each in heard)


def are_in_order(heard, *words):
    """Tell whether the first messages with the words are in this order."""
    places = [next(n for n, each in enumerate(heard) if word in str(each)) for word in words]
    return places == sorted(places)


async def is_paused(user):
    """Wait until the tracker agrees with the store."""

    async def paused():
        return (await user.tracker())["paused"]

    await until(paused, timeout=TAKEOVER)


async def is_opened_once(sim, stack, user, *, connector, heard=(), is_answer_lost=False):
    """Wait until the session is open after a kill, and check that nothing is duplicated.

    Args:
        heard: Said to the user so far.
        is_answer_lost: Whether the user cannot hear of the start, nor hears of it again.
    """
    heard = [*heard, *await user.says("please hurry")]
    found = await conversation_of(user.sender, sim, stack, connector=connector)
    await sim.wait_for_message(found["id"], "please hurry", timeout=TAKEOVER)
    if not is_answer_lost:
        heard = await hears(user, STARTED, heard=heard)
    assert times(STARTED, heard) == (not is_answer_lost), "told once"
    app = stack.connectors[connector]["app_id"]
    mine = [one for one in await sim.conversations(app) if is_of(one, user.sender)]
    assert len(mine) == 1, "one conversation"
    messages = await sim.messages(found["id"])
    assert sum(one["author"]["type"] == "business" for one in messages) == 1, "one summary"
    assert texts_of_user(messages).count("please hurry") == 1
    await is_paused(user)
    assert await user.slot("handoff_status") == "waiting"
