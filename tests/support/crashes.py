"""What the stories of kill -9 share: a server dies at a boundary; what must be so after it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import aiohttp

from tests.scenarios.conftest import until

#: Seconds until another process has taken a session over, on a busy machine.
TAKEOVER = 60.0
STARTED = "asked a colleague to join"
#: Steps of an account that has us in its switchboard.
INSIDE_ONLY = ("take_control", "offer_control")


class Crash:
    """Lets a server of a stack die at a boundary, and starts it again."""

    def __init__(self, stack):
        self.stack = stack

    def arm(self, name):
        self.stack.stop_file.write_text(name)

    def is_armed(self):
        return self.stack.stop_file.exists()

    async def happens_to(self, name, *, then=None):
        process = self.stack.processes[name]
        assert process.running is not None

        async def is_dead():
            return process.running.poll() is not None

        await until(is_dead, timeout=20)
        assert not self.is_armed(), "it died of something else"
        if then:
            self.arm(then)
        process.stop()
        await asyncio.to_thread(process.start)

    def mend(self):
        """Leave nothing armed and nobody dead to the next story."""
        self.stack.stop_file.unlink(missing_ok=True)
        for process in self.stack.processes.values():
            if process.running is None or process.running.poll() is not None:
                process.stop()
                process.start()


def said_by_user(messages):
    return [one["content"].get("text") for one in messages if one["author"]["type"] == "user"]


async def try_to_say(user, text):
    """Say something to a server that may die before it can answer."""
    with suppress(aiohttp.ClientError):
        await user.says(text)


async def hears_once(user, *words):
    """Collect what the user hears until all the words are there, each once."""
    heard = []

    async def look():
        with suppress(aiohttp.ClientError):
            heard.extend(await user.gets("still there?"))
        return all(any(word in str(each) for each in heard) for word in words)

    await until(look, timeout=TAKEOVER)
    for word in words:
        found = sum(word in str(each) for each in heard)
        assert found == 1, f"{word!r} was heard {found} times"
    return heard


async def is_paused(user):
    """Wait until the tracker agrees with the store."""

    async def look():
        return (await user.tracker())["paused"]

    await until(look, timeout=TAKEOVER)


async def is_opened_once(sim, stack, user, *, inside):
    """Wait until the handover has come about in spite of all, and look for what is double."""
    told = await user.says("please hurry")
    app = stack.connectors["wholesale" if inside else "support"]["app_id"]
    found = await sim.wait_for_conversation(
        app, lambda one: one["user"]["externalId"] == user.sender, timeout=TAKEOVER
    )
    await sim.wait_for_message(found["id"], "please hurry", timeout=TAKEOVER)
    if not any(STARTED in text for text in told):
        await hears_once(user, STARTED)
    mine = [one for one in await sim.conversations(app) if one["user"]["externalId"] == user.sender]
    assert len(mine) == 1, "one conversation"
    messages = await sim.messages(found["id"])
    assert sum(one["author"]["type"] == "business" for one in messages) == 1, "one summary"
    assert said_by_user(messages).count("please hurry") == 1
    await is_paused(user)
    assert await user.slot("handoff_status") == "waiting"
