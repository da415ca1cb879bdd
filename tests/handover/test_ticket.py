"""The ticket that a handover makes at Zendesk, in every set-up of an account."""

from __future__ import annotations

from dataclasses import replace

import pytest
import structlog

from tests.support.names import TEXTS
from tests.support.zendesk import account, begin, single_attempt
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.domain.ticket import Ticket
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.zendesk import ConversationsClient

TICKET = Ticket(
    {"subject": "Refund", "priority": "high", "group_id": "4711", "brand_id": "7"},
    ("rasa_handoff", "returns"),
    {"36": "10234"},
)
SHOWN = {
    "subject": "Refund",
    "priority": "high",
    "group_id": "4711",
    "brand_id": "7",
    "requester.name": "Jo",
    "requester.email": "jo@example.com",
    "tags": ["rasa_handoff", "returns"],
    "custom": {"36": "10234"},
}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


async def opened(sim, store, connector, ticket=TICKET, **values):
    async with single_attempt(connector) as client:
        session = await open_session(store, client, await begin(store, ticket=ticket, **values))
    assert session.state is State.WAITING
    return session, await sim.conversation(session.conversation_id)


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
@pytest.mark.parametrize("first", ["zd-answerBot", "zd-agentWorkspace"])
@pytest.mark.parametrize("conversation_fields", [True, False])
async def test_the_ticket_has_its_fields(sim, store, inside, first, conversation_fields):
    """One set-up cannot: the agents answer first, and read no metadata of conversations."""
    connector = await account(
        sim,
        inside=inside,
        default_integration=first,
        switches={"conversation_fields": conversation_fields},
    )
    _, shown = await opened(sim, store, connector)
    is_early = not inside and first == "zd-agentWorkspace"
    assert shown["ticket"]["fields"] == ({} if is_early and not conversation_fields else SHOWN)
    assert len(shown["tickets"]) == 1


async def test_a_session_from_before_has_the_tag_of_before(sim, store):
    _, shown = await opened(sim, store, await account(sim), ticket=None)
    assert shown["ticket"]["fields"]["tags"] == ["rasa_handoff"]


@pytest.mark.parametrize("path", ["/conversations", "*/passControl"])
async def test_fields_that_zendesk_refuses_do_not_fail_the_handover(sim, store, path):
    connector = await account(sim)
    await sim.add_fault("status", status=400, method="POST", path=path, count=1)
    with structlog.testing.capture_logs() as logs:
        session, shown = await opened(sim, store, connector)
    assert shown["ticket"]["fields"] == SHOWN, "the other call has them, too"
    [line] = [each for each in logs if each["event"] == "handoff.ticket.refused"]
    assert line["session"] == session.id
    assert "Refund" not in str(logs)


SECRETS = {"signing_secrets": ("a signing secret of some length",)}
CUSTOM, SYSTEM = "dataCapture.ticketField.36", "dataCapture.systemField.group_id"
TAGS = "dataCapture.systemField.tags"


@pytest.mark.parametrize(
    ("refused", "lost"),
    [
        ([CUSTOM], {"36"}),
        ([SYSTEM], {"group_id", "priority", "subject", "brand_id"}),
        ([CUSTOM, SYSTEM], {"36", "group_id", "priority", "subject", "brand_id"}),
    ],
)
@pytest.mark.parametrize("session_field", ["360001234567", None])
async def test_a_refused_field_costs_neither_reference_nor_tags_nor_requester(
    sim, store, refused, lost, session_field
):
    connector = await account(sim, switches={"refused_metadata": refused})
    connector = replace(connector, session_field=session_field, **SECRETS)
    with structlog.testing.capture_logs() as logs:
        session, shown = await opened(sim, store, connector)
    found = shown["ticket"]["fields"]
    assert (found["requester.name"], found["requester.email"]) == ("Jo", "jo@example.com")
    reference = session.reference if session_field else f"rasa_session_{session.reference}"
    assert set(found["tags"]) >= {"rasa_handoff", "returns"}
    assert reference in (found["custom"].values() if session_field else found["tags"])
    assert not lost & {*found, *found.get("custom", {})}
    assert {*SHOWN, "36"} - lost <= {*found, *found.get("custom", {}), "custom"}
    lines = [each for each in logs if each["event"] == "handoff.ticket.refused"]
    assert lines and all({*refused} <= {*line["left_out"]} for line in lines)


async def test_where_everything_else_is_refused_the_reference_is_left(sim, store):
    connector = await account(sim, switches={"refused_metadata": [TAGS]})
    connector = replace(connector, session_field="360001234567", **SECRETS)
    session, shown = await opened(sim, store, connector)
    assert shown["ticket"]["fields"] == {"custom": {"360001234567": session.reference}}


async def test_a_wrong_name_is_still_an_error(sim, store):
    connector = await account(sim)
    await sim.add_fault("status", status=400, path="*/passControl")
    with pytest.raises(Exception, match="400"):
        await opened(sim, store, connector)


@pytest.mark.parametrize("letter", ["x", "ü", "🙂"])
async def test_what_does_not_fit_is_left_out_and_said(sim, store, letter):
    connector = await account(sim)
    fields = {str(number): letter * 1000 for number in range(1, 9)}
    with structlog.testing.capture_logs() as logs:
        _, shown = await opened(sim, store, connector, Ticket({"priority": "low"}, (), fields))
    found = shown["ticket"]["fields"]
    assert found["priority"] == "low"
    [line] = [each for each in logs if each["event"] == "handoff.ticket.too_long"]
    missing = {key.rpartition(".")[2] for key in line["keys"]}
    assert missing == fields.keys() - found.get("custom", {}).keys()
    assert letter * 9 not in str(logs)


@pytest.mark.parametrize("text", TEXTS)
async def test_no_value_acts_on_zendesk(sim, store, text):
    connector = await account(sim)
    values = Ticket({"subject": text}, (), {"36": text})
    _, shown = await opened(sim, store, connector, values)
    assert shown["control"]["active"] == "zd-agentWorkspace"
    assert "%((" not in str(shown["ticket"])
    assert "%[" not in str(shown["ticket"])


async def test_a_second_handover_does_not_have_the_fields_of_the_first(sim, store):
    connector = await account(
        sim, multi_conversations=False, switches={"metadata_patch": "replace"}
    )
    first, shown = await opened(sim, store, connector)
    await sim.close(first.conversation_id)
    await store.sessions.end(first.id, EndReason.TICKET_CLOSED)
    second, shown = await opened(sim, store, connector, Ticket({"priority": "low"}))
    assert second.conversation_id == first.conversation_id
    assert [each["fields"].get("priority") for each in shown["tickets"]] == ["high", "low"]
    assert "custom" not in shown["ticket"]["fields"]
    async with ConversationsClient(connector) as client:
        kept = (await client.get_conversation(second.conversation_id)).metadata
    assert not [key for key in kept if "ticketField" in key]


async def test_a_ticket_that_exists_keeps_its_fields(sim, store):
    """The reason for the check's warning, and for `support_token`."""
    connector = await account(sim, multi_conversations=False)
    first, _ = await opened(sim, store, connector)
    await store.sessions.end(first.id, EndReason.USER)
    _, shown = await opened(sim, store, connector, Ticket({"priority": "urgent"}, ("second",)))
    assert len(shown["tickets"]) == 1
    assert shown["ticket"]["fields"] == SHOWN
