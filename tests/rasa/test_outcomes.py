"""Outcomes that platforms report, or are asked for, on both databases."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from tests.support.store import inbox_entry
from tests.support.zendesk import begin
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa import outcomes
from zendesk_handoff.rasa.adapter import ChannelAdapter, Outcome
from zendesk_handoff.rasa.channels import Channels
from zendesk_handoff.rasa.outcomes import Outcomes
from zendesk_handoff.store.engine.schema import deliveries, outbox, pending_messages

PICTURE = {"text": "your label", "image": "https://x.example/label.png"}
CLOSED = Outcome(is_delivered=False, reason="the window is closed")


class Adapter(ChannelAdapter):
    def __init__(self):
        super().__init__(None)
        self.known, self.asked = {}, []

    async def outcome(self, reference):
        self.asked.append(reference)
        found = self.known.get(reference)
        if isinstance(found, BaseException):
            raise found
        return found


class Channel:
    def __init__(self):
        self.handoff_adapter = self.adapter
        self.made = Adapter()

    def adapter(self):
        return self.made

    @classmethod
    def name(cls):
        return "later"


@pytest.fixture
def channel(monkeypatch):
    monkeypatch.setattr(outcomes, "_ASK_AFTER", -1.0)
    return Channel()


@pytest.fixture
def settling(store, channel):
    app = SimpleNamespace(ctx=SimpleNamespace(input_channels=[channel]))
    return Outcomes(store, Channels(app))


async def send(store, *references):
    session = await begin(store)
    await store.inbox.add([inbox_entry(session.id, message_id="m1")])
    (event,) = await store.inbox.waiting(session.id)
    for number, each in enumerate(references):
        await store.deliveries.record(
            *(session.id, "k", number),
            channel="later",
            body=PICTURE,
            event_id=event.id,
            reference=each,
        )
    return session


async def states(store):
    rows = await store.database.rows(select(deliveries.c.reference, deliveries.c.state))
    return dict(tuple(each) for each in rows)


async def test_what_is_not_reported_is_asked_for(store, settling, channel):
    await send(store, "a", "b", "c", "d", "e")
    channel.made.known = {
        "a": Outcome(is_delivered=True),
        "b": CLOSED,
        "c": NotDelivered("busy", may_repeat=True),
        "d": SystemExit(),
    }
    await settling.ask()
    assert sorted(channel.made.asked) == ["a", "b", "c", "d", "e"]
    assert await states(store) == {
        "a": "delivered",
        "b": "failed",
        "c": "taken",
        "d": "taken",
        "e": "taken",
    }
    await settling.ask()
    assert len(channel.made.asked) == 5, "asked again after a pause"


async def test_old_messages_do_not_hold_up_others(store, settling, channel, monkeypatch):
    monkeypatch.setattr(outcomes, "_BATCH", 2)
    await send(store, *"abcde")
    for _ in range(3):
        await settling.ask()
    assert sorted(channel.made.asked) == list("abcde")


async def test_what_is_too_old_stays_unknown(store, settling, channel, monkeypatch):
    monkeypatch.setattr(outcomes, "_GIVE_UP_AFTER", -1.0)
    await send(store, "a")
    await settling.ask()
    assert channel.made.asked == []
    assert await states(store) == {"a": "taken"}


@pytest.mark.parametrize("as_words", [False, True])
async def test_a_late_refusal_is_told_once_and_waits(store, settling, as_words):
    await send(store, "a")
    outcome = Outcome(is_delivered=False, reason="the window is closed", in_words=as_words)
    await settling.settle("later", "a", outcome)
    await settling.settle("later", "a", outcome)
    await settling.settle("later", "a", Outcome(is_delivered=True))
    await settling.settle("later", "unknown", outcome)
    await settling.settle("another", "a", outcome)
    [note] = await store.database.rows(select(outbox.c.body))
    assert note.body == {"type": "not_delivered", "reason": "the window is closed"}
    [waiting] = await store.database.rows(select(pending_messages.c.body))
    if as_words:
        assert set(waiting.body) == {"text"}
        assert "https://x.example/label.png" in waiting.body["text"]
    else:
        assert waiting.body == PICTURE


def test_only_public_addresses_get_reports(channel):
    app = SimpleNamespace(ctx=SimpleNamespace(input_channels=[channel]))
    found = Channels(app, public_url="https://bot.example.com").adapter("later")
    assert found.report_url == "https://bot.example.com/webhooks/zendesk/reports/later"
    channel.made = Adapter()
    assert Channels(app, public_url="http://127.0.0.1:5005").adapter("later").report_url == ""
