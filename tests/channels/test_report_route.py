"""The route of platforms' reports."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from zendesk_handoff.channels.report_route import receive_report
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.handover.quotas import Quotas
from zendesk_handoff.rasa.adapter import ChannelAdapter, Outcome, Report
from zendesk_handoff.settings import LimitSettings


class Adapter(ChannelAdapter):
    found = Report("m1", Outcome(is_delivered=True))

    def read_report(self, request):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class Outcomes:
    def __init__(self):
        self.settled, self.error = [], None

    async def settle(self, *outcome):
        if self.error:
            raise self.error
        self.settled.append(outcome)


@pytest.fixture
def runtime():
    adapter = Adapter(None)
    channels = SimpleNamespace(serves=lambda name: name == "known", adapter=lambda name: adapter)
    return SimpleNamespace(channels=channels, outcomes=Outcomes(), adapter=adapter)


async def status(runtime, channel="known", body=b""):
    app = SimpleNamespace(ctx=SimpleNamespace(zendesk_handoff=runtime))
    found = await receive_report(SimpleNamespace(app=app, body=body), channel)
    assert b"private" not in (found.body or json.dumps("").encode())
    return found.status


async def test_a_report_is_settled(runtime):
    assert await status(runtime) == 204
    assert runtime.outcomes.settled == [("known", "m1", Outcome(is_delivered=True))]


async def test_what_is_under_way_is_not(runtime):
    runtime.adapter.found = Report("m1", None)
    assert await status(runtime) == 204
    assert runtime.outcomes.settled == []


async def test_what_is_refused(runtime):
    assert await status(runtime, "unknown") == 404
    runtime.adapter.found = None
    assert await status(runtime) == 403
    runtime.adapter.found = ValueError("private")
    assert await status(runtime) == 400
    assert runtime.outcomes.settled == []


async def test_it_is_to_be_reported_again_when_the_store_is_down(runtime):
    runtime.outcomes.error = StoreUnavailable("the store did not answer")
    assert await status(runtime) == 503


async def test_a_channel_without_reports_refuses_them():
    assert ChannelAdapter(None).read_report(None) is None


async def test_forged_reports_do_not_fill_the_log(runtime, caplog):
    runtime.quotas = Quotas(LimitSettings())
    runtime.adapter.found = None
    for _ in range(60):
        assert await status(runtime) == 403
    runtime.adapter.found = ValueError("private")
    assert await status(runtime) == 400
    lines = [each for each in caplog.messages if "handoff.report" in each]
    assert 1 <= len(lines) <= 30
