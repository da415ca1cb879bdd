"""The chat page's API: a secret that the server issues, replay, and whose conversation it is."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import asynccontextmanager

import aiohttp
import pytest

from zendesk_handoff.webchat.stream import LOOK_BACK

STARTED = "asked a colleague to join"
PNG = b"\x89PNG\r\n\x1a\n" + b"a small picture"


class Page:
    """What the browser's page does, without the browser."""

    def __init__(self, root, http):
        self.root = f"{root}/webhooks/webchat"
        self.http = http
        self.sender = ""

    async def begin(self, **profile):
        async with self.http.post(f"{self.root}/conversations", json=profile) as answer:
            assert answer.status in {200, 201}
            self.sender = (await answer.json())["conversation"]
            return answer

    async def say(self, text, *, id=None, status=202):
        body = {"id": id or str(uuid.uuid4()), "text": text}
        async with self.http.post(f"{self.root}/messages", json=body) as answer:
            assert answer.status == status
            return await answer.json()

    @asynccontextmanager
    async def listens(self, *, after=None):
        headers = {"Last-Event-ID": str(after)} if after else {}
        async with self.http.get(f"{self.root}/events", headers=headers) as answer:
            assert answer.status == 200
            assert answer.content_type == "text/event-stream"
            yield Stream(answer.content)


class Stream:
    def __init__(self, content):
        self.content = content
        self.entries = {}

    async def until(self, words):
        """Read up to the event that contains the words."""
        event = {}
        while True:
            line = (await asyncio.wait_for(self.content.readline(), 20)).decode().rstrip("\n")
            key, _, value = line.partition(": ")
            if key in {"id", "event", "data"}:
                event[key] = value
            elif not line and event:
                if "id" in event:
                    self.entries[int(event["id"])] = json.loads(event["data"])
                if words in event.get("data", ""):
                    return event
                event = {}


@pytest.fixture
async def page(stack):
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Page(stack.rasa_url, http)


async def handed_over(page, sim, stack):
    await page.begin(name="Jo Doe", email="jo@example.com")
    await page.say("I want to talk to a human")
    return await sim.wait_for_conversation(
        stack.connectors["support"]["app_id"],
        lambda one: one["user"]["externalId"] == page.sender,
    )


async def test_a_whole_handover_and_its_replay(page, sim, stack):
    conversation = (await handed_over(page, sim, stack))["id"]
    async with page.listens() as stream:
        await stream.until(STARTED)
        await page.say("my kettle is late")
        await sim.wait_for_message(conversation, "my kettle is late")
        await sim.agent_text(conversation, "I am looking", agent="Ana")
        await stream.until("I am looking")
        await sim.agent_image(conversation, PNG, filename="label.png")
        await stream.until("label.png")
        await sim.end_session(conversation)
        await stream.until("I am the bot again")
    shown = list(stream.entries.values())
    agents = [each for each in shown if each["role"] == "agent"]
    assert [each["name"] for each in agents] == ["Ana", "Ana"]
    image = agents[1]["media"]
    async with page.http.get(stack.rasa_url + image["url"]) as answer:
        assert await answer.read() == PNG
    async with page.listens() as again:
        await again.until("I am the bot again")
    assert again.entries == stream.entries, "a reload shows the same, once"
    last = max(stream.entries)
    async with page.listens(after=last) as rest:
        await page.say("What are your opening hours?")
        await rest.until("Mill Lane")
    # A few are sent again, since another server may have committed one late; the page knows them.
    assert min(rest.entries) > last - LOOK_BACK
    assert any("Mill Lane" in str(rest.entries[each]) for each in rest.entries if each > last)


async def test_zendesk_learns_who_it_is(page, sim, stack):
    found = await handed_over(page, sim, stack)
    assert found["user"]["profile"]["givenName"] == "Jo"
    assert found["user"]["profile"]["email"] == "jo@example.com"


async def test_the_handover_state_comes_with_the_stream(page, sim, stack):
    conversation = (await handed_over(page, sim, stack))["id"]
    async with page.listens() as stream:
        await stream.until(STARTED)
    async with page.listens() as stream:
        await stream.until('"waiting"')
        await sim.agent_text(conversation, "Hello", agent="Ana")
        await stream.until('"agent":"Ana"')
        await sim.end_session(conversation)
        await stream.until('"ended"')


async def test_a_file_of_the_users_reaches_the_agent(page, sim, stack):
    await page.begin()
    async with page.http.post(f"{page.root}/files", data=form(PNG)) as answer:
        assert answer.status == 409, "the bot cannot read files"
    conversation = (await handed_over(page, sim, stack))["id"]
    async with page.listens() as stream:
        await stream.until(STARTED)
    async with page.http.post(f"{page.root}/files", data=form(PNG)) as answer:
        assert answer.status == 202
    message = await sim.wait_for_message(
        conversation, lambda one: one["content"]["type"] == "image"
    )
    async with page.http.get(message["content"]["mediaUrl"]) as answer:
        assert await answer.read() == PNG
    async with page.http.post(f"{page.root}/files", data=form(b"MZ not a picture")) as answer:
        assert answer.status == 415


def form(data):
    body = aiohttp.FormData()
    body.add_field("files", data, filename="kettle.png", content_type="image/png")
    return body


async def test_a_message_sent_twice_counts_once(page, sim, stack):
    conversation = (await handed_over(page, sim, stack))["id"]
    again = str(uuid.uuid4())
    await page.say("only once", id=again)
    await page.say("only once", id=again)
    await page.say("the end")
    await sim.wait_for_message(conversation, "the end")
    texts = [each["content"].get("text") for each in await sim.messages(conversation)]
    assert texts.count("only once") == 1


async def test_the_secret_is_a_cookie_that_no_script_sees(page):
    answer = await page.begin()
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert page.sender not in cookie, "the sender id gives nothing away"


async def test_others_cannot_read_or_write(page, stack):
    await page.begin()
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
async def test_bad_input_is_told_in_words(page, body):
    await page.begin()
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
