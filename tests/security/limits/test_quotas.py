"""Attacks by number: what one user, one address and all together may use, and what they read."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp

from tests.security.limits.conftest import LIMITS
from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, FAILED, HOURS, NOT_PASSED_ON, STARTED
from tests.support.framing import post
from tests.support.platforms.scenario import hears
from tests.support.platforms.socketio import Page
from tests.support.users import RestUser, texts_of_user
from tests.support.waiting import until
from tests.support.webchat import PNG, EventStream, open_chat_page

CONVERSATIONS = "/webhooks/webchat/conversations"


async def begin(http, stack, *addresses, **headers):
    forwarded = {"X-Forwarded-For": ", ".join(addresses)} if addresses else {}
    url = stack.rasa_url + CONVERSATIONS
    async with http.post(url, json={"new": True}, headers={**forwarded, **headers}) as answer:
        return answer.status, answer.headers.get("Retry-After"), await answer.json()


async def test_an_address_begins_so_many_conversations_in_a_minute(http, stack, address, limited):
    before = await limited("conversations_per_address")
    answers = [await begin(http, stack, address) for _ in range(7)]
    assert [status for status, _, _ in answers] == [201] * 4 + [429] * 3
    for _, retry_after, body in answers[4:]:
        assert 0 < int(retry_after) <= 60
        assert body["code"] == "limit" and body["error"].endswith(".")
    assert await limited("conversations_per_address") == before + 3
    # Another one is not concerned.
    assert (await begin(http, stack, "203.0.113.77"))[0] == 201


async def test_what_a_client_writes_into_the_header_is_not_believed(http, stack, address):
    answers = [await begin(http, stack, f"203.0.113.{n}, 8.8.8.8", address) for n in range(6)]
    assert [status for status, _, _ in answers] == [201] * 4 + [429] * 2


async def test_an_ipv6_customer_has_one_address(http, stack):
    answers = [await begin(http, stack, f"2001:db8:7:1::{n}:1") for n in range(6)]
    assert [status for status, _, _ in answers] == [201] * 4 + [429] * 2
    assert (await begin(http, stack, "2001:db8:7:2::1"))[0] == 201


async def test_a_page_goes_on_in_its_own_conversation_when_new_ones_are_refused(
    open_page, http, stack, address
):
    page = await open_page(address)
    await page.start()
    while (await begin(http, stack, address))[0] == 201:
        pass
    answer = await page.start()
    assert answer.status == 200
    await page.says(ASK_HOURS)
    await page.shows(HOURS)


async def test_handovers_of_an_address_end_in_words_and_the_bot_goes_on(
    open_page, sim, stack, address, limited
):
    before = await limited("handovers_per_address")
    for _ in range(2):
        page = await open_page(address)
        await page.is_handed_over(sim, stack)
    refused = await open_page(address)
    await refused.start()
    await refused.says(ASK_HUMAN)
    await refused.shows(FAILED)
    await refused.says(ASK_HOURS)
    assert all(STARTED not in str(each) for each in await refused.shows(HOURS))
    assert await limited("handovers_per_address") == before + 1
    assert stack.count(
        "SELECT count(*) FROM sessions WHERE sender_id = :sender AND state = 'failed'",
        sender=refused.sender,
    )


async def test_fresh_ids_on_rest_do_not_help_an_address(stack, http, sim, addresses, limited):
    """Whatever channel the sender claims: the route tells it."""
    before, address = await limited("handovers_per_address"), next(addresses)
    heard = []
    for fields in ({}, {"input_channel": "slack"}, {"input_channel": "webchat"}):
        user = RestUser(stack.rasa_url, http, address=address)
        heard.append(str(await user.gets(ASK_HUMAN, **fields)))
    assert [STARTED in each for each in heard] == [True, True, False]
    assert FAILED in heard[-1]
    assert await limited("handovers_per_address") == before + 1
    other = RestUser(stack.rasa_url, http, address=next(addresses))
    assert STARTED in " ".join(await other.says(ASK_HUMAN))


async def test_fresh_sessions_of_socketio_do_not_help_an_address(stack, addresses, limited):
    before, address = await limited("handovers_per_address"), next(addresses)
    for words in (STARTED, STARTED, FAILED):
        async with Page(stack.rasa_url, address=address) as page:
            await page.says(ASK_HUMAN)
            await hears(page.texts, words)
    assert await limited("handovers_per_address") == before + 1


async def test_handovers_of_a_connector_are_limited_on_every_channel(
    stack, http, sim, addresses, limited
):
    before = await limited("handovers_per_connector")
    heard = ""
    admitted = 0
    while FAILED not in heard:
        # The allowance comes back while it is used.
        assert admitted < 5 * LIMITS["handovers_per_connector"]
        user = RestUser(stack.rasa_url, http, workspace="wholesale", address=next(addresses))
        heard = " ".join(await user.says(ASK_HUMAN))
        admitted += STARTED in heard
    assert admitted >= LIMITS["handovers_per_connector"]
    assert await limited("handovers_per_connector") == before + 1
    assert HOURS in " ".join(await user.says(ASK_HOURS))


async def test_the_oldest_stream_of_a_conversation_is_closed(open_page, limited):
    page = await open_page()
    await page.start()
    before = await limited("streams")
    async with page.listens() as first, page.listens() as second:
        await first.until("none")
        await second.until("none")
        async with page.listens() as third:
            assert "too many windows" in (await first.until("text"))["data"]
            assert await asyncio.wait_for(first.content.read(), 20) == b""
            await page.says("Hello")
            await asyncio.gather(second.until("Hello"), third.until("Hello"))
    assert await limited("streams") == before + 1


async def test_streams_that_nobody_reads_do_not_pile_up(open_page, stack):
    page = await open_page()
    await page.start()
    connections = []
    for _ in range(60):
        answer = await page.http.get(f"{page.root}/events")
        connections.append(answer)

    async def is_over(answer):
        await asyncio.wait_for(answer.content.read(), 20)
        return True

    ended = await asyncio.gather(*map(is_over, connections[:-2]))
    assert all(ended)
    stream = EventStream(connections[-1].content)
    await page.says("Hello")
    await stream.until("Hello")
    for answer in connections:
        answer.close()


async def test_messages_that_wait_for_zendesk(open_page, sim, stack, limited):
    page = await open_page()
    conversation = await page.is_handed_over(sim, stack)
    await sim.add_fault("status", status=503, method="POST", path="*/messages")
    before = await limited("waiting_messages")
    unhandled = "SELECT count(*) FROM chat WHERE sender_id = :sender AND work IS NOT NULL"

    async def is_handled():
        return stack.count(unhandled, sender=page.sender) == 0

    for number in range(LIMITS["waiting_messages"] + 1):
        await page.says(f"message {number}")
        await until(is_handled)  # else it would wait for the bot, which has a limit, too
    await page.shows(NOT_PASSED_ON)
    assert await limited("waiting_messages") == before + 1
    await sim.clear_faults()
    await sim.wait_for_message(conversation, "message 4")
    await page.says("and on")
    await sim.wait_for_message(conversation, "and on")
    assert texts_of_user(await sim.messages(conversation)) == [
        *(f"message {number}" for number in range(5)),
        "and on",
    ]


async def test_messages_of_a_conversation_in_a_minute(open_page, limited):
    page, other = await open_page(), await open_page()
    await page.start()
    await other.start()
    before = await limited("messages_per_conversation")

    async def post(_number):
        body = {"id": str(uuid.uuid4()), "text": ASK_HOURS}
        async with page.http.post(f"{page.root}/messages", json=body) as answer:
            return answer.status, answer.headers.get("Retry-After"), await answer.json()

    answers = await asyncio.gather(*map(post, range(LIMITS["messages_per_conversation"] + 8)))
    refused = [(wait, body) for status, wait, body in answers if "at once" in str(body)]
    assert len(refused) in range(1, 9)  # the allowance comes back meanwhile
    assert all(int(wait) > 0 for wait, _body in refused)
    assert await limited("messages_per_conversation") == before + len(refused)
    await other.says(ASK_HOURS)
    await other.shows(HOURS)


async def test_messages_of_an_address_in_all_its_conversations(open_page, address, limited):
    pages = [await open_page(address) for _ in range(3)]
    before = await limited("messages_per_address")
    answers = []
    for page in pages:
        await page.start()
        body = {"id": str(uuid.uuid4()), "text": ASK_HOURS}  # sent again, and stored once
        for _ in range(60):
            async with page.http.post(f"{page.root}/messages", json=body) as answer:
                answers.append((answer.status, answer.headers.get("Retry-After")))
    refused = [wait for status, wait in answers if status == 429]
    assert refused and all(int(wait) > 0 for wait in refused)
    assert {status for status, _wait in answers} == {202, 429}
    assert await limited("messages_per_address") == before + len(refused)
    other = await open_page()
    await other.start()
    await other.says(ASK_HOURS)


async def test_uploads_that_do_not_end_take_no_place_of_others(
    open_page, sim, stack, server, limited
):
    """Two of one conversation at most, and three in all: an attacker's bodies arrive for ever."""
    page, other = await open_page(), await open_page()
    for each in (page, other):
        await each.is_handed_over(sim, stack)
    before = await limited("uploads_at_once")

    async def is_refused(of):
        # Without a file, so that nothing of what is asked here counts.
        form = aiohttp.FormData()
        form.add_field("words", "no file", content_type="text/plain")
        async with of.http.post(f"{of.root}/files", data=form) as answer:
            assert answer.status in {400, 429}, await answer.text()
            return answer.status == 429 and int(answer.headers["Retry-After"]) > 0

    async with AsyncExitStack() as uploads:
        for _ in range(2):
            await uploads.enter_async_context(unending_upload(server, page))
        assert await is_refused(page)
        assert not await is_refused(other)
        await uploads.enter_async_context(unending_upload(server, other))
        assert await is_refused(other)
        assert await limited("uploads_at_once") == before + 2

    async def is_taken():
        return not await is_refused(page)

    await until(is_taken)


@asynccontextmanager
async def unending_upload(server, page):
    """Hold a connection on which the server has begun to read a body."""
    cookie = next(iter(page.http.cookie_jar))
    lines = (
        *(f"Cookie: {cookie.key}={cookie.value}", "Content-Length: 100000"),
        *("Content-Type: multipart/form-data; boundary=x", "Expect: 100-continue"),
    )
    reader, writer = await asyncio.open_connection(*server)
    try:
        writer.write(post("/webhooks/webchat/files", *lines, body=b"--x\r\nContent-Disposition:"))
        answer = await asyncio.wait_for(reader.readline(), 30)
        assert answer.startswith(b"HTTP/1.1 100"), answer
        yield
    finally:
        writer.close()


async def test_messages_that_wait_for_the_bot(open_page, stack, limited):
    page = await open_page()
    await page.start()
    before = await limited("waiting_messages")

    async def post(number):
        body = {"id": str(uuid.uuid4()), "text": f"message {number}"}
        async with page.http.post(f"{page.root}/messages", json=body) as answer:
            return answer.status, answer.headers.get("Retry-After"), await answer.json()

    answers = await asyncio.gather(*(post(number) for number in range(60)))
    statuses = [status for status, _, _ in answers]
    assert set(statuses) == {202, 429}
    assert all(
        wait and "Wait a moment" in body["error"] for code, wait, body in answers if code == 429
    )
    assert await limited("waiting_messages") == before + statuses.count(429)
    waiting = "SELECT count(*) FROM chat WHERE sender_id = :sender AND work IS NOT NULL"

    async def is_handled():
        return stack.count(waiting, sender=page.sender) == 0

    await until(is_handled)
    assert (await post("later"))[0] == 202


async def test_files_of_a_conversation_and_one_that_is_known(open_page, sim, stack, limited):
    page = await open_page()
    conversation = await page.is_handed_over(sim, stack)
    ids = [str(uuid.uuid4()) for _ in range(LIMITS["upload_files"])]
    before = await limited("upload_files")
    for each in (*ids, *ids):
        await page.uploads(PNG, id=each)
    body = await page.uploads(PNG, id=str(uuid.uuid4()), status=429)
    assert body == {
        "error": "No more files can be sent in this chat.",
        "code": "limit",
        "limit": "upload_files",
    }
    assert await limited("upload_files") == before + 1
    stored = "SELECT count(*) FROM uploads WHERE sender_id = :sender"
    assert stack.count(stored, sender=page.sender) == len(ids)
    await page.says("done")
    await sim.wait_for_message(conversation, "done")
    kinds = [each["content"]["type"] for each in await sim.messages(conversation)]
    assert kinds.count("image") == len(ids)


async def test_bytes_of_a_conversation(open_page, sim, stack, limited):
    page = await open_page()
    await page.is_handed_over(sim, stack)
    before = await limited("upload_megabytes")
    large = PNG + bytes(16 * 1024 * 1024)
    await page.uploads(large)
    body = await page.uploads(large, status=429)
    assert "No more files of this size" in body["error"]
    assert await limited("upload_megabytes") == before + 1
    await page.uploads(PNG)


async def test_files_of_another_conversation_have_ids_of_their_own(open_page, sim, stack):
    """The id of a message is the page's: who knows another one's gets nothing of it."""
    first, second = await open_page(), await open_page()
    for page in (first, second):
        await page.is_handed_over(sim, stack)
    shared = str(uuid.uuid4())
    await first.uploads(PNG, id=shared)
    await second.uploads(PNG + b"another", id=shared)
    stored = "SELECT count(DISTINCT id) FROM uploads WHERE sender_id IN (:one, :two)"
    assert stack.count(stored, one=first.sender, two=second.sender) == 2


async def test_without_a_declared_proxy_the_peer_counts(stack):
    """The page of a visitor who is not behind the proxy: the header is not needed."""
    async with open_chat_page(stack.rasa_url) as page:
        answer = await page.start()
        assert answer.status == 201
