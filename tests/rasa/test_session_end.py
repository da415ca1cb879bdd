"""The end of a session: one log line, whatever the reason."""

from __future__ import annotations

import pytest
from rasa.core.channels.channel import CollectingOutputChannel
from structlog.testing import capture_logs

from tests.support.workers import RecordingBot
from tests.support.zendesk import begin
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.rasa.session_end import notify_end


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.mark.parametrize("reason", EndReason)
async def test_every_end_is_logged_with_its_reason(store, reason):
    session = await begin(store)
    ended = await store.sessions.end(session.id, reason)
    with capture_logs() as logs:
        await notify_end(store, RecordingBot(), ended, CollectingOutputChannel())
    assert [line for line in logs if line["event"] == "handoff.session.ended"] == [
        {
            "event": "handoff.session.ended",
            "log_level": "info",
            "session": session.id,
            "connector": session.connector_id,
            "reason": reason.value,
        }
    ]
