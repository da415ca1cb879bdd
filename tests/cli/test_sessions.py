"""The operator's commands, on both databases."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
import sqlalchemy as sa
import yaml
from typer.testing import CliRunner

from tests.support.store import inbox_entry
from zendesk_handoff.cli import app
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.schema import sessions

WRITTEN = "what-the-user-wrote"
NAMED = "the-users-name"


@pytest.fixture
def credentials(url, tmp_path):
    connector = {
        "subdomain": "your-company",
        "app_id": "5f0c",
        "key_id": "app_1",
        "key_secret": "k",
        "webhook_secret": "w" * 16,
    }
    block = {
        "public_url": "https://bot.example.com",
        "store_url": url,
        "connectors": {"support": connector},
    }
    file = tmp_path / "credentials.yml"
    file.write_text(yaml.safe_dump({"channels.ZendeskInput": block}))
    return file


@pytest.fixture
def run(credentials):
    def run(*arguments):
        return CliRunner().invoke(
            app, [*arguments], env={"ZENDESK_HANDOFF_CREDENTIALS": str(credentials)}
        )

    return run


def in_store(url, work):
    async def act():
        async with await open_store(url) as store:
            return await work(store)

    return asyncio.run(act())


async def begin(store, sender="user", *, workspace="default"):
    session = await store.sessions.request(
        sender,
        "support",
        workspace=workspace,
        channel="rest",
        reason=WRITTEN,
        summary=WRITTEN,
        profile={"givenName": NAMED},
    )
    return await store.sessions.connect(session.id)


async def nothing(_store):
    """Leave the store as it is made."""


async def begin_with_a_refusal(store):
    session = await begin(store)
    await store.outbox.add(session.id, [{"type": "text", "text": WRITTEN}] * 2)
    message = (await store.outbox.waiting(session.id))[0]
    await store.outbox.refuse([message], connector_id="support", error="the error", notice=None)
    await store.inbox.add([inbox_entry(session.id, body={"text": WRITTEN})])
    return session


def test_sessions_are_listed_without_what_was_written(run, url):
    session = in_store(url, begin_with_a_refusal)
    shown = run("sessions")
    assert shown.exit_code == 0, shown.output
    heading, row = shown.stdout.splitlines()
    assert row.split()[:4] == [session.id[:12], "support", "default", "waiting"]
    assert "the error" in row
    assert [name for name in ("to agent", "to user", "refused") if name in heading]
    for secret in (WRITTEN, NAMED):
        assert secret not in shown.output
        assert secret not in run("sessions", "--json").output


def test_foreign_values_have_no_effect_on_the_terminal(run, url):
    workspace = "[red]shop[/] \x1b[31m\x07"

    async def work(store):
        return await begin(store, workspace=workspace)

    session = in_store(url, work)
    _, row = run("sessions").stdout.splitlines()
    assert row.startswith(f"{session.id[:12]}  support    [red]shop[/] \\x1b[31m\\x07  waiting")
    assert json.loads(run("sessions", "--json").stdout)["workspace"] == workspace


def test_sessions_as_json_are_one_object_a_line(run, url):
    session = in_store(url, begin_with_a_refusal)
    [line] = run("sessions", "--json").stdout.splitlines()
    record = json.loads(line)
    assert record["id"] == session.id
    assert record["state"] == "waiting"
    waiting = ("waiting_to_agent", "waiting_to_user", "refused", "dead_letters", "error")
    assert [record[name] for name in waiting] == [1, 1, 1, 0, "the error"]


def test_limit_and_all_concern_ended_sessions(run, url):
    async def work(store):
        for number in range(3):
            session = await begin(store, f"over {number}")
            await store.sessions.end(session.id, EndReason.AGENT)
        await begin(store, "open")

    in_store(url, work)
    assert len(run("sessions", "--json", "--limit", "1").stdout.splitlines()) == 2
    assert len(run("sessions", "--json", "--limit", "0").stdout.splitlines()) == 1
    assert len(run("sessions", "--json", "--limit", "1", "--all").stdout.splitlines()) == 4
    assert "ended (agent)" in run("sessions").stdout


def test_an_empty_store_says_so(run, url):
    in_store(url, nothing)
    assert run("sessions").stdout == "There are no sessions.\n"
    assert run("sessions", "--json").stdout == ""


def test_a_session_for_which_no_event_has_come_says_so(run, url):
    async def work(store):
        session = await begin(store)
        long_ago = sa.update(sessions).values(connected_at=time.time() - 3700)
        await store.database.write(lambda connection: connection.execute(long_ago).rowcount)
        await begin(store, "another")
        return session

    session = in_store(url, work)
    asked = "no event for 1 h 1 min: is the webhook reachable at https://bot.example.com/api/v1/"
    rows = [row for row in run("sessions").stdout.splitlines() if asked in row]
    assert len(rows) == 1 and session.id[:12] in rows[0]
    records = [json.loads(line) for line in run("sessions", "--json").stdout.splitlines()]
    since = {each["id"]: each["no_event_since"] for each in records}
    assert since[session.id] < time.time() - 3600 < min(set(since.values()) - {since[session.id]})

    async def hear(store):
        await store.events_heard.record([session.id], at=time.time())

    in_store(url, hear)
    assert asked not in run("sessions").stdout


def test_retry_sends_refused_messages_again(run, url):
    session = in_store(url, begin_with_a_refusal)
    done = run("retry", session.id[:10].upper())
    assert done.exit_code == 0
    assert "1 message to be sent again" in done.stdout
    assert json.loads(run("sessions", "--json").stdout)["waiting_to_agent"] == 2


def test_retry_of_a_session_that_never_reached_the_agents(run, url):
    async def work(store):
        session = await store.sessions.request(
            "u", "support", workspace="w", channel="c", reason="", summary="", profile={}
        )
        return await store.sessions.fail(session.id)

    done = run("retry", in_store(url, work).id)
    assert done.exit_code == 1
    assert "never reached the agents" in done.stderr


def test_end_puts_the_closing_note_after_the_last_message(run, url):
    session = in_store(url, begin)
    done = run("end", session.id[:10])
    assert done.exit_code == 0, done.output

    async def look(store):
        (note,) = await store.outbox.waiting(session.id)
        return await store.sessions.get(session.id), note.body

    ended, note = in_store(url, look)
    assert (ended.state, ended.end_reason, ended.end_notified) == (State.ENDED, "operator", False)
    assert note == {"type": "closing_note", "reason": "operator"}
    again = run("end", session.id)
    assert again.exit_code == 1
    assert "is over: ended (operator)" in again.stderr


@pytest.mark.parametrize("command", ["retry", "end"])
def test_an_unknown_session_is_reported(run, url, command):
    in_store(url, nothing)
    done = run(command, "abcdef")
    assert done.exit_code == 1
    assert "No session begins with 'abcdef'" in done.stderr
    assert "sessions --all" in done.stderr


def test_an_ambiguous_beginning_is_reported(run, url):
    async def work(store):
        return [(await begin(store, f"user {number}")).id[0] for number in range(17)]

    firsts = in_store(url, work)
    twice = next(each for each in firsts if firsts.count(each) > 1)
    done = run("end", twice)
    assert done.exit_code == 1
    assert "give more of its id" in done.stderr


def test_purge_prints_what_it_deleted(run, url):
    async def work(store):
        session = await begin(store)
        await store.sessions.end(session.id, EndReason.AGENT)
        await store.sessions.mark_end_notified(session.id)

    in_store(url, work)
    assert "sessions: 0" in run("purge", "--older-than", "1").stdout
    assert "sessions: 1" in run("purge", "--older-than", "0").stdout
    assert run("purge").exit_code == 2, "how old must be said"


def test_an_unavailable_store_is_reported(run, credentials):
    text = credentials.read_text()
    block = yaml.safe_load(text)
    block["channels.ZendeskInput"]["store_url"] = "sqlite:////no/such/folder/store.db"
    credentials.write_text(yaml.safe_dump(block))
    done = run("sessions")
    assert done.exit_code == 1
    assert "The store sqlite:////no/such/folder/store.db does not exist" in done.stderr
