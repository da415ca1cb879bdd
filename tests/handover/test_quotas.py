"""Quotas of a process: by address, connector and in all; their log lines."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import structlog

from zendesk_handoff import metrics
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.handover.quotas import Quotas
from zendesk_handoff.settings import LimitSettings

OFF = LimitSettings(
    **{each.name: None for each in fields(LimitSettings) if each.name != "trusted_proxies"}
)


def quotas_of(**limits):
    return Quotas(replace(OFF, **limits), clock=lambda: 0.0)


def session(sender, connector="support"):
    return Session(
        id=f"s-{sender}",
        connector_id=connector,
        workspace="default",
        sender_id=sender,
        channel="rest",
        state=State.REQUESTED,
    )


def counted(limit):
    return metrics.LIMITED.labels(limit)._value.get()


def test_new_conversations_of_an_address_and_in_all():
    quotas = quotas_of(conversations_per_address=2, conversations=3)
    before = counted("conversations")
    waits = [quotas.begin_conversation(each) for each in ("a", "a", "a", "b", "b", "c")]
    assert [wait > 0 for wait in waits] == [False, False, True, False, True, True]
    assert counted("conversations") == before + 2


def test_messages_of_a_conversation_in_a_minute_and_in_an_hour():
    now = [0.0]
    limits = replace(OFF, messages_per_conversation=2, messages_per_conversation_and_hour=3)
    quotas = Quotas(limits, clock=lambda: now[0])
    before = counted("messages_per_conversation_and_hour")
    waits = []
    for now[0] in (0.0, 0.0, 0.0, 60.0, 120.0):
        waits.append(quotas.send_message("one", "192.0.2.1"))
    assert [wait > 0 for wait in waits] == [False, False, True, False, True]
    assert waits[2] == pytest.approx(30)  # of the minute
    assert waits[4] == pytest.approx(1200 - 120)  # of the hour
    assert counted("messages_per_conversation_and_hour") == before + 1
    assert quotas.send_message("another", "192.0.2.1") == 0


def test_handovers_of_an_address_a_connector_and_in_all():
    quotas = quotas_of(handovers_per_address=1, handovers_per_connector=2, handovers=3)
    for sender in ("one", "two"):
        quotas.note_address("rest", sender, "192.0.2.1")
    assert quotas.hand_over(session("one"))
    assert not quotas.hand_over(session("two"))  # of the same address
    # The same id on another channel may be another person's.
    assert quotas.hand_over(replace(session("one"), channel="slack"))
    assert not quotas.hand_over(session("too many for the connector"))
    assert quotas.hand_over(session("elsewhere", "wholesale"))
    assert not quotas.hand_over(session("too many in all", "wholesale"))


def test_without_limits_everything_is_admitted():
    quotas = quotas_of()
    assert all(quotas.hand_over(session(str(n))) for n in range(1_000))
    assert {quotas.begin_conversation("a") for _ in range(1_000)} == {0.0}
    assert {quotas.refuse_key("a") for _ in range(1_000)} == {0.0}


def test_every_limit_has_a_default():
    defaults = LimitSettings()
    assert all(getattr(defaults, each.name) is not None for each in fields(LimitSettings))


def test_an_attack_writes_a_line_a_minute():
    quotas = quotas_of(conversations_per_address=1)
    with structlog.testing.capture_logs() as logs:
        for number in range(1_000):
            quotas.begin_conversation(str(number % 2))
    assert logs == [
        {
            "event": "handoff.limit.reached",
            "limit": "conversations_per_address",
            "log_level": "warning",
        }
    ]


@pytest.mark.parametrize("forwarded", [["198.51.100.7"], ["a", "b"]])
def test_a_proxy_that_is_not_declared_is_said_once(forwarded):
    quotas = quotas_of()
    with structlog.testing.capture_logs() as logs:
        assert quotas.address_of("192.0.2.1", []) == "192.0.2.1"
        assert logs == []
        for _ in range(3):
            assert quotas.address_of("192.0.2.1", forwarded) == "192.0.2.1"
    assert [each["event"] for each in logs] == ["handoff.limits.proxy_not_declared"]
    assert "198" not in str(logs)
