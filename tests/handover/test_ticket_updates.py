"""Fields that are set on tickets afterwards, through the Support API."""

from __future__ import annotations

from dataclasses import replace

import pytest
import structlog

from tests.support.zendesk import account, begin, single_attempt
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.domain.ticket import Ticket
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.handover.ticket_updates import TicketUpdates
from zendesk_handoff.settings import Settings
from zendesk_handoff.zendesk.clients import Clients

FIRST = Ticket({"priority": "low", "subject": "One"}, ("rasa_handoff",), {"36": "10234", "7": "x"})
SECOND = Ticket(
    {"priority": "urgent", "group_id": "4711", "subject": "Two"}, ("second",), {"36": "10999"}
)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


class Time:
    def __init__(self):
        self.now = 2e9

    def __call__(self):
        return self.now


class Worker:
    """What a Rasa server does for tickets, on a clock of the test's."""

    def __init__(self, store, connector):
        settings = Settings("https://bot.example.com", {connector.id: connector})
        self.store, self.connector, self.time = store, connector, Time()
        self.clients = Clients(settings)
        self.tickets = TicketUpdates(store, settings, self.clients, clock=self.time)

    async def hand_over(self, ticket):
        async with single_attempt(self.connector) as client:
            return await open_session(self.store, client, await begin(self.store, ticket=ticket))

    async def look(self, seconds=0.0):
        self.time.now += seconds
        with structlog.testing.capture_logs() as logs:
            await self.tickets.look()
        return [each["event"] for each in logs if each["event"].startswith("handoff.ticket")]


@pytest.fixture
async def workers(store):
    made = []

    def make(connector):
        made.append(Worker(store, connector))
        return made[-1]

    yield make
    for each in made:
        await each.clients.close()


async def puts(sim, app_id):
    every = await sim.requests(app_id, method="PUT")
    return [each["path"] for each in every]


async def fields_of(sim, session):
    return (await sim.conversation(session.conversation_id))["ticket"]["fields"]


async def test_a_ticket_that_has_its_fields_is_left_alone(sim, store, workers):
    worker = workers(await account(sim, support=True))
    await worker.hand_over(FIRST)
    assert await worker.look() == []
    assert await puts(sim, worker.connector.app_id) == []
    before = len(await sim.requests(worker.connector.app_id))
    await worker.look(60)
    assert len(await sim.requests(worker.connector.app_id)) == before, "it is not looked at again"


async def test_what_was_made_harmless_is_what_the_ticket_has(sim, store, workers):
    worker = workers(await account(sim, support=True))
    text = "%((switchboard:passControl:next))%"
    await worker.hand_over(Ticket({"subject": text}, (text,), {"36": text}))
    assert await worker.look() == []


async def test_the_agents_answer_first(sim, store, workers):
    connector = await account(
        sim,
        support=True,
        default_integration="zd-agentWorkspace",
        switches={"conversation_fields": False},
    )
    worker = workers(connector)
    session = await worker.hand_over(FIRST)
    assert await fields_of(sim, session) == {}
    assert await worker.look() == ["handoff.ticket.set"]
    assert await fields_of(sim, session) == {
        "priority": "low",
        "subject": "One",
        "tags": ["rasa_handoff"],
        "custom": {"36": "10234", "7": "x"},
    }


async def test_a_second_handover_into_the_same_ticket(sim, store, workers):
    worker = workers(await account(sim, support=True, multi_conversations=False))
    first = await worker.hand_over(FIRST)
    await worker.look()
    await store.sessions.end(first.id, EndReason.USER)
    second = await worker.hand_over(SECOND)
    assert (await fields_of(sim, second))["priority"] == "low"
    assert await worker.look() == ["handoff.ticket.set"]
    found = await fields_of(sim, second)
    assert (found["priority"], found["group_id"], found["subject"]) == ("urgent", "4711", "Two")
    assert found["tags"] == ["rasa_handoff", "second"]
    assert found["custom"] == {"36": "10999", "7": "x"}


async def test_of_several_tickets_it_is_the_one_with_the_summary(sim, store, workers):
    connector = await account(
        sim,
        support=True,
        default_integration="zd-agentWorkspace",
        switches={"conversation_fields": False},
    )
    worker = workers(connector)
    first = await worker.hand_over(FIRST)
    await store.sessions.end(first.id, EndReason.USER)
    second = await worker.hand_over(SECOND)
    assert await worker.look() == ["handoff.ticket.set"] * 2
    assert (await fields_of(sim, first))["subject"] == "One"
    assert (await fields_of(sim, second))["subject"] == "Two"


async def test_a_ticket_that_is_not_there_yet_is_looked_for_again(sim, store, workers):
    connector = await account(sim, support=True, switches={"support_users": False})
    worker = workers(connector)
    session = await worker.hand_over(FIRST)
    worker.time.now = session.connected_at + 1
    assert await worker.look() == []
    before = len(await sim.requests(connector.app_id))
    assert await worker.look(5) == []
    assert len(await sim.requests(connector.app_id)) == before, "another one may have claimed it"
    assert await worker.look(15) == []
    assert len(await sim.requests(connector.app_id)) > before
    assert await worker.look(600) == ["handoff.ticket.not_set"]
    assert await worker.look(600) == [], "it is said once"


@pytest.mark.parametrize("status", [401, 403, 404, 422])
async def test_a_refusal_is_said_with_what_to_do(sim, store, workers, status):
    worker = workers(await account(sim, support=True))
    await worker.hand_over(FIRST)
    await sim.add_fault("status", status=status, path="/api/v2/*")
    with structlog.testing.capture_logs() as logs:
        await worker.tickets.look()
    [line] = [each for each in logs if each["event"] == "handoff.ticket.not_set"]
    assert str(status) in line["problem"]
    assert ("support_token" in line["problem"]) is (status in {401, 403})
    assert worker.connector.support_token not in str(logs)
    assert "10234" not in str(logs)
    assert await worker.look(60) == []


async def test_a_value_that_zendesk_refuses_keeps_no_other_from_being_set(sim, store, workers):
    connector = await account(
        sim,
        support=True,
        support_records={"groups": {"99": {}}, "users": {}},
        switches={"conversation_fields": False},
        default_integration="zd-agentWorkspace",
    )
    worker = workers(replace(connector, signing_secrets=("a signing secret of some length",)))
    values = {"priority": "high", "group_id": "4711", "assignee_id": "5", "subject": "One"}
    session = await worker.hand_over(Ticket(values, ("rasa_handoff",), {"36": "10234", "7": "x"}))
    with structlog.testing.capture_logs() as logs:
        await worker.tickets.look()
    [line] = [each for each in logs if each["event"] == "handoff.ticket.value_refused"]
    assert line["fields"] == ["assignee_id", "group_id"]
    found = await fields_of(sim, session)
    assert (found["priority"], found["subject"]) == ("high", "One")
    assert found["custom"] == {"36": "10234", "7": "x"}
    assert found["tags"] == ["rasa_handoff", f"rasa_session_{session.reference}"]
    assert "group_id" not in found
    assert await worker.look(60) == []


async def test_an_outage_is_waited_for(sim, store, workers):
    worker = workers(await account(sim, support=True, switches={"conversation_fields": False}))
    session = await worker.hand_over(FIRST)
    worker.time.now = session.connected_at + 1
    fault = await sim.add_fault("drop", path="/api/v2/*")
    transport = worker.clients.support("support")._transport
    transport._retry = replace(transport._retry, max_elapsed=0)
    assert await worker.look() == []
    await sim.clear_faults(fault)
    await worker.look(15)
    assert await store.tickets.claim(["support"], now=3e9, again_at=3e9, limit=9) == []


async def test_without_a_token_nothing_is_due(sim, store, workers):
    worker = workers(await account(sim))
    await worker.hand_over(FIRST)
    assert await worker.look() == []
    assert await store.tickets.claim(["support"], now=3e9, again_at=4e9, limit=9) == []


async def test_one_process_sets_a_ticket(sim, store, workers):
    worker = workers(await account(sim, support=True))
    session = await worker.hand_over(FIRST)
    claim = {"now": 3e9, "again_at": 3e9 + 15, "limit": 9}
    assert [each.id for each in await store.tickets.claim(["support"], **claim)] == [session.id]
    assert await store.tickets.claim(["support"], **claim) == []
    assert await store.tickets.claim(["other"], now=4e9, again_at=5e9, limit=9) == []


async def test_a_users_rating_becomes_a_tag(sim, store, workers):
    worker = workers(await account(sim, support=True))
    session = await worker.hand_over(FIRST)
    await worker.look()
    await store.sessions.end(session.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(session.id, asks_rating=True)
    assert await store.ratings.rate(session.id, 4, sets_tag=True)
    assert not await store.ratings.rate(session.id, 1, sets_tag=True)
    assert await worker.look(60) == ["handoff.ticket.set"]
    assert (await fields_of(sim, session))["tags"] == ["rasa_handoff", "rasa_rating_4"]


async def rated(worker, session):
    """End a session, and let its user rate it."""
    await worker.store.sessions.end(session.id, EndReason.AGENT)
    await worker.store.sessions.mark_end_notified(session.id, asks_rating=True)
    await worker.store.ratings.rate(session.id, 5, sets_tag=True)


async def test_a_rating_leaves_what_the_agents_have_changed_since(sim, store, workers):
    worker = workers(await account(sim, support=True))
    session = await worker.hand_over(FIRST)
    await worker.look()
    support, stored = worker.clients.support("support"), await store.sessions.get(session.id)
    zendesk_id = (await sim.conversation(session.conversation_id))["user"]["zendeskId"]
    ticket = await support.find_ticket(zendesk_id, stored.summary_message_id)
    changed = Ticket({"priority": "urgent", "group_id": "99"}, fields={"36": "10999", "7": "y"})
    await support.update(ticket, changed)
    await rated(worker, session)
    assert await worker.look(60) == ["handoff.ticket.set"]
    found = await fields_of(sim, session)
    assert found["tags"] == ["rasa_handoff", "rasa_rating_5"]
    assert (found["priority"], found["group_id"]) == ("urgent", "99")
    assert found["custom"] == {"36": "10999", "7": "y"}


async def test_a_late_rating_waits_for_an_outage_too(sim, store, workers, monkeypatch):
    worker = workers(await account(sim, support=True))
    session = await worker.hand_over(FIRST)
    await worker.look()
    await store.sessions.end(session.id, EndReason.AGENT)
    asked = await store.sessions.mark_end_notified(session.id, asks_rating=True)
    rated_at = asked.rating_asked_at + 3 * 3600
    with monkeypatch.context() as patched:
        patched.setattr("zendesk_handoff.store.ratings.time.time", lambda: rated_at)
        await store.ratings.rate(session.id, 5, sets_tag=True)
    worker.time.now = rated_at + 1
    fault = await sim.add_fault("drop", path="/api/v2/*")
    support = worker.clients.support("support")
    transport = support._transport
    transport._retry = replace(transport._retry, max_elapsed=0)
    assert await worker.look() == []
    await sim.clear_faults(fault)
    assert await worker.look(15) == ["handoff.ticket.set"]


async def test_a_rating_comes_with_the_fields_that_are_not_set_yet(sim, store, workers):
    worker = workers(await account(sim, support=True, switches={"conversation_fields": False}))
    session = await worker.hand_over(FIRST)
    await rated(worker, session)
    await worker.look()
    found = await fields_of(sim, session)
    assert found["priority"] == "low"
    assert found["tags"] == ["rasa_handoff", "rasa_rating_5"]


async def test_a_late_rating_leaves_the_reference_of_the_next_session(sim, store, workers):
    made = await account(sim, support=True, multi_conversations=False)
    secrets = ("a signing secret of some length",)
    worker = workers(replace(made, signing_secrets=secrets, session_field="77"))
    first = await worker.hand_over(FIRST)
    await worker.look()
    await store.sessions.end(first.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(first.id, asks_rating=True)
    second = await worker.hand_over(SECOND)
    await worker.look()
    await store.ratings.rate(first.id, 4, sets_tag=True)
    await worker.look()
    found = await fields_of(sim, second)
    assert found["custom"]["77"] == second.reference
    assert "rasa_rating_4" in found["tags"]


async def test_a_ticket_from_before_gets_the_reference_of_the_session(sim, store, workers):
    made = await account(sim, support=True, multi_conversations=False)
    worker = workers(replace(made, signing_secrets=("a signing secret of some length",)))
    first = await worker.hand_over(FIRST)
    await store.sessions.end(first.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(first.id)
    second = await worker.hand_over(SECOND)
    await worker.look()
    tags = (await fields_of(sim, second))["tags"]
    assert {f"rasa_session_{each.reference}" for each in (first, second)} <= set(tags)
