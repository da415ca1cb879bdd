"""What a bot learns from the agents: a line in a slot, which the next Rasa session keeps."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SessionStarted, UserUttered

from tests.support.store import inbox_entry
from tests.support.trackers import Processor
from tests.support.workers import RecordingBot, settings
from tests.support.zendesk import begin
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.rasa.compat import InMemoryTrackerStore
from zendesk_handoff.rasa.session_end import notify_end, restart_session
from zendesk_handoff.rasa.trackers import open_tracker

SLOT = "handoff_outcome"
ANSWER = "I have ordered a replacement, it arrives on Tuesday."


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


def domain(*, slots=(SLOT,), keeps=True):
    return Domain.from_dict(
        {
            "slots": {each: {"type": "text", "mappings": [{"type": "custom"}]} for each in slots},
            "session_config": {"carry_over_slots_to_new_session": keeps},
        }
    )


class Bot(RecordingBot):
    """A bot with a real tracker, and a domain of its own."""

    def __init__(self, found):
        super().__init__()
        self.processor = Processor(InMemoryTrackerStore(found))
        self.processor.domain = found

    def open_tracker(self, sender_id):
        return open_tracker(self.processor, sender_id)

    async def slot(self, sender_id):
        async with self.open_tracker(sender_id) as tracker:
            slot = tracker.tracker.slots.get(SLOT)
            return slot and slot.value


async def talk(store, bot, *said, learn="summary", reason=EndReason.AGENT, **values):
    """Let an agent say something, end the session, and notify the user."""
    session = await begin(store)
    async with bot.open_tracker(session.sender_id) as tracker:
        events = [SessionStarted(), UserUttered("a person please")]
        tracker.tracker.update_with_events(events, bot.processor.domain)
        await tracker.save(events)
    await store.sessions.connect(session.id)
    for number, (agent, text) in enumerate(said):
        message = asdict(AgentMessage("m", "Ana Smith", agent, "text", text))
        names = (f"{session.id[:8]}e{number}", f"{session.id[:8]}m{number}")
        await store.inbox.add([inbox_entry(session.id, *names, body=message)])
    ended = await store.sessions.end(session.id, reason)
    await notify_end(store, settings(learn=learn, **values), bot, ended, CollectingOutputChannel())
    return await store.sessions.get(session.id)


async def test_the_line_is_in_the_slot(store):
    bot = Bot(domain())
    session = await talk(store, bot, ("a1", ANSWER), ("a1", "You're welcome!"))
    assert await bot.slot(session.sender_id) == ANSWER


async def test_without_the_setting_there_is_none(store):
    bot = Bot(domain())
    session = await talk(store, bot, ("a1", ANSWER), learn="transcript")
    assert await bot.slot(session.sender_id) is None


async def test_automations_resolve_nothing(store):
    bot = Bot(domain())
    session = await talk(store, bot, ("a1", ANSWER), (None, "Please rate our service today."))
    assert await bot.slot(session.sender_id) == ANSWER


async def test_the_line_is_masked_as_the_settings_say(store):
    bot = Bot(domain())
    said = ("a1", "The confirmation was sent to mara@example.com yesterday.")
    session = await talk(store, bot, said, redact=frozenset({"email"}))
    found = await bot.slot(session.sender_id)
    assert "[e-mail]" in found and "mara@" not in found


async def test_a_session_in_which_nobody_answered_leaves_no_earlier_line(store):
    bot = Bot(domain())
    await talk(store, bot, ("a1", ANSWER))
    session = await talk(store, bot, reason=EndReason.NO_AGENT)
    assert await bot.slot(session.sender_id) is None


@pytest.mark.parametrize("keeps", [True, False])
async def test_the_next_rasa_session_has_the_line(store, keeps):
    bot = Bot(domain(keeps=keeps))
    session = await talk(store, bot, ("a1", ANSWER))
    message = UserMessage("hello again", CollectingOutputChannel(), session.sender_id)
    await restart_session(store, bot, session, message)
    async with bot.open_tracker(session.sender_id) as tracker:
        said = [each for each in tracker.tracker.events if isinstance(each, UserUttered)]
        assert said == [], "what Rasa loads is the present session"
    assert await bot.slot(session.sender_id) == ANSWER


async def test_a_domain_without_the_slot_is_left_alone(store):
    bot = Bot(domain(slots=()))
    session = await talk(store, bot, ("a1", ANSWER))
    assert await bot.slot(session.sender_id) is None
