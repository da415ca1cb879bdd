"""The chat page's API: the secret that the server issues, replay, and access control."""

from __future__ import annotations

import uuid

import aiohttp
import pytest

from tests.support import webchat
from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, STARTED
from tests.support.identity import identity
from tests.support.users import conversation_of
from tests.support.waiting import until
from tests.support.webchat import PNG, hand_over_page
from zendesk_handoff.store.chat import LOOK_BACK


async def test_a_whole_handover_and_its_replay(page, sim, stack):
    conversation = (await hand_over_page(page, sim, stack))["id"]
    async with page.listens() as stream:
        await stream.until(STARTED)
        await page.says("my kettle is late")
        await sim.wait_for_message(conversation, "my kettle is late")
        await sim.agent_text(conversation, "I am looking", agent="Ana")
        await stream.until("I am looking")
        await sim.agent_image(conversation, PNG, filename="label.png")
        await stream.until("label.png")
        await sim.end_session(conversation)
        await stream.until(ENDED)
    shown = list(stream.entries.values())
    agents = [each for each in shown if each["role"] == "agent"]
    assert [each["name"] for each in agents] == ["Ana", "Ana"]
    image = agents[1]["media"]
    async with page.http.get(stack.rasa_url + image["url"]) as answer:
        assert await answer.read() == PNG
    async with page.listens() as again:
        await again.until(ENDED)
    assert again.entries == stream.entries, "a reload shows the same, once"
    last = max(stream.entries)
    async with page.listens(after=last) as rest:
        await page.says(ASK_HOURS)
        await rest.until(HOURS)
    # Some entries are sent again, because another server may commit an older one later; the page
    # ignores entries that it has.
    assert min(rest.entries) > last - LOOK_BACK
    assert any(HOURS in str(rest.entries[each]) for each in rest.entries if each > last)


async def test_a_signed_profile_reaches_zendesk(page, sim, stack):
    subject = f"customer-{uuid.uuid4().hex}"
    await page.start(identity=identity(subject, name="Jo Doe", email="jo@example.com"))
    await page.says(ASK_HUMAN)
    found = await conversation_of(subject, sim, stack)
    assert found["user"]["profile"]["givenName"] == "Jo"
    assert found["user"]["profile"]["email"] == "jo@example.com"


async def test_the_handover_state_comes_with_the_stream(page, sim, stack):
    conversation = (await hand_over_page(page, sim, stack))["id"]
    async with page.listens() as stream:
        await stream.until(STARTED)
    async with page.listens() as stream:
        await stream.until('"waiting"')
        await sim.agent_text(conversation, "Hello", agent="Ana")
        await stream.until('"agent":"Ana"')
        await sim.end_session(conversation)
        await stream.until('"ended"')


async def test_that_a_user_has_read_reaches_the_agent(page, sim, stack):
    await page.start()
    await page.has_shown(1)  # of nobody
    conversation = (await hand_over_page(page, sim, stack))["id"]
    activity = {"method": "POST", "path": f"/conversations/{conversation}/activity"}
    async with page.listens() as stream:
        await stream.until(STARTED)
        bots = max(stream.entries)
        await sim.agent_text(conversation, "Hello", agent="Ana")
        first = int((await stream.until('"Hello"'))["id"])
        await sim.agent_text(conversation, "Which order is it?", agent="Ana")
        newest = int((await stream.until("Which order"))["id"])
    for item in (bots, first, newest + 1, 2**53 - 1):
        await page.has_shown(item)
    async with webchat.open_chat_page(stack.rasa_url) as other:
        await other.has_shown(newest, status=401)
        await other.start()
        await other.has_shown(newest)
    for _ in range(3):
        await page.has_shown(newest)
    request = await sim.wait_for_request(**activity)
    assert request["body"]["type"] == "conversation:read"
    assert request["body"]["author"]["type"] == "user"

    async def is_read():
        return (await sim.conversation(conversation))["userLastRead"]

    await until(is_read)
    await sim.end_session(conversation)
    async with page.listens() as stream:
        await stream.until(ENDED)
    await page.has_shown(newest)
    assert len(await sim.requests(**activity)) == 1


async def test_a_file_of_the_users_reaches_the_agent(page, sim, stack):
    await page.start()
    await page.uploads(PNG, status=409)  # the bot cannot read files
    conversation = (await hand_over_page(page, sim, stack))["id"]
    async with page.listens() as stream:
        await stream.until(STARTED)
    await page.uploads(PNG)
    message = await sim.wait_for_message(
        conversation, lambda one: one["content"]["type"] == "image"
    )
    async with page.http.get(message["content"]["mediaUrl"]) as answer:
        assert await answer.read() == PNG
    await page.uploads(b"MZ not a picture", status=415)


async def test_a_message_sent_twice_counts_once(page, sim, stack):
    conversation = (await hand_over_page(page, sim, stack))["id"]
    again = str(uuid.uuid4())
    await page.says("only once", id=again)
    await page.says("only once", id=again)
    await page.says("the end")
    await sim.wait_for_message(conversation, "the end")
    texts = [each["content"].get("text") for each in await sim.messages(conversation)]
    assert texts.count("only once") == 1


async def test_the_secret_is_a_cookie_hidden_from_scripts(page):
    answer = await page.start()
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert page.sender not in cookie, "the sender id does not contain the secret"


async def test_others_cannot_read_or_write(page, stack):
    await page.start()
    async with aiohttp.ClientSession() as stranger:
        for method, path in (("GET", "/events"), ("POST", "/messages"), ("GET", "/files/x")):
            body = {"id": str(uuid.uuid4()), "text": "x"} if method == "POST" else None
            async with stranger.request(method, page.root + path, json=body) as answer:
                assert answer.status == 401
    foreign = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    body = {"id": str(uuid.uuid4()), "text": "x"}
    async with page.http.post(f"{page.root}/messages", json=body, headers=foreign) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    "body",
    ["[]", "nothing", '{"id": 3, "text": "x"}', '{"id": "x", "text": "x"}', "{}"],
)
async def test_invalid_input_is_answered_with_an_error_text(page, body):
    await page.start()
    headers = {"Content-Type": "application/json"}
    async with page.http.post(f"{page.root}/messages", data=body, headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]


async def test_the_page_has_a_strict_policy(page):
    async with page.http.get(f"{page.root}/", headers={"Accept": "text/html"}) as answer:
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
        html = await answer.text()
    assert "script-src 'self'" in policy
    assert "unsafe-eval" not in policy
    source = html.split('src="')[1].split('"')[0]
    async with page.http.get(page.root.removesuffix("/webhooks/webchat") + source) as answer:
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
