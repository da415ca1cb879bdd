"""A handover through Rasa's HTTP server, the action server and the simulator, without a model."""

from __future__ import annotations

import os
import subprocess
import sys

import aiohttp
import pytest

from tests.support import webchat
from tests.support.names import TEXTS
from tests.support.servers import ROOT, EngineStack, free_port
from tests.support.users import hand_over, texts_of_user
from tools.processes import QUIET

STARTED, ENDED = "An agent will be with you.", "The agent has left."


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with EngineStack(tmp_path_factory.mktemp("engine")) as servers:
        yield servers


async def test_a_session_opens_ends_and_returns(stack, sim, user):
    assert await user.says("hi") == ["bot: hi"]
    session = await hand_over(user, sim=sim, stack=stack)
    assert STARTED in session.replies
    for text in TEXTS:
        assert await user.says(text) == []
    assert await user.says("the last one") == []
    await sim.wait_for_message(session.conversation, "the last one")
    await sim.agent_text(session.conversation, "We open at nine.", agent="Ana")
    await user.hears("Ana: We open at nine.")
    written = texts_of_user(await sim.messages(session.conversation))
    assert {TEXTS[0], "the last one"} <= set(written)
    await sim.end_session(session.conversation)
    await user.hears(ENDED)
    assert await user.says("thanks") == ["bot: thanks"]
    second = await hand_over(user, sim=sim, stack=stack)
    assert second.conversation != session.conversation


async def test_the_chat_page(stack):
    async with webchat.open_chat_page(stack.rasa_url) as page:
        await page.start()
        await page.says("hi")
        await page.shows("bot: hi")
        await page.says("a human please")
        await page.shows(STARTED)


async def test_the_webhook_verifies_its_key(stack):
    url = f"{stack.rasa_url}/api/v1/connectors/support/webhook"
    async with aiohttp.ClientSession() as http:
        async with http.post(url, json={}, headers={"X-API-Key": "wrong"}) as answer:
            assert answer.status == 401
        async with http.head(url) as answer:
            assert answer.status == 200
        async with http.post(f"{stack.rasa_url}/webhooks/zendesk/nobody/webhook") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    ("processor", "sentence"),
    [
        ("BypassingProcessor", "BypassingProcessor.handle_message is not zendesk-handoff's"),
        ("MantleProcessor", "runs on Rasa's engine Mantle (agent.yml), which cannot be paused"),
    ],
)
def test_a_server_whose_bot_would_hear_the_agents_messages_does_not_start(
    stack, tmp_path, processor, sentence
):
    command = [sys.executable, "-m", "tests.support.bot_server", str(free_port())]
    files = [str(stack.folder / each) for each in ("credentials.yml", "endpoints.yml")]
    done = subprocess.run(
        [*command, *files, "--processor", f"tests.support.engine.{processor}"],
        cwd=ROOT,
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        start_new_session=True,
    )
    said = done.stdout + done.stderr
    assert sentence in said
    assert "handoff.server.ready" not in said
    assert done.returncode != 0
