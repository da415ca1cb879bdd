"""Requests that no Rasa server with the plugin can serve: an honest answer, and the bot goes on."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, FAILED, HOURS, STARTED
from tests.support.recovery import sim_conversations
from tests.support.servers import MODEL, Stack
from tests.support.users import RestUser


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A server with the plugin, and one beside it without: as ``rasa shell`` is."""
    with Stack(tmp_path_factory.mktemp("unserved")) as servers:
        servers.start_without_plugin()
        yield servers


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """An action server whose store is another one than the Rasa server's."""
    folder = tmp_path_factory.mktemp("elsewhere")
    other = f"sqlite:///{folder / 'other.db'}"
    with Stack(folder, actions_settings={"store_url": other}) as servers:
        yield servers


@pytest.fixture
def without_plugin(stack, http):
    return RestUser(stack.url_without_plugin, http)


def sessions_of(database, user):
    connection = sqlite3.connect(database)
    query = "SELECT state, end_notified, finalized FROM sessions WHERE sender_id = ?"
    found = connection.execute(query, (user.sender,)).fetchall()
    connection.close()
    return found


async def is_refused_honestly(user, log, database):
    """Ask for a human, and check what the user hears and what the log says."""
    before = log.stat().st_size
    replies = await user.says(ASK_HUMAN)
    assert any(FAILED in text for text in replies)
    assert not any(STARTED in text for text in replies)
    assert await user.slot("handoff_status") == "failed"
    assert any(HOURS in text for text in await user.says(ASK_HOURS)), "the bot goes on"
    lines = log.read_text()[before:].splitlines()
    [line] = [each for each in lines if "handoff.session.failed" in each]
    assert f"sqlite:///{database}" in line
    assert "zendesk_handoff.channels.ZendeskInput" in line
    assert sessions_of(database, user) == [("failed", 1, 1)]


async def test_a_server_without_the_plugin_beside_one_with_it(stack, sim, without_plugin, http):
    log = stack.processes["actions"].log
    await is_refused_honestly(without_plugin, log, stack.folder / "handoff.db")
    # The same sender at the server with the plugin: what was withdrawn is not opened there.
    served = RestUser(stack.rasa_url, http, sender=without_plugin.sender)
    assert any(HOURS in text for text in await served.says(ASK_HOURS))
    assert await sim_conversations(sim, without_plugin) == []
    assert any(STARTED in text for text in await served.says(ASK_HUMAN)), "there it works"
    assert len(await sim_conversations(sim, without_plugin)) == 1


async def test_the_server_with_the_plugin_is_not_taken_for_the_users(stack, sim, without_plugin):
    """It is at work for another user of the same store meanwhile."""
    busy = RestUser(stack.rasa_url, without_plugin.http)
    replies, others = await asyncio.gather(without_plugin.says(ASK_HUMAN), busy.says(ASK_HUMAN))
    assert any(FAILED in text for text in replies)
    assert any(STARTED in text for text in others)
    assert await sim_conversations(sim, without_plugin) == []


async def test_the_check_finds_two_stores_before_a_user_does(elsewhere):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "zendesk_handoff.cli", "check", "--json"),
        *("--credentials", str(elsewhere.folder / "credentials.yml"), "--model", str(MODEL)),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 1
    found = [json.loads(line) for line in output.splitlines()]
    [same] = [each for each in found if each["check"] == "same store"]
    assert same["outcome"] == "error"
    assert f"sqlite:///{elsewhere.folder}/handoff.db" in same["cause"]
    assert [each["check"] for each in found if each["outcome"] == "error"] == ["same store"]


async def test_two_stores(elsewhere, http):
    user = RestUser(elsewhere.rasa_url, http)
    log = elsewhere.processes["actions"].log
    await is_refused_honestly(user, log, elsewhere.folder / "other.db")
    assert sessions_of(elsewhere.folder / "handoff.db", user) == []
