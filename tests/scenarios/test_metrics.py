"""Every metric changes with the event that it counts."""

from __future__ import annotations

import io
import sqlite3

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.bot_texts import ENDED
from tests.support.waiting import until
from tests.support.webhooks import agent_event, post_events, webhook_url
from zendesk_handoff import metrics

POST_MESSAGE = "POST /conversations/{id}/messages"


@pytest.fixture
def metrics_route(stack, http):
    """Read the metrics; return a function that sums samples by metric name and some labels."""

    async def read(url=f"{stack.rasa_url}/webhooks/zendesk/metrics"):
        async with http.get(url) as answer:
            assert answer.status == 200
            assert answer.content_type == metrics.CONTENT_TYPE_LATEST.partition(";")[0]
            body = await answer.text()

        def value(name, **labels):
            return sum(
                sample.value
                for family in text_string_to_metric_families(body)
                for sample in family.samples
                if sample.name == f"zendesk_handoff_{name}"
                and labels.items() <= sample.labels.items()
            )

        return value

    return read


async def test_messages_delays_calls_and_sessions(hand_over, sim, user, metrics_route):
    before = await metrics_route()
    session = await hand_over(user)
    await user.says("to the agent")
    await sim.wait_for_message(session.conversation, "to the agent")
    await sim.agent_text(session.conversation, "to the user")
    await user.hears("to the user")

    async def counted():
        now = await metrics_route()
        return now("sessions", state="active") > before("sessions", state="active") and all(
            now("messages_total", direction=each) > before("messages_total", direction=each)
            for each in ("to_agent", "to_user")
        )

    await until(counted)
    during = await metrics_route()

    def rise(name, **labels):
        return during(name, **labels) - before(name, **labels)

    assert rise("messages_total", direction="to_user", connector="support") == 1
    assert rise("delivery_delay_seconds_count", direction="to_user") == 1
    assert rise("delivery_delay_seconds_count", direction="to_agent") >= 1
    assert 0 < rise("delivery_delay_seconds_sum", direction="to_user") < 30
    assert rise("api_calls_total", call=POST_MESSAGE, outcome="ok", connector="support") >= 1
    assert rise("api_call_duration_seconds_count", call=POST_MESSAGE) >= 1
    assert rise("routed_messages_total", decision="bot") >= 1
    assert rise("routed_messages_total", decision="agent") >= 1
    assert rise("sessions", state="active", connector="support") == 1
    assert during("store_up") == 1
    await sim.end_session(session.conversation)
    await user.hears(ENDED)
    by_agent = {"state": "ended", "end_reason": "agent"}

    async def is_over():
        return (await metrics_route())("sessions", **by_agent) > during("sessions", **by_agent)

    await until(is_over)
    after = await metrics_route()
    assert after("sessions", state="active") == during("sessions", state="active") - 1


async def test_the_calls_of_an_opening_are_the_rasa_servers(hand_over, user, metrics_route, stack):
    before = await metrics_route()
    await hand_over(user)
    after = await metrics_route()
    labels = {"call": "POST /conversations", "outcome": "ok", "connector": "support"}
    assert after("api_calls_total", **labels) == before("api_calls_total", **labels) + 1
    of_actions = await metrics_route(stack.actions_metrics_url)
    assert of_actions("api_calls_total") == 0


async def test_webhook_outcomes(hand_over, sim, user, metrics_route, stack, http):
    session = await hand_over(user)
    before = await metrics_route()
    ours = agent_event(session.conversation, "hello", message_id="a1" * 12, event_id="b1" * 12)
    assert await post_events(http, stack, ours) == 200
    assert await post_events(http, stack, agent_event("e" * 24, "of another conversation")) == 200
    assert await post_events(http, stack, ours, key="wrong") == 401
    key = {"X-API-Key": stack.connectors["support"]["webhook_secret"]}
    async with http.post(webhook_url(stack), data=b"invalid_payload", headers=key) as answer:
        assert answer.status == 400
    too_large = io.BytesIO(b" " * (10 * 1024 * 1024 + 1))
    async with http.post(webhook_url(stack), data=too_large, headers=key) as answer:
        assert answer.status == 413
    async with http.post(webhook_url(stack, "made-up-by-a-stranger"), json={}) as answer:
        assert answer.status == 404
    after = await metrics_route()
    outcomes = ("stored", "ignored", "invalid_key", "invalid_payload", "too_large")
    for outcome in outcomes:
        labels = {"connector": "support", "outcome": outcome}
        rise = after("webhook_calls_total", **labels) - before("webhook_calls_total", **labels)
        assert rise >= 1, outcome
    unknown = {"connector": "", "outcome": "unknown_connector"}
    assert after("webhook_calls_total", **unknown) > before("webhook_calls_total", **unknown)
    assert after("webhook_calls_total", connector="made-up-by-a-stranger") == 0


async def test_queues_during_an_outage_and_refused_messages(hand_over, sim, user, metrics_route):
    session = await hand_over(user)
    before = await metrics_route()
    await sim.add_fault("status", status=503, method="POST", path="*/messages")
    await user.says("this has to wait")

    async def waits():
        now = await metrics_route()
        queued = now("queue_messages", direction="to_agent", connector="support")
        age = now("queue_oldest_age_seconds", direction="to_agent", connector="support")
        failed = now("api_calls_total", call=POST_MESSAGE, outcome="503")
        return (
            queued >= 1
            and age > 0.5
            and failed > before("api_calls_total", call=POST_MESSAGE, outcome="503")
        )

    await until(waits)
    await sim.clear_faults()
    await sim.wait_for_message(session.conversation, "this has to wait")
    await sim.add_fault("status", status=400, method="POST", path="*/messages", count=1)
    await user.says("this is refused")

    async def refused():
        failed = (await metrics_route())(
            "failed_messages", direction="to_agent", connector="support"
        )
        return failed > before("failed_messages", direction="to_agent", connector="support")

    await until(refused)


async def test_a_locked_store(hand_over, user, metrics_route, stack, http):
    """Another writer has SQLite's lock for longer than the store's busy timeout."""
    session = await hand_over(user)
    before = await metrics_route()
    lock = sqlite3.connect(stack.folder / "handoff.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        event = agent_event(session.conversation, "hi", message_id="c1" * 12, event_id="d1" * 12)
        assert await post_events(http, stack, event) == 503
        after = await metrics_route()  # reading goes on
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    down = {"connector": "support", "outcome": "store_unavailable"}
    assert after("webhook_calls_total", **down) == before("webhook_calls_total", **down) + 1
    assert await post_events(http, stack, event) == 200
    await user.hears("hi")
