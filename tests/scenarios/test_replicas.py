"""Two Rasa servers, one of them with two workers, on one PostgreSQL and one Redis."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, STARTED
from tests.support.databases import (
    HOST,
    PORT,
    REDIS_PORT,
    postgresql_answers,
    redis_answers,
    run_on_postgresql,
)
from tests.support.servers import Stack
from tests.support.users import RestUser, conversation_of, texts_of_user
from tests.support.webchat import open_chat_page


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    if not postgresql_answers():
        pytest.skip("PostgreSQL does not answer on 127.0.0.1:5432")
    if not redis_answers():
        pytest.skip("Redis does not answer on 127.0.0.1:6379")
    name = f"handoff_{uuid.uuid4().hex[:12]}"
    asyncio.run(run_on_postgresql(f"CREATE DATABASE {name}"))
    servers = Stack(
        tmp_path_factory.mktemp("replicas"),
        # Ten handovers on a busy machine take their time.
        settings={"store_url": f"postgresql://{HOST}:{PORT}/{name}", "open_timeout": 45},
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
        with servers:
            yield servers
    finally:
        asyncio.run(run_on_postgresql(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def at(stack, http, user):
    """Address the same user at one replica or the other."""

    def user_at(number):
        return RestUser(stack.rasa_urls[number], http, sender=user.sender)

    return user_at


async def test_order_is_kept_for_a_user_at_alternating_replicas(hand_over, sim, at, user):
    session = await hand_over(user)
    for number in range(12):
        assert await at(number % 2).says(f"line {number}") == []
    await sim.wait_for_message(session.conversation, "line 11")
    written = texts_of_user(await sim.messages(session.conversation))
    assert written == [f"line {number}" for number in range(12)]
    for number in range(4):
        await sim.agent_text(session.conversation, f"answer {number}")
    heard = await at(1).hears("answer 3")
    answers = [one["text"] for one in heard if "answer" in one.get("text", "")]
    assert answers == [f"Ana: answer {number}" for number in range(4)]
    await sim.end_session(session.conversation)
    heard = await at(1).hears(ENDED, asking=ASK_HOURS)
    assert any(HOURS in str(one) for one in heard)


async def test_a_page_at_one_replica_receives_events_of_the_other(stack, sim):
    async with open_chat_page(stack.rasa_urls[1]) as page:
        await page.start()
        async with page.listens() as stream:
            await page.says(ASK_HUMAN)
            await stream.until(STARTED)
            found = await conversation_of(page.sender, sim, stack)
            # Zendesk posts to the first replica; the page is at a worker of the second.
            for number in range(3):
                await sim.agent_text(found["id"], f"words {number}")
                await stream.until(f"words {number}")
            await page.says("thank you")
            await sim.wait_for_message(found["id"], "thank you")
            await sim.end_session(found["id"])
            await stream.until(ENDED)


async def test_many_users_at_once_on_both_replicas(stack, sim, http):
    # Rasa's event loop is the bot's while it predicts: of ten requests at once on a busy machine
    # one may not be taken up in time, and its user is told so. The talk is what is tried here.
    opening = asyncio.Semaphore(2)

    async def one(number):
        user = RestUser(stack.rasa_urls[number % 2], http)
        other = RestUser(stack.rasa_urls[(number + 1) % 2], http, sender=user.sender)
        async with opening:
            replies = await user.says(ASK_HUMAN)
        assert any(STARTED in text for text in replies)
        found = await conversation_of(user.sender, sim, stack)
        for turn in range(4):
            assert await (user, other)[turn % 2].says(f"turn {turn}") == []
        await sim.wait_for_message(found["id"], "turn 3")
        written = texts_of_user(await sim.messages(found["id"]))
        assert written == [f"turn {turn}" for turn in range(4)]
        await sim.agent_text(found["id"], f"for {number}")
        await other.hears(f"for {number}")

    await asyncio.gather(*(one(number) for number in range(10)))


async def post_to(sim, app, root):
    """Let Zendesk post to another replica, like a proxy after a failure."""
    (integration,) = (await sim.app(app)).integrations
    target = f"{root}/api/v1/connectors/support/webhook"
    await sim.set_webhook(app, integration.webhook_id, target=target)


async def test_sessions_of_a_killed_replica_are_taken_over(hand_over, sim, at, user, stack):
    session = await hand_over(user)
    await user.says("before")
    await sim.wait_for_message(session.conversation, "before")
    app = stack.connectors["support"]["app_id"]
    stack.processes["rasa"].stop(kill=True)
    try:
        # Zendesk retries its calls to the dead replica; the proxy sends users to the other one.
        await at(1).says("are you still there?")
        await sim.wait_for_message(session.conversation, "are you still there?")
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
    await sim.wait_for_message(session.conversation, lines[-1])
    written = texts_of_user(await sim.messages(session.conversation))
    assert written == lines
    assert await user.says("at the one that was restarted") == []
    await sim.wait_for_message(session.conversation, "at the one that was restarted")
