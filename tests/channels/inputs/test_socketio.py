"""Socket.IO in place of Rasa's: rooms, namespaces, and what a page may send."""

from __future__ import annotations

import gc
from types import SimpleNamespace

import pytest
from rasa.core.channels import socketio as rasas

from tests.support.channel_server import serving
from tests.support.names import SENDERS, TEXTS
from tests.support.platforms.socketio import Page
from tests.support.waiting import until
from zendesk_handoff.channels import SocketIOInput
from zendesk_handoff.channels.adapters.socketio import SocketIOAdapter
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.channel_output import ChannelOutput


class Server:
    """A channel on a server, with its adapter."""

    def __init__(self, channel):
        self.channel, self.got, self.back, self.error = channel, [], [], None
        self.adapter = SocketIOAdapter(channel)

    async def take(self, message):
        self.got.append(message)
        if self.error:
            raise self.error

    async def user_is_back(self, channel, sender_id):
        self.back.append((channel, sender_id))
        if self.error:
            raise self.error

    def output(self):
        return ChannelOutput(self.adapter, "socketio", {})

    async def has_got(self, count):
        async def look():
            return len(self.got) >= count

        await until(look)
        return self.got[-1]


async def run(kind, **settings):
    made = Server(kind.from_credentials(settings))
    runtime = SimpleNamespace(user_is_back=made.user_is_back)
    async with serving(made.channel, made.take, zendesk_handoff=runtime) as url:
        made.url = url
        yield made


@pytest.fixture(params=[None, "/shop"])
async def server(request):
    async for each in run(SocketIOInput, session_persistence=True, namespace=request.param):
        each.namespace = request.param or "/"
        yield each


@pytest.fixture
async def rasas_server():
    async for each in run(rasas.SocketIOInput, session_persistence=True):
        yield each


@pytest.fixture
async def forgetful():
    async for each in run(SocketIOInput):
        yield each


async def hears(page, count=1):
    async def look():
        return len(page.heard) >= count

    await until(look)
    return page.heard


@pytest.mark.parametrize("sender", SENDERS, ids=range(len(SENDERS)))
async def test_a_page_hears_what_is_sent_to_its_session(server, sender):
    async with Page(server.url, session=sender, namespace=server.namespace) as page:
        assert page.confirmed == [sender]
        for text in TEXTS:
            await server.output().send_response(sender, {"text": text})
        assert [each["text"] for each in await hears(page, len(TEXTS))] == list(TEXTS)
        await server.output().send_response(
            sender,
            {
                "text": "two\n\nparagraphs",
                "buttons": [{"title": "Yes", "payload": "/affirm"}],
                "image": "https://x.example/a.png",
                "attachment": "https://x.example/a.pdf",
            },
        )
        assert (await hears(page, len(TEXTS) + 3))[len(TEXTS) :] == [
            {
                "text": "two\n\nparagraphs",
                "quick_replies": [{"content_type": "text", "title": "Yes", "payload": "/affirm"}],
            },
            {"attachment": {"type": "image", "payload": {"src": "https://x.example/a.png"}}},
            {"text": "https://x.example/a.pdf"},
        ]
        await page.says("hello", metadata={"workspace": "shop"})
        message = await server.has_got(1)
        assert (message.sender_id, message.text) == (sender, "hello")
        assert message.metadata == {"workspace": "shop"}


async def test_a_room_without_a_page_has_taken_nothing(server):
    output = server.output()
    with pytest.raises(NotDelivered) as caught:
        await output.send_response("nobody", {"text": "hello"})
    assert caught.value.may_repeat
    async with Page(server.url, namespace=server.namespace) as page:
        await output.send_response(page.session, {"text": "here"})
        await hears(page)
        assert not output.is_confirmed, "pages confirm nothing"

    async def is_gone():
        return not server.adapter.is_present(page.session, {})

    await until(is_gone)
    with pytest.raises(NotDelivered):
        await output.send_response(page.session, {"text": "there?"})


async def test_a_page_that_comes_back_is_told_of(server):
    async with Page(server.url, session="a", namespace=server.namespace):
        pass
    server.error = ConnectionError("the store is down")
    async with Page(server.url, session="b", namespace=server.namespace) as page:
        await page.request_session({"session_id": "c"})

    async def told():
        return server.back == [("socketio", each) for each in "abc"]

    await until(told)


async def test_a_page_may_write_before_it_asks_for_its_session(server):
    page = Page(server.url, namespace=server.namespace)
    await page.connect()
    await page.says("hello")
    message = await server.has_got(1)
    await message.output_channel.send_text_message(page.session, "of the bot")
    assert (await hears(page))[0] == {"text": "of the bot"}
    await page.__aexit__()


async def test_another_pages_socket_is_no_session(server):
    async with (
        Page(server.url, namespace=server.namespace) as victim,
        Page(server.url, namespace=server.namespace) as thief,
    ):
        given = await thief.request_session({"session_id": victim.socket})
        assert given != victim.socket
        await thief.says("hello", session_id=victim.socket)
        await thief.says("my own")
        assert (await server.has_got(1)).text == "my own"
        await victim.request_session({"session_id": "private"})
        await thief.says("again")
        await server.has_got(2)
        assert "private" not in thief.confirmed


@pytest.mark.parametrize("data", [None, {}, {"session_id": None}, {"session_id": ""}, [], "x"])
async def test_a_page_without_a_session_gets_one(server, data):
    page = Page(server.url, namespace=server.namespace)
    await page.connect()
    assert len(await page.request_session(data)) == 32
    await page.__aexit__()


async def test_what_a_page_sends_raises_nothing(server):
    async with Page(server.url, namespace=server.namespace) as page:
        await page.emits("without a session")
        await page.emits({"message": "lost", "session_id": ["a"]})
        await page.says(5)
        assert (await server.has_got(1)).text == ""
        await page.says("text", metadata="{")
        assert (await server.has_got(2)).metadata == {}
        await page.says("text", metadata='{"a": 1}')
        assert (await server.has_got(3)).metadata == {"a": 1}


async def test_without_persistence_the_socket_is_the_user(forgetful):
    async with Page(forgetful.url) as page:
        await page.says("hello")
        message = await forgetful.has_got(1)
        assert message.sender_id == page.socket
        await forgetful.output().send_response(page.socket, {"text": "hello too"})
        await hears(page)
    assert forgetful.back == []
    assert "after a reload" in " ".join(forgetful.adapter.limitations())


async def test_rasas_channel_has_nobody_in_its_rooms(rasas_server):
    with pytest.warns(RuntimeWarning, match="enter_room"):
        async with Page(rasas_server.url) as page:
            with pytest.raises(NotDelivered):
                await rasas_server.output().send_response(page.session, {"text": "hello"})
    assert "zendesk_handoff.channels.SocketIOInput" in " ".join(rasas_server.adapter.limitations())


async def test_ours_has_no_limitations(server):
    assert server.adapter.limitations() == []


async def test_a_channel_that_is_not_open_takes_nothing():
    adapter = SocketIOAdapter(SocketIOInput.from_credentials({}))
    assert not await adapter.is_ready()
    assert not adapter.is_present("a", {})
    with pytest.raises(NotDelivered):
        await adapter.send("a", {}, {"text": "hello"}, key="")
    assert adapter.channel.get_output_channel() is None


async def test_an_error_with_a_message_quotes_nobody(server, caplog):
    """Nor does it end the library's task, of which asyncio would log the traceback."""
    server.error = ValueError("quotes the user")
    async with Page(server.url, namespace=server.namespace) as page:
        await page.says("hello")
        await server.has_got(1)
        server.error = None
        await page.says("again")
        await server.has_got(2)
    gc.collect()
    assert "handoff.socketio.not_handled" in caplog.text
    assert "quotes the user" not in caplog.text
