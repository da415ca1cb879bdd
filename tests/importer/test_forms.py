"""A German bot with a form that takes any text, trained: the request for a person leaves it."""

from __future__ import annotations

import pytest

from tests.support.bots import (
    IMPORTER,
    LIGHT_PIPELINE,
    action_server,
    actions_after,
    load_agent,
    nlu,
    rule,
    slot,
    train_bot,
    write_bot,
)

REQUEST = "Ich möchte mit einem Menschen sprechen"
ASKED = "Ich will etwas reklamieren"
FORM = "reklamation_form"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_bot(
        tmp_path_factory.mktemp("reklamation"),
        config={
            "recipe": "default.v1",
            "assistant_id": "moebelhaus",
            "language": "de",
            "importers": [{"name": IMPORTER, "examples": True}],
            "pipeline": LIGHT_PIPELINE,
            "policies": [{"name": "RulePolicy"}, {"name": "MemoizationPolicy"}],
        },
        domain={
            "version": "3.1",
            "intents": ["begruessen", "reklamieren", "oeffnungszeiten"],
            "slots": {
                "grund": {
                    "type": "text",
                    "influence_conversation": False,
                    "mappings": [
                        {
                            "type": "from_text",
                            "conditions": [{"active_loop": FORM, "requested_slot": "grund"}],
                        }
                    ],
                }
            },
            "forms": {FORM: {"required_slots": ["grund"]}, "rueckruf_form": {"required_slots": []}},
            "actions": [f"validate_{FORM}"],
            "responses": {
                "utter_ask_grund": [{"text": "Was ist damit?"}],
                "utter_hallo": [{"text": "Guten Tag!"}],
                "utter_notiert": [{"text": "Notiert: {grund}"}],
                "utter_zeiten": [{"text": "Von 9 bis 18 Uhr."}],
            },
        },
        nlu=nlu(
            begruessen=["Hallo", "Guten Tag", "Moin", "Servus"],
            reklamieren=[ASKED, "Der Stuhl ist kaputt", "Ich habe eine Reklamation"],
            oeffnungszeiten=["Wann haben Sie offen", "Öffnungszeiten", "Wie lange ist geöffnet"],
        ),
        rules={
            "version": "3.1",
            "rules": [
                rule("begruessen", "utter_hallo"),
                rule("oeffnungszeiten", "utter_zeiten"),
                rule("reklamieren", FORM, f"loop:{FORM}"),
                rule(FORM, "loop:", "utter_notiert", form=FORM),
            ],
        },
    )


@pytest.fixture(scope="module")
def model(folder):
    return train_bot(folder)


async def test_the_request_is_heard_in_a_form_that_takes_any_text(model):
    with action_server(lambda call: []) as actions:
        agent = load_agent(model, actions=actions)
        assert await actions_after(agent, ASKED) == [FORM]
        assert await actions_after(agent, REQUEST) == [
            "action_deactivate_loop",
            "action_human_handoff",
        ]
        assert await slot(agent, "grund") is None
        assert await slot(agent, "requested_slot") is None


async def test_a_form_that_fills_its_slots_by_itself_does_not_swallow_the_request(model):
    asked = []

    def fill(call):
        asked.append(call["next_action"])
        is_form = call["next_action"] == f"validate_{FORM}"
        text = call["tracker"]["latest_message"]["text"]
        filled = is_form and text != ASKED
        return [{"event": "slot", "name": "grund", "value": text}] if filled else []

    with action_server(fill) as actions:
        agent = load_agent(model, actions=actions)
        await actions_after(agent, ASKED, sender="19:abc/def@thread.tacv2;id=1")
        asked.clear()
        done = await actions_after(agent, REQUEST, sender="19:abc/def@thread.tacv2;id=1")
        assert done == ["action_deactivate_loop", "action_human_handoff"]
        assert asked == ["action_human_handoff"]
        done = await actions_after(agent, ASKED, "Das Bein wackelt", sender="mara+test@example.com")
        assert done == [FORM, "utter_notiert"]


async def test_other_answers_go_on_as_ever(model):
    with action_server(lambda call: []) as actions:
        agent = load_agent(model, actions=actions)
        assert await actions_after(agent, ASKED, "Das Bein wackelt") == [FORM, "utter_notiert"]
        assert await slot(agent, "grund") == "Das Bein wackelt"
        assert await actions_after(agent, "Servus") == ["utter_hallo"]
        assert await actions_after(agent, REQUEST) == ["action_human_handoff"]


async def test_words_are_german_and_so_are_yes_and_no(model):
    agent = load_agent(model)
    assert agent.domain.responses["utter_handoff_offer"][0]["buttons"] == [
        {"title": "Ja, bitte", "payload": "/affirm"},
        {"title": "Nein, danke", "payload": "/deny"},
    ]
    assert "Menschen" in agent.domain.responses["utter_handoff_offer"][0]["text"]
    for text, intent in (("ja gern", "affirm"), ("nein danke", "deny")):
        assert (await agent.parse_message(text))["intent"]["name"] == intent
