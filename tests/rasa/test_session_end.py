"""The end of a session: one log line, whatever the reason."""

from __future__ import annotations

import pytest
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.shared.core.events import (
    ActiveLoop,
    ConversationPaused,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from structlog.testing import capture_logs

from tests.support.trackers import DOMAIN, Processor
from tests.support.workers import RecordingBot, settings
from tests.support.zendesk import begin
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.rasa.compat import InMemoryTrackerStore, is_paused
from zendesk_handoff.rasa.session_end import notify_end
from zendesk_handoff.rasa.trackers import open_tracker


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.mark.parametrize("reason", EndReason)
async def test_every_end_is_logged_with_its_reason(store, reason):
    session = await begin(store)
    ended = await store.sessions.end(session.id, reason)
    with capture_logs() as logs:
        await notify_end(store, settings(), RecordingBot(), ended, CollectingOutputChannel())
    assert [line for line in logs if line["event"] == "handoff.session.ended"] == [
        {
            "event": "handoff.session.ended",
            "log_level": "info",
            "session": session.id,
            "connector": session.connector_id,
            "reason": reason.value,
        }
    ]


class TrackingBot(RecordingBot):
    """A bot with a real tracker."""

    def __init__(self):
        super().__init__()
        self.processor = Processor(InMemoryTrackerStore(DOMAIN))

    def open_tracker(self, sender_id):
        return open_tracker(self.processor, sender_id)


@pytest.mark.parametrize("failed", [False, True])
async def test_a_form_of_before_is_left_unless_the_handover_has_failed(store, failed):
    bot, session = TrackingBot(), await begin(store)
    form = [ActiveLoop("return_form"), SlotSet("requested_slot", "return_reason")]
    async with bot.open_tracker(session.sender_id) as tracker:
        events = [SessionStarted(), UserUttered("hi"), *form, ConversationPaused()]
        tracker.tracker.update_with_events(events, DOMAIN)
        await tracker.save(events)
    if failed:
        ended = await store.sessions.fail(session.id)
    else:
        ended = await store.sessions.end(session.id, EndReason.AGENT)
    await notify_end(store, settings(), bot, ended, CollectingOutputChannel())
    async with bot.open_tracker(session.sender_id) as tracker:
        found = tracker.tracker
        assert not is_paused(found)
        assert found.active_loop_name == ("return_form" if failed else None)
        assert found.get_slot("requested_slot") == ("return_reason" if failed else None)
