"""The fields of tickets in the settings: what is right is kept, what is wrong is said."""

from __future__ import annotations

import pytest

from zendesk_handoff.errors import SettingsError
from zendesk_handoff.settings import read_settings

PREFIX = "connectors.support."


def block(**values):
    connector = {
        "subdomain": "your-company",
        "app_id": "5f0c",
        "key_id": "app_1",
        "key_secret": "a secret",
        "webhook_secret": "a webhook secret of many letters",
        **values,
    }
    return {"public_url": "https://bot.example.com", "connectors": {"support": connector}}


def read(**values):
    return read_settings(block(**values), environ={}).connectors["support"]


def problems(**values):
    with pytest.raises(SettingsError) as caught:
        read(**values)
    return {each.key.removeprefix(PREFIX): each.message for each in caught.value.problems}


def test_every_key_is_read():
    support = read(
        ticket={
            "subject": "{workspace}: {handoff_reason}",
            "tags": ["rasa_handoff", "{topic}"],
            "priority": "{handoff_priority}",
            "group_id": 4711,
            "brand_id": "360000000001",
            "fields": {360001234567: "{order_number}", "36": True},
        },
        routes=[
            {"when": {"slot": "topic", "is": "returns"}, "ticket": {"tags": "returns"}},
            {"when": {"reason": "frustration"}, "ticket": {"priority": "high"}},
        ],
    )
    ticket = support.ticket
    assert ticket.subject.names == ("workspace", "handoff_reason")
    assert [each.text for each in ticket.tags] == ["rasa_handoff", "{topic}"]
    assert (ticket.group_id.text, ticket.brand_id.text) == ("4711", "360000000001")
    assert {key: each.text for key, each in ticket.fields.items()} == {
        "360001234567": "{order_number}",
        "36": "true",
    }
    assert [each.ticket.priority and each.ticket.priority.text for each in support.routes] == [
        None,
        "high",
    ]


def test_nothing_has_to_be_written():
    support = read(ticket=None, routes=None)
    assert (support.routes, support.ticket) == ((), read().ticket)


@pytest.mark.parametrize(
    ("ticket", "key", "words"),
    [
        ({"priorty": "high"}, "priorty", "did you mean `priority`?"),
        ({"priority": "hoch"}, "priority", "`urgent`"),
        ({"priority": ["high"]}, "priority", "one value"),
        ({"group_id": "Returns"}, "group_id", "number"),
        ({"brand_id": {"a": 1}}, "brand_id", "one value"),
        ({"subject": "{order number}"}, "subject", "brace"),
        ({"tags": ["order lost"]}, "tags", "`order_lost`"),
        ({"tags": [["a"]]}, "tags", "one value"),
        ({"fields": {"order": "x"}}, "fields", "Admin Center"),
        ({"fields": {7: {"a": "b"}}}, "fields", "the field 7 must be one value"),
        ({"fields": ["x"]}, "fields", "block of ids"),
    ],
)
@pytest.mark.parametrize("in_route", [False, True])
def test_what_is_wrong_is_said_with_its_place(ticket, key, words, in_route):
    if in_route:
        route = {"when": {"channel": "rest"}, "ticket": ticket}
        found, place = problems(routes=[route]), f"routes.1.ticket.{key}"
    else:
        found, place = problems(ticket=ticket), f"ticket.{key}"
    assert list(found) == [place]
    assert words in found[place]


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (None, "is missing"),
        ({}, "must be a block"),
        ("frustration", "must be a block"),
        ({"topic": "returns"}, "known are slot"),
        ({"is": "returns"}, "belongs to"),
        ({"slot": "a", "entity": "b"}, "belongs to"),
        ({"slot": " "}, "must be a name"),
        ({"slot": 7, "is": "x"}, "must be a name"),
        ({"entity": None}, "must be a name"),
        ({"slot": "a", "is": {"b": 1}}, "must be a text"),
        ({"reason": []}, "must be a text"),
    ],
)
def test_conditions_that_cannot_be_meant(when, words):
    found = problems(routes=[{"when": when, "ticket": {"priority": "high"}}])
    assert words in found["routes.1.when"]


@pytest.mark.parametrize("name", ["größe", "订单号", "my slot", "1st", "utm.campaign", "a} {b"])
@pytest.mark.parametrize("source", ["slot", "entity", "metadata"])
def test_conditions_of_whatever_the_bot_calls_its_slots(source, name):
    ticket = {"priority": "high"}
    [route] = read(routes=[{"when": {source: name, "is": "XL"}, "ticket": ticket}]).routes
    assert route.fits({f"{source}.{name}": "xl"}.get)
    assert not route.fits({f"{source}.{name}": "s"}.get)


@pytest.mark.parametrize("told", ["de-AT", "de_AT", "DE-at"])
@pytest.mark.parametrize(("written", "fits"), [("de", True), ("de_AT", True), ("de-CH", False)])
def test_a_language_by_either_of_its_spellings(told, written, fits):
    [route] = read(routes=[{"when": {"locale": written}, "ticket": {"priority": "high"}}]).routes
    assert route.fits({"locale": told}.get) is fits


def test_a_route_is_a_list_of_blocks():
    assert "list" in problems(routes={"when": {"reason": "x"}})["routes"]
    assert "block" in problems(routes=["returns"])["routes.1"]


def test_fields_that_can_never_fit_are_refused_at_once():
    fields = {number: "x" * 900 for number in range(1, 6)}
    assert "4 KB" in problems(ticket={"fields": fields})["ticket"]
    half = {number: "x" * 900 for number in range(1, 4)}
    other = {number: "x" * 900 for number in range(4, 6)}
    routes = [{"when": {"reason": "x"}, "ticket": {"fields": other}}]
    assert "4 KB" in problems(ticket={"fields": half}, routes=routes)["routes.1.ticket"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://bots.example.com/{session}", "`{sender_id}`"),
        ("http://bots.example.com/{sender_id}", "https://"),
        ("{sender_id}", "address"),
        ("javascript:alert({sender_id})", "address"),
        ("https://{sender_id}.example.com/", "address"),
        (["https://bots.example.com"], "text"),
    ],
)
def test_a_link_is_an_address_of_ones_own(address, words):
    assert words in problems(conversation_link=address)["conversation_link"]


def test_the_link_has_quoted_values():
    support = read(conversation_link="https://bots.example.com/c/{sender_id}?w={workspace}")
    link = support.link_to_conversation(sender_id="a/b?c#d é", workspace="w&x", channel="rest")
    assert link == "https://bots.example.com/c/a%2Fb%3Fc%23d%20%C3%A9?w=w%26x"
    assert read().link_to_conversation(sender_id="a", workspace="w", channel="c") is None


def test_the_support_api_is_beside_the_conversations_api():
    assert read().support_url == "https://your-company.zendesk.com/api/v2"
    assert read(base_url="https://api.smooch.io").support_url == (
        "https://your-company.zendesk.com/api/v2"
    )
    assert read(base_url="https://scooter.example").support_url == (
        "https://your-company.zendesk.com/api/v2"
    )
    assert read(base_url="http://127.0.0.1:8090/sc").support_url == "http://127.0.0.1:8090/api/v2"


def test_the_token_is_the_rasa_servers_alone():
    content = block(support_token="${TOKEN}", support_email="ana@example.com")
    token = "a token that nobody may see"
    support = read_settings(content, environ={"TOKEN": token}).connectors["support"]
    assert support.support_token == token
    assert token not in repr(support)
    for_actions = read_settings(content, environ={}, for_actions=True).connectors["support"]
    assert for_actions.support_token != token
