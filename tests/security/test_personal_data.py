"""A person's data: exported whole, forgotten whole, erased with Zendesk's, kept no longer."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from tests.support.bot_texts import ASK_HOURS, ENDED, HOURS
from tests.support.store import inbox_entry, request_session, store_upload
from tests.support.waiting import until
from tests.support.webchat import PNG
from tests.support.webhooks import agent_event, post_events
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.store.engine.schema import metadata, outbox, sessions

WORDS = "a-word-of-the-users"
ANSWER = "a-word-of-the-agents"


def holds(stack, *words):
    """List the tables whose rows have one of the words in them."""
    found = set()
    engine = sa.create_engine(stack.store_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                if any(word in str(tuple(row)) for word in words):
                    found.add(table.name)
    return found


@pytest.fixture
async def talked(page, sim, stack):
    """A page's user who has sent words and a file to an agent, and got an answer."""
    conversation = await page.is_handed_over(sim, stack)
    await page.says(WORDS)
    await page.uploads(PNG)
    await sim.wait_for_message(conversation, WORDS)
    await sim.agent_text(conversation, ANSWER)
    await page.shows(ANSWER)

    async def sent():
        posted = await sim.messages(conversation)
        return any("mediaUrl" in each["content"] for each in posted)

    await until(sent)
    return conversation


async def ask(stack, *arguments, answer=""):
    # In a thread, as uvloop raises where a program ends without reading its input.
    done = await asyncio.to_thread(
        subprocess.run,
        [
            *(sys.executable, "-m", "zendesk_handoff.cli", *arguments),
            *("--credentials", str(stack.folder / "credentials.yml")),
        ],
        input=answer,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


async def has_none(stack, sender, word):
    """Tell whether a page's history has no word any more."""
    query = "SELECT count(*) FROM chat WHERE sender_id = :sender AND CAST(body AS TEXT) LIKE :word"
    return stack.count(query, sender=sender, word=f"%{word}%") == 0


async def last_item(page):
    """Return the id of the last item that an open page has."""
    async with page.listens() as stream:
        await stream.until(ANSWER)
        return max(stream.entries)


async def is_over(stack, sender):
    query = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND NOT end_notified"

    async def over():
        return stack.count(query, sender=sender) == 0

    await until(over)


async def test_export_and_forget(talked, page, sim, stack, command):
    assert holds(stack, WORDS) == {"outbox", "chat"}
    exported = json.loads(await command("export", page.sender))["tables"]
    assert {"sessions", "outbox", "inbox", "chat", "uploads"} <= set(exported)
    text = json.dumps(exported)
    assert WORDS in text and ANSWER in text and "jo@example.com" in text
    assert "bGUgcGljdHVyZQ==" in text or "iVBORw0KGgph" in text, "the file, in base64"
    tokens = [row["media_token"] for row in exported["inbox"] if "media_token" in row]
    assert tokens == []

    code, output = await ask(stack, "forget", page.sender, "--zendesk", "--yes")
    assert code == 1 and "still open" in output
    assert holds(stack, WORDS), "nothing is deleted while it is open"
    session = exported["sessions"][0]["id"]
    await command("end", session)
    await is_over(stack, page.sender)
    code, output = await ask(stack, "forget", page.sender, "--zendesk", answer="n\n")
    assert code == 1 and holds(stack, WORDS), "a 'no' deletes nothing"

    code, output = await ask(stack, "forget", page.sender, "--zendesk", answer="y\n")
    assert code == 0, output
    assert "users at Zendesk (support): 1" in output
    assert holds(stack, WORDS, ANSWER, page.sender, session) == set()
    assert json.loads(await command("export", page.sender))["tables"] == {}
    found = await sim.conversations(stack.connectors["support"]["app_id"])
    assert talked not in [each["id"] for each in found]
    assert (await ask(stack, "forget", page.sender, "--yes"))[0] == 0, "repeated"


@pytest.mark.parametrize("what", ["conversation", "user"])
async def test_what_zendesk_removes_is_erased_and_the_user_told(
    talked, page, sim, stack, http, what
):
    remove = sim.delete_conversation if what == "conversation" else sim.remove_user
    async with page.listens(after=await last_item(page)) as stream:
        await remove(talked)
        await stream.until(ENDED)
    await is_over(stack, page.sender)
    assert holds(stack, WORDS, ANSWER, talked) == set()
    if what == "user":  # reported after the conversations
        await until(lambda: has_none(stack, page.sender, "jo@example.com"))
    uploaded = "SELECT count(*) FROM uploads WHERE sender_id = :sender"
    assert stack.count(uploaded, sender=page.sender) == 0

    gone = {"type": "personal", "id": talked}
    again = {"id": "7" * 24, "type": "conversation:remove", "payload": {"conversation": gone}}
    assert await post_events(http, stack, agent_event(talked, "too late"), again) == 200
    assert await post_events(http, stack, again) == 200
    assert holds(stack, "too late") == set()
    await page.says(ASK_HOURS)
    shown = await page.shows(HOURS)
    assert sum(ENDED in str(each) for each in shown) == 1


async def test_a_removal_leaves_other_peoples_data_alone(talked, page, stack, http):
    other = {"id": "5" * 24, "type": "personal"}
    events = [
        {"id": "8" * 24, "type": "conversation:remove", "payload": {"conversation": other}},
        {"id": "9" * 24, "type": "user:remove", "payload": {"user": {"id": "4" * 24}}},
        {"id": "3" * 24, "type": "user:remove", "payload": {"user": {"id": ""}}},
        {"id": "2" * 24, "type": "user:remove", "payload": {"user": None}},
        {"id": "1" * 24, "type": "user:remove", "payload": {}},
    ]
    assert await post_events(http, stack, *events) == 200
    assert await post_events(http, stack, *events, connector="wholesale") == 200
    removed = {"conversation": {"id": talked, "type": "personal"}}
    mine = {"id": "a" * 24, "type": "conversation:remove", "payload": removed}
    assert await post_events(http, stack, mine, connector="wholesale") == 200
    assert holds(stack, WORDS) == {"outbox", "chat"}


async def finished(store, sender, *, delivered=True):
    session = await request_session(store, sender, conversation=f"c-{sender}", connected=True)
    await store.inbox.add([inbox_entry(session.id, f"e-{sender}", f"m-{sender}")])
    if delivered:
        for each in await store.inbox.waiting(session.id):
            await store.inbox.finish(each)
    await store.sessions.end(session.id, EndReason.AGENT)
    return await store.sessions.mark_end_notified(session.id)


async def test_retention_keeps_what_has_not_arrived(store):
    later = time.time() + 1
    gone = await finished(store, "gone")
    undelivered = await finished(store, "undelivered", delivered=False)
    still_open = await request_session(store, "open", connected=True)
    unsent = await finished(store, "unsent")
    row = {"session_id": unsent.id, "marker": "x", "body": {"type": "text"}, "created_at": 1.0}
    await store.database.write(
        lambda connection: connection.execute(sa.insert(outbox).values(row)).rowcount
    )
    await store_upload(store, "unsent", PNG)
    await store.pending.add("away", {"text": "pending"})
    await store.chat.add("asked", {"role": "user"}, work={"text": "unanswered"})
    await store_upload(store, "asked", PNG)
    purged = await store.maintenance.purge_delivered(older_than=later)
    assert (purged.sessions, purged.chat, purged.uploads, purged.pending_messages) == (1, 0, 0, 0)
    assert await store.sessions.get(gone.id) is None
    for kept in (undelivered, still_open, unsent):
        assert await store.sessions.get(kept.id) is not None
    assert (await store.maintenance.purge_delivered(older_than=0.0)).sessions == 0


async def test_an_erased_session_goes_once_its_user_was_told(store):
    session = await request_session(store, "user", conversation="c1", connected=True)
    await store.inbox.add([inbox_entry(session.id, "e1", "m1")])
    await store.outbox.add(session.id, [{"type": "text", "text": "never sent"}])
    assert await store.personal_data.erase_removed("wholesale", conversation_ids=["c1"]) == []
    for expected in ([session.id], []):
        erased = await store.personal_data.erase_removed("support", conversation_ids=["c1"])
        assert erased == expected
    left = await store.sessions.get(session.id)
    assert (left.state, left.end_reason) == (State.ENDED, "conversation_removed")
    assert (left.summary, left.reason, left.user_id, left.agent_name) == ("", "", None, None)
    assert await store.inbox.messages(session.id) == []
    assert [each.body["text"] for each in await store.outbox.waiting(session.id)] == ["never sent"]
    late = inbox_entry("", "e2", "m2")
    assert await store.inbox.add([late]) == []
    assert (await store.maintenance.purge_delivered(older_than=0.0)).sessions == 0
    await store.sessions.mark_end_notified(session.id)
    assert (await store.maintenance.purge_delivered(older_than=0.0)).sessions == 1
    await store.sessions.finalize(session.id)


async def test_a_session_that_is_over_is_erased_at_once(store):
    session = await finished(store, "user")
    erased = await store.personal_data.erase_removed("support", conversation_ids=["c-user"])
    assert erased == [session.id]
    assert await store.sessions.get(session.id) is None
    assert await store.personal_data.export("user") == {}


async def test_every_table_with_personal_data_is_exported_and_forgotten(store):
    # Random ids of test conversations are nobody's, and so is a count of a day's users.
    of_nobody = {"alembic_version", "probes", "daily_users"}
    assert {table.name for table in metadata.sorted_tables if table.name not in of_nobody} == {
        table.name
        for table in metadata.sorted_tables
        if {"sender_id", "session_id"} & set(table.c.keys()) or table is sessions
    }
    session = await request_session(store, "user", connected=True)
    with pytest.raises(HandoffError, match="still open"):
        await store.personal_data.forget("user")
    await store.sessions.end(session.id, EndReason.AGENT)
    with pytest.raises(HandoffError, match="does not know yet"):
        await store.personal_data.forget("user")
    await store.sessions.mark_end_notified(session.id)
    await store.pending.add("user", {"text": "pending"})
    await finished(store, "another")
    assert (await store.personal_data.forget("user"))["pending_messages"] == 1
    assert await store.personal_data.export("user") == {}
    assert set(await store.personal_data.export("another")) == {"sessions", "inbox"}
