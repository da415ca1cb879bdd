"""The ticket that a conversation gets: values, routes, slots that override, masks."""

from __future__ import annotations

import pytest
import structlog
from rasa_sdk import Tracker

from tests.support.names import SENDERS, TEXTS
from tests.support.zendesk import connector
from zendesk_handoff.actions.case import Case
from zendesk_handoff.domain.dialogue import dialogue_from_events
from zendesk_handoff.domain.ticket import DEFAULT_TAGS, Ticket
from zendesk_handoff.frustration import EXPLANATION_KEY
from zendesk_handoff.settings import Settings, read_settings

POLICY = {
    "event": "action",
    "name": "action_human_handoff",
    "metadata": {EXPLANATION_KEY: {"reason": "had enough", "reasons": [], "signs": []}},
}


def configured(**values):
    own = connector()
    block = {
        "subdomain": own.subdomain,
        "app_id": own.app_id,
        "key_id": own.key_id,
        "key_secret": own.key_secret,
        "webhook_secret": own.webhook_secrets[0],
        **values,
    }
    content = {"public_url": "https://bot.example.com", "connectors": {"support": block}}
    return read_settings(content, environ={}).connectors["support"]


def said(text, *entities):
    found = [{"entity": name, "value": value} for name, value in entities]
    return {"event": "user", "text": text, "parse_data": {"entities": found}}


def case(settings, *events, metadata=None, slots=None, redact=None, sender="jo", channel="rest"):
    latest = {"metadata": metadata or {}, "text": ""}
    tracker = Tracker(sender, slots or {}, latest, list(events), False, None, {}, "action_listen")
    every = {"redact": frozenset(redact)} if redact is not None else {}
    return Case(
        settings,
        Settings("https://bot.example.com", {"support": settings}, **every),
        tracker,
        dialogue_from_events(events, slots=tracker.slots),
        workspace="shop",
        channel=channel,
    )


def filled(settings, *events, **values):
    return case(settings, *events, **values).fill_ticket()


def test_without_settings_there_is_the_tag_of_old():
    assert filled(configured()) == Ticket(tags=DEFAULT_TAGS)
    assert filled(configured(ticket={"tags": []})) == Ticket()


def test_values_come_from_everywhere():
    ticket = {
        "subject": "{workspace}/{channel}/{locale}: {handoff_reason}",
        "tags": ["bot", "{topic}", "{city}", "{campaign}"],
        "fields": {1: "{slot.topic}", 2: "{entity.city}", 3: "{metadata.campaign}", 4: "{gone}"},
    }
    found = filled(
        configured(ticket=ticket),
        said("in Rome", ("city", "Rome")),
        said("no, Oslo", ("city", "Oslo")),
        metadata={"campaign": "spring", "locale": "de-AT"},
        slots={"topic": "returns", "handoff_reason": "The form was sent twice."},
    )
    assert found == Ticket(
        {"subject": "shop/rest/de-AT: The form was sent twice."},
        ("bot", "returns", "Oslo", "spring"),
        {"1": "returns", "2": "Oslo", "3": "spring"},
    )


def test_the_score_is_a_number():
    settings = configured(ticket={"fields": {1: "{frustration_score}"}})
    calm = float(filled(settings, said("hello")).fields["1"])
    angry = float(filled(settings, said("this is ridiculous, you useless bot!!")).fields["1"])
    assert 0 <= calm < angry <= 1


ROUTES = [
    {
        "when": {"slot": "topic", "is": ["returns", "refunds"]},
        "ticket": {"group_id": 4711, "tags": ["returns"]},
    },
    {"when": {"reason": "frustration"}, "ticket": {"priority": "high"}},
    {"when": {"reason": "request", "channel": "slack"}, "ticket": {"tags": "from_slack"}},
    {"when": {"locale": "de"}, "ticket": {"tags": "german"}},
    {"when": {"metadata": "vip"}, "ticket": {"tags": "vip"}},
    {"when": {"entity": "city", "is": "oslo"}, "ticket": {"tags": "oslo"}},
]


@pytest.mark.parametrize(
    ("values", "ticket"),
    [
        ({"slots": {"topic": "Returns"}}, Ticket({"group_id": "4711"}, ("returns",))),
        ({"slots": {"topic": ["x", "refunds"]}}, Ticket({"group_id": "4711"}, ("returns",))),
        ({"slots": {"handoff_reason": "had enough"}}, Ticket({"priority": "high"})),
        ({"slots": {"handoff_reason": "other"}}, Ticket()),
        ({"channel": "slack"}, Ticket(tags=("from_slack",))),
        ({"channel": "slack", "slots": {"handoff_reason": "other"}}, Ticket()),
        ({"metadata": {"locale": "de_AT"}}, Ticket(tags=("german",))),
        ({"metadata": {"vip": False}}, Ticket(tags=("vip",))),
        ({"metadata": {"vip": {"a": 1}}}, Ticket(tags=("oslo",))),
    ],
)
def test_the_first_route_that_fits_changes_the_ticket(values, ticket):
    settings = configured(ticket={"tags": []}, routes=ROUTES)
    events = [said("Oslo", ("city", "Oslo"))] if ticket.tags == ("oslo",) else []
    assert filled(settings, POLICY, *events, **values) == ticket


def test_a_route_keeps_what_it_does_not_change():
    base = {"priority": "low", "brand_id": 7, "tags": ["bot"], "fields": {1: "a", 2: "b"}}
    route = {"priority": "{urgency}", "tags": ["{urgency}"], "fields": {2: "c", 3: "d"}}
    settings = configured(ticket=base, routes=[{"when": {"channel": "rest"}, "ticket": route}])
    fields = {"1": "a", "2": "c", "3": "d"}
    assert filled(settings, slots={"urgency": "urgent"}) == Ticket(
        {"priority": "urgent", "brand_id": "7"}, ("bot", "urgent"), fields
    )
    # A value that is missing leaves the connector's.
    assert filled(settings) == Ticket({"priority": "low", "brand_id": "7"}, ("bot",), fields)


def test_slots_of_the_bots_override():
    settings = configured(ticket={"priority": "low", "tags": ["bot"], "fields": {1: "a"}})
    found = filled(
        settings,
        slots={
            "handoff_priority": "Urgent",
            "handoff_group_id": 4711.0,
            "handoff_tags": "lost parcel, vip",
            "handoff_fields": {"1": "b", 2: True},
        },
    )
    assert found == Ticket(
        {"priority": "urgent", "group_id": "4711"},
        ("bot", "lost_parcel", "vip"),
        {"1": "b", "2": "true"},
    )


def test_a_slot_of_any_size_makes_a_ticket_of_some_size():
    many = {str(number): "x" * 2000 for number in range(1_000)}
    found = filled(configured(), slots={"handoff_tags": list(many), "handoff_fields": many})
    assert (len(found.tags), len(found.fields)) == (51, 50)
    nested = []
    for _ in range(100):
        nested = [nested]
    slots = {"handoff_tags": nested, "handoff_fields": {"1": nested}, "handoff_priority": nested}
    assert filled(configured(), slots=slots) == Ticket(tags=DEFAULT_TAGS)


def test_no_client_overrides():
    settings = configured(ticket={"priority": "{handoff_priority}"})
    assert filled(settings, metadata={"handoff_priority": "urgent"}).values == {}


def test_a_value_that_a_field_cannot_have_is_left_out_and_said_by_name_alone():
    settings = configured(ticket={"priority": "{urgency}", "group_id": "{team}", "tags": []})
    values = {"urgency": "sehr dringend", "team": "Returns", "handoff_fields": {"order": "10234"}}
    with structlog.testing.capture_logs() as logs:
        assert filled(settings, slots=values) == Ticket()
    [line] = logs
    assert line["fields"] == ["fields", "group_id", "priority"]
    assert not any(value in str(line) for value in ("dringend", "Returns", "10234"))


CARD = "4000 1234 5678 9017"


def test_personal_data_is_masked_as_in_the_summary():
    ticket = {
        "subject": "{handoff_reason}",
        "tags": ["{note}"],
        "fields": {1: "{note}", 2: "{metadata.note}", 3: "{pin}", 4: "{email}", 5: "{note2}"},
        "group_id": "{team}",
    }
    slots = {"note": CARD, "pin": "8347", "email": "jo@example.com", "team": "360001234567"}
    slots |= {"handoff_reason": f"Card {CARD} was refused", "note2": "my pin is 8347"}
    found = filled(
        configured(ticket=ticket),
        said("x"),
        slots=slots,
        metadata={"note": CARD},
        redact={"card", "secret", "email", "phone", "iban"},
    )
    text = str((found.values["subject"], found.tags, found.fields))
    assert not any(part in text for part in ("1234 5678", "8347", "jo@", CARD))
    assert found.values["group_id"] == "360001234567", "an id is no telephone number"


@pytest.mark.parametrize(
    "value",
    [
        int(CARD.replace(" ", "")),
        float(CARD.replace(" ", "")),
        CARD.split(),
        [int(CARD.replace(" ", "")), "and more"],
        [{"number": CARD}, CARD],
        "8347",  # a secret that the user has announced
        8347,
    ],
)
@pytest.mark.parametrize("source", ["metadata", "slots"])
def test_a_value_of_any_type_is_masked_wherever_it_is_from(value, source):
    ticket = {"subject": "{note}", "tags": ["{note}"], "fields": {1: "{note}", 2: "{pin_code}"}}
    values = {source: {"note": value, "pin_code": [5512]}}
    found = filled(configured(ticket=ticket), said("my pin is 8347"), **values)
    shown = "".join(filter(str.isalnum, str(found.to_json())))
    assert not any(part in shown for part in ("4000", "5678", "8347", "5512"))


@pytest.mark.parametrize("text", [*TEXTS, *SENDERS, "", "\x00", "\ud800"])
def test_any_value_makes_a_ticket(text):
    ticket = {"subject": "{t}", "tags": ["{t}"], "priority": "{t}", "fields": {1: "{t}"}}
    found = filled(configured(ticket=ticket), said(text), slots={"t": text})
    assert len(found.fields.get("1", "")) <= 1000
    assert all("," not in tag and " " not in tag for tag in found.tags)


@pytest.mark.parametrize(
    ("given", "page"),
    [
        ("https://shop.example/returns?token=1#x", "https://shop.example/returns"),
        ("https://jo:pw@shop.example:8443/a", "https://shop.example:8443/a"),
        ("javascript:alert(1)", None),
        ("/returns", None),
        ("http://[", None),
        ("https://shop.example/a b", None),
        (["https://shop.example"], None),
        (7, None),
    ],
)
async def test_the_page_is_told_without_what_may_be_secret(given, page):
    metadata = {"page": given, "browser": "Mozilla/5.0\n(X11)"}
    settings = configured(
        ticket={"fields": {1: "{page}", 2: "{browser}"}},
        conversation_link="https://bots.example.com/c/{sender_id}",
        agent_language="de",
    )
    found = case(settings, said("hello"), metadata=metadata, sender="a/b")
    expected = {"2": "Mozilla/5.0 (X11)"} if page is None else {"1": page, "2": "Mozilla/5.0 (X11)"}
    assert found.fill_ticket().fields == expected
    lines = (await found.write_summary()).splitlines()
    below = ["Browser: Mozilla/5.0 (X11)"]
    below.append("Gespräch mit dem Bot: https://bots.example.com/c/a%2Fb")
    below[:0] = [] if page is None else [f"Seite: {page}"]
    assert lines[-len(below) :] == below
    assert lines[-len(below) - 1] == ""
