"""Two Rasa servers, one of them with two workers, on one PostgreSQL and one Redis."""

from __future__ import annotations

import asyncio
import uuid

import aiohttp
import asyncpg
import pytest

from tests.conftest import HOST, PORT, REDIS_PORT, postgresql_answers, redis_answers
from tests.scenarios.conftest import RestUser
from tests.scenarios.test_webchat import Page
from tests.support.servers import Stack

STARTED = "asked a colleague to join"
ENDED = "I am the bot again"
HOURS = "Mill Lane"
pytestmark = pytest.mark.timeout(300)


async def _sql(*statements):
    admin = await asyncpg.connect(host=HOST, port=PORT, database="postgres")
    for statement in statements:
        await admin.execute(statement)
    await admin.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    if not postgresql_answers():
        pytest.skip("PostgreSQL does not answer on 127.0.0.1:5432")
    if not redis_answers():
        pytest.skip("Redis does not answer on 127.0.0.1:6379")
    name = f"handoff_{uuid.uuid4().hex[:12]}"
    asyncio.run(_sql(f"CREATE DATABASE {name}"))
    servers = Stack(
        tmp_path_factory.mktemp("replicas"),
        settings={"store_url": f"postgresql://{HOST}:{PORT}/{name}"},
        endpoints={
            "lock_store": {
                "type": "channels.lock_store.AtomicRedisLockStore",
                "url": HOST,
                "port": REDIS_PORT,
                "key_prefix": name.replace("_", ""),
            },
            "tracker_store": {
                "type": "SQL",
                "dialect": "postgresql",
                "url": HOST,
                "port": PORT,
                "db": name,
                "username": "root",
            },
        },
        workers=(1, 2),
    )
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()
        asyncio.run(_sql(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def at(stack, http, user):
    """The same user, at one replica or the other."""

    def go(number):
        return RestUser(stack.rasa_urls[number], http, sender=user.sender)

    return go


async def test_a_user_wanders_between_replicas_and_order_holds(hand_over, sim, at, user):
    session = await hand_over(user)
    for number in range(12):
        assert await at(number % 2).says(f"line {number}") == []
    await sim.wait_for_message(session.conversation, "line 11", timeout=20)
    written = [
        one["content"]["text"]
        for one in await sim.messages(session.conversation)
        if one["author"]["type"] == "user"
    ]
    assert written == [f"line {number}" for number in range(12)]
    for number in range(4):
        await sim.agent_text(session.conversation, f"answer {number}")
    heard = await at(1).hears("answer 3")
    answers = [one["text"] for one in heard if "answer" in one.get("text", "")]
    assert answers == [f"Ana: answer {number}" for number in range(4)]
    await sim.end_session(session.conversation)
    heard = await at(1).hears(ENDED, asking="What are your opening hours?")
    assert any(HOURS in str(one) for one in heard)


async def test_a_page_at_one_replica_hears_what_arrives_at_the_other(stack, sim):
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        page = Page(stack.rasa_urls[1], http)
        await page.begin()
        async with page.listens() as stream:
            await page.say("I want to talk to a human")
            await stream.until(STARTED)
            found = await sim.wait_for_conversation(
                stack.connectors["support"]["app_id"],
                lambda one: one["user"]["externalId"] == page.sender,
            )
            # Zendesk posts to the first replica; the page is at a worker of the second.
            for number in range(3):
                await sim.agent_text(found["id"], f"words {number}")
                await stream.until(f"words {number}")
            await page.say("thank you")
            await sim.wait_for_message(found["id"], "thank you")
            await sim.end_session(found["id"])
            await stream.until(ENDED)


async def test_many_users_at_once_on_both_replicas(stack, sim, http):
    async def one(number):
        user = RestUser(stack.rasa_urls[number % 2], http)
        other = RestUser(stack.rasa_urls[(number + 1) % 2], http, sender=user.sender)
        told = await user.says("I want to talk to a human")
        assert any(STARTED in text for text in told)
        app = stack.connectors["support"]["app_id"]
        found = await sim.wait_for_conversation(
            app, lambda each: each["user"]["externalId"] == user.sender
        )
        for turn in range(4):
            await (user, other)[turn % 2].says(f"turn {turn}")
        await sim.wait_for_message(found["id"], "turn 3", timeout=40)
        messages = await sim.messages(found["id"])
        written = [m["content"]["text"] for m in messages if m["author"]["type"] == "user"]
        assert written == [f"turn {turn}" for turn in range(4)]
        await sim.agent_text(found["id"], f"for {number}")
        await other.hears(f"for {number}")

    await asyncio.gather(*(one(number) for number in range(10)))


async def post_to(sim, app, root):
    """Let Zendesk post to another replica, as a proxy does when one is gone."""
    (integration,) = (await sim.app(app)).integrations
    target = f"{root}/api/v1/connectors/support/webhook"
    await sim.set_webhook(app, integration.webhook_id, target=target)


async def test_a_killed_replica_is_replaced_within_its_lease(hand_over, sim, at, user, stack):
    session = await hand_over(user)
    await user.says("before")
    await sim.wait_for_message(session.conversation, "before")
    app = stack.connectors["support"]["app_id"]
    stack.processes["rasa"].stop(kill=True)
    try:
        # What is posted to the dead replica is retried; what is behind the proxy goes elsewhere.
        await at(1).says("are you still there?")
        await sim.wait_for_message(session.conversation, "are you still there?", timeout=20)
        await post_to(sim, app, stack.rasa_urls[1])
        await sim.agent_text(session.conversation, "yes, at the other one")
        heard = await at(1).hears("yes, at the other one")
        assert sum("at the other one" in str(one) for one in heard) == 1
    finally:
        await asyncio.to_thread(stack.processes["rasa"].start)
        await post_to(sim, app, stack.rasa_url)
    await sim.agent_text(session.conversation, "and both are back")
    await user.hears("and both are back")


async def test_a_rolling_restart_loses_nothing(hand_over, sim, at, user, stack):
    session = await hand_over(user)
    lines = [f"part {number}" for number in range(20)]

    async def keep_talking():
        for line in lines:
            await at(1).says(line)
            await asyncio.sleep(0.2)

    talking = asyncio.create_task(keep_talking())
    await asyncio.to_thread(stack.processes["rasa"].stop)
    await asyncio.to_thread(stack.processes["rasa"].start)
    await talking
    await sim.wait_for_message(session.conversation, lines[-1], timeout=30)
    written = [
        one["content"]["text"]
        for one in await sim.messages(session.conversation)
        if one["author"]["type"] == "user"
    ]
    assert written == lines
    assert await user.says("at the one that was restarted") == []
    await sim.wait_for_message(session.conversation, "at the one that was restarted")
