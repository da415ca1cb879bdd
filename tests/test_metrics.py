"""Metrics in Prometheus' format: those that are counted, and those that the store has."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.servers import free_port
from zendesk_handoff import metrics
from zendesk_handoff.errors import ConnectionFailed
from zendesk_handoff.metrics import Queue, StoreFigures
from zendesk_handoff.zendesk.api_responses import api_error_for_status

EMPTY = StoreFigures({}, [], [])


def samples(body):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def value(name, counts=EMPTY, connectors=(), **labels):
    found = samples(metrics.render(counts, connectors=connectors))
    return found.get((name, *sorted(labels.items())), 0)


def test_a_delivery_is_counted_with_its_delay():
    labels = {"connector": "unit", "direction": "to_user"}
    before = value("zendesk_handoff_messages_total", **labels)
    slow = {"direction": "to_user", "le": "10.0"}
    fast = {"direction": "to_user", "le": "5.0"}
    name = "zendesk_handoff_delivery_delay_seconds_bucket"
    slow_before, fast_before = value(name, **slow), value(name, **fast)
    metrics.count_delivery(metrics.TO_USER, "unit", stored_at=time.time() - 7)
    assert value("zendesk_handoff_messages_total", **labels) == before + 1
    assert value(name, **slow) == slow_before + 1
    assert value(name, **fast) == fast_before


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "ok"),
        (api_error_for_status("GET /x", 429), "429"),
        (api_error_for_status("GET /x", 503), "503"),
        (ConnectionFailed("GET /x", "TimeoutError", timed_out=True), "unreachable"),
        (asyncio.CancelledError(), "cancelled"),
    ],
)
def test_a_call_is_counted_by_its_outcome(error, outcome):
    labels = {"connector": "unit", "call": "GET /x", "outcome": outcome}
    before = value("zendesk_handoff_api_calls_total", **labels)
    timed = value("zendesk_handoff_api_call_duration_seconds_count", call="GET /x")
    try:
        with metrics.api_call("unit", "GET /x"):
            if error:
                raise error
    except BaseException as caught:
        assert caught is error
    assert value("zendesk_handoff_api_calls_total", **labels) == before + 1
    assert value("zendesk_handoff_api_call_duration_seconds_count", call="GET /x") == timed + 1


def test_the_counts_of_the_store_are_shown():
    counts = StoreFigures(
        {("support", "ended", "agent"): 3, ("support", "active", ""): 2},
        [Queue("support", 4, time.time() - 60, 1)],
        [],
    )
    body = samples(metrics.render(counts, connectors=["support", "sales"]))

    def shown(name, **labels):
        return body[(f"zendesk_handoff_{name}", *sorted(labels.items()))]

    assert shown("store_up") == 1
    assert shown("sessions", connector="support", state="ended", end_reason="agent") == 3
    assert shown("sessions", connector="support", state="active", end_reason="") == 2
    assert shown("sessions", connector="sales", state="waiting", end_reason="") == 0
    assert shown("queue_messages", connector="support", direction="to_agent") == 4
    assert shown("queue_messages", connector="sales", direction="to_user") == 0
    age = shown("queue_oldest_age_seconds", connector="support", direction="to_agent")
    assert 60 <= age < 70
    assert shown("failed_messages", connector="support", direction="to_agent") == 1


def test_without_a_store_the_process_counters_are_shown():
    metrics.count_routed("bot")
    body = samples(metrics.render(None, connectors=["support"]))
    assert body[("zendesk_handoff_store_up",)] == 0
    assert body[("zendesk_handoff_routed_messages_total", ("decision", "bot"))] >= 1
    assert not any(name == "zendesk_handoff_sessions" for name, *_ in body)


def test_names_have_the_prefix_and_the_unit():
    for family in text_string_to_metric_families(metrics.render(EMPTY, connectors=["a"]).decode()):
        assert family.name.startswith("zendesk_handoff_")
        if family.type == "histogram" or "_age_" in family.name:
            assert family.name.endswith("_seconds")


COUNT = "from zendesk_handoff import metrics; metrics.count_routed('agent')"
SHOW = """
from zendesk_handoff import metrics
print(metrics.render(None, connectors=[]).decode())
"""


def test_workers_with_a_shared_folder_show_their_sum(tmp_path):
    env = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PATH": ""}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNT], env=env, check=True)
    shown = subprocess.run([sys.executable, "-c", SHOW], env=env, check=True, capture_output=True)
    body = samples(shown.stdout)
    assert body[("zendesk_handoff_routed_messages_total", ("decision", "agent"))] == 2


def test_the_action_server_serves_metrics_on_the_configured_port(monkeypatch):
    port = free_port()
    monkeypatch.setenv(metrics.PORT_VARIABLE, str(port))
    metrics.serve_if_configured()
    metrics.serve_if_configured()  # an action server makes its actions again when it reloads
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert b"zendesk_handoff_api_calls_total" in answer.read()


def test_an_invalid_port_is_reported(monkeypatch):
    monkeypatch.setenv(metrics.PORT_VARIABLE, "metrics")
    with pytest.raises(ValueError, match=metrics.PORT_VARIABLE):
        metrics.serve_if_configured()
