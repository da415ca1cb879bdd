"""The adapter of ``callback``: an answer's status tells, whatever becomes of its body."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rasa.utils.endpoints import EndpointConfig

from zendesk_handoff.channels.adapters import callback
from zendesk_handoff.channels.adapters.callback import CallbackAdapter
from zendesk_handoff.errors import NotDelivered


@pytest.fixture
async def receiver():
    """Answers with a status, and with a body that may never end."""
    made = SimpleNamespace(status=200, body=b"taken", is_open=False, heard=[])
    done = asyncio.Event()

    async def hear(request):
        made.heard.append(await request.json())
        response = web.StreamResponse(status=made.status)
        await response.prepare(request)
        await response.write(made.body)
        if made.is_open:
            await done.wait()
        return response

    app = web.Application()
    app.router.add_post("/", hear)
    async with TestServer(app) as server:
        channel = SimpleNamespace(callback_endpoint=EndpointConfig(str(server.make_url("/"))))
        made.adapter = CallbackAdapter(channel)
        yield made
        done.set()


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("status", [200, 202])
async def test_a_body_that_does_not_end_keeps_no_message(receiver, monkeypatch, status, is_open):
    monkeypatch.setattr(callback, "_BODY_TIMEOUT", 0.05)
    receiver.status, receiver.is_open = status, is_open
    await asyncio.wait_for(receiver.adapter.send("u", {}, {"text": "hello"}, key="k"), 5)
    assert receiver.heard == [{"recipient_id": "u", "text": "hello"}]


async def test_another_status_is_a_refusal(receiver):
    receiver.status = 400
    with pytest.raises(NotDelivered) as caught:
        await receiver.adapter.send("u", {}, {"text": "hello"}, key="k")
    assert not caught.value.may_repeat
