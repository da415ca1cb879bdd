"""Names in the settings of tickets, compared with the domain of a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bot_folder import BotFolder
from zendesk_handoff.checks.archive import Component, Model, read_model
from zendesk_handoff.checks.finding import Outcome
from zendesk_handoff.checks.placeholders import check_placeholders
from zendesk_handoff.domain.ticket import KnownValues
from zendesk_handoff.settings import read_settings

DOMAIN = {
    "slots": {"topic": {"type": "text"}, "größe": {"type": "text"}},
    "entities": ["order_number", {"city": {"roles": ["from", "to"]}}],
}


def settings(**connector):
    content = BotFolder(Path()).block
    content["connectors"]["support"].update(connector)
    return read_settings(content, environ={})


def found(domain=DOMAIN, policies=(), **connector):
    model = Model(Path("x.tar.gz"), "id", None, domain, [], policies, [])
    return list(check_placeholders(model, settings(**connector)))


def asking_for(text, domain=DOMAIN):
    return found(domain, ticket={"fields": {1: text}})


@pytest.mark.parametrize(
    "name",
    [
        *("topic", "order_number", "city", "slot.topic", "entity.city", "slot.größe"),
        *("metadata.campaign", "metadata.utm.source", "slot.requested_slot"),
        *KnownValues.__annotations__,
    ],
)
def test_what_the_bot_has_or_the_plugin_knows(name):
    assert all(each.outcome is Outcome.FINE for each in asking_for(f"{{{name}}}"))


@pytest.mark.parametrize(
    ("name", "cause", "cure"),
    [
        ("slot.topci", "no slot", "Did you mean `topic`?"),
        ("entity.topic", "no entity", "Did you mean `slot.topic`?"),
        ("slot.city", "no slot", "Did you mean `entity.city`?"),
        ("entity.handoff_priorty", "no entity", "Correct it, or add it"),
        ("handoff_priorty", "neither", "Did you mean `handoff_priority`?"),
        ("handoff_group_id", "neither", "Declare the slot"),
        ("handoff_topic", "neither", "Use HandoffImporter"),
        ("campaign", "neither", "write `{metadata.campaign}`"),
        ("slot.campaign", "no slot", "add it to the domain"),
    ],
)
def test_a_name_of_nothing_has_a_cure(name, cause, cure):
    [wrong] = asking_for(f"{{{name}}}")
    assert wrong.outcome is Outcome.WARNING
    assert f"`{name}` of ticket.fields is {cause}" in wrong.cause
    assert cure in wrong.cure


def test_no_client_fills_what_the_bot_sets():
    [wrong] = asking_for("{handoff_vip}")
    assert "metadata" not in wrong.cure


def test_a_bot_of_flows_has_no_form_that_asks():
    policies = [Component("rasa.core.policies.flow_policy.FlowPolicy")]
    [wrong] = found(policies=policies, ticket={"tags": ["{handoff_topic}"]})
    assert "let a flow collect it" in wrong.cure and "HandoffImporter" not in wrong.cure


def test_every_place_of_a_name_is_told_once():
    [wrong] = found(
        ticket={"subject": "{a} {a}", "tags": ["x", "{a}"]},
        routes=[
            {"when": {"slot": "topic"}, "ticket": {"priority": "high"}},
            {"when": {"metadata": "a", "reason": "request"}, "ticket": {"group_id": "{a}"}},
        ],
    )
    assert "`a` of ticket.subject, ticket.tags and routes.2.ticket.group_id is" in wrong.cause


def test_a_condition_is_compared_too():
    when = {"entity": "town", "is": "Oslo", "channel": "rest"}
    [wrong] = found(routes=[{"when": when, "ticket": {"priority": "high"}}])
    assert "`entity.town` of routes.1.when is no entity" in wrong.cause


def test_each_connector_has_its_own():
    content = BotFolder(Path()).block
    other = {**content["connectors"]["support"], "workspaces": ["shop"]}
    content["connectors"]["shop"] = {**other, "ticket": {"tags": ["{tpic}"]}}
    content["connectors"]["support"]["ticket"] = {"tags": ["{topic}"]}
    model = Model(Path("x.tar.gz"), "id", None, DOMAIN, [], [], [])
    support, shop = check_placeholders(model, read_settings(content, environ={}))
    assert (support.check, support.outcome) == ("ticket fields (support)", Outcome.FINE)
    assert (shop.check, shop.outcome) == ("ticket fields (shop)", Outcome.WARNING)


def test_nothing_is_said_where_nothing_is_asked():
    assert found() == []
    assert found(ticket={"tags": ["vip", "{workspace}"], "priority": "high"}) == []


def test_a_bot_without_slots():
    assert [each.outcome for each in asking_for("{topic}", domain={})] == [Outcome.WARNING]


def test_a_bot_that_the_importer_completes(tmp_path):
    model = read_model(BotFolder(tmp_path).train())
    names = ["handoff_topic", "handoff_name", "handoff_reason", "slot.workspace", "order_number"]
    asked = settings(ticket={"tags": [f"{{{each}}}" for each in names]})
    [fine] = check_placeholders(model, asked)
    assert fine.outcome is Outcome.FINE
