"""Steps of the crash scenarios: a server killed at a failpoint, and the state after its restart."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import aiohttp

from tests.support.bot_texts import STARTED
from tests.support.users import conversation_of, texts_of_user
from tests.support.waiting import until

#: Seconds until another process has taken a session over, on a busy machine.
TAKEOVER = 60.0
#: Steps that only an account has whose switchboard includes the bot's integration.
_SWITCHBOARD_STEPS = ("take_control", "offer_control")


def connector_for(failpoint):
    """Name the connector (and its workspace) whose sessions reach a failpoint of opening."""
    return "wholesale" if any(step in failpoint for step in _SWITCHBOARD_STEPS) else "support"


class Crash:
    """Kills a server of a stack at a failpoint (SIGKILL), and restarts it."""

    def __init__(self, stack):
        self.stack = stack

    def arm(self, failpoint):
        """Let the next process that reaches the failpoint kill itself there."""
        self.stack.failpoint_file.write_text(failpoint)

    def is_armed(self):
        return self.stack.failpoint_file.exists()

    async def restart(self, name, *, then=None):
        """Wait until a server has died at the failpoint, and start it again.

        ``then`` names the failpoint that is armed before the restart.
        """
        process = self.stack.processes[name]
        assert process.running is not None

        async def is_dead():
            return process.has_ended()

        await until(is_dead, timeout=20)
        assert not self.is_armed(), "the server ended for another reason"
        if then:
            self.arm(then)
        process.stop()
        await asyncio.to_thread(process.start)

    def clean_up(self):
        """Disarm the failpoint and restart every dead server, for the next test."""
        self.stack.failpoint_file.unlink(missing_ok=True)
        for process in self.stack.processes.values():
            if process.has_ended():
                process.stop()
                process.start()


async def try_to_say(user, text):
    """Send a message to a server that may die before it can answer; return the texts it sent."""
    with suppress(aiohttp.ClientError):
        return await user.says(text)
    return []


async def sim_conversations(sim, user):
    """List the user's conversations in all accounts."""
    return [one for one in await sim.conversations() if one["user"]["externalId"] == user.sender]


async def hears_once(user, *words):
    """Collect the user's answers until all the words are there, each exactly once."""
    heard = []

    async def complete():
        with suppress(aiohttp.ClientError):
            heard.extend(await user.gets("still there?"))
        return all(any(word in str(each) for each in heard) for word in words)

    await until(complete, timeout=TAKEOVER)
    for word in words:
        found = sum(word in str(each) for each in heard)
        assert found == 1, f"{word!r} was heard {found} times"
    return heard


async def is_paused(user):
    """Wait until the tracker agrees with the store."""

    async def paused():
        return (await user.tracker())["paused"]

    await until(paused, timeout=TAKEOVER)


async def is_opened_once(sim, stack, user, *, connector, is_told=False):
    """Wait until the session is open after a crash, and check that nothing is duplicated.

    ``is_told`` says that the user has heard of the start already.
    """
    replies = await user.says("please hurry")
    found = await conversation_of(user.sender, sim, stack, connector=connector, timeout=TAKEOVER)
    await sim.wait_for_message(found["id"], "please hurry", timeout=TAKEOVER)
    if is_told:
        assert not any(STARTED in text for text in replies), "told once"
    elif not any(STARTED in text for text in replies):
        await hears_once(user, STARTED)
    app = stack.connectors[connector]["app_id"]
    mine = [one for one in await sim.conversations(app) if one["user"]["externalId"] == user.sender]
    assert len(mine) == 1, "one conversation"
    messages = await sim.messages(found["id"])
    assert sum(one["author"]["type"] == "business" for one in messages) == 1, "one summary"
    assert texts_of_user(messages).count("please hurry") == 1
    await is_paused(user)
    assert await user.slot("handoff_status") == "waiting"
