"""A German bot with a form that takes any text, trained: the request for a person leaves it."""

from __future__ import annotations

import asyncio

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from tests.support.bots import (
    action_server,
    actions_after,
    configuration,
    load_agent,
    nlu,
    rule,
    slot,
    train_bot,
    write_bot,
)
from zendesk_handoff.actions import (
    AskEmail,
    AskMessage,
    AskName,
    AskTopic,
    ValidateContactForm,
    ValidateMessageForm,
)
from zendesk_handoff.domain.form_answers import QUESTIONS

REQUEST = "Ich möchte mit einem Menschen sprechen"
ASKED = "Ich will etwas reklamieren"
FORM = "reklamation_form"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_bot(
        tmp_path_factory.mktemp("reklamation"),
        config=configuration("RulePolicy", "MemoizationPolicy", language="de", examples=True),
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


MESSAGE_FORM, CONTACT_FORM = "handoff_message_form", "handoff_contact_form"
_CLASSES = (ValidateMessageForm, ValidateContactForm, AskEmail, AskMessage, AskName, AskTopic)
OURS = {each.name(): each for each in (kind() for kind in _CLASSES)}


def asking(form):
    """The plugin's own checks and questions; the first request for a person begins a form."""

    def answer(call):
        name = call["next_action"]
        if name in OURS:
            found = Tracker.from_dict(call["tracker"])
            return asyncio.run(OURS[name].run(CollectingDispatcher(), found, call["domain"]))
        begins = name == "action_human_handoff" and not call["tracker"]["slots"]["handoff_contact"]
        if not begins:
            return []
        values = dict.fromkeys(QUESTIONS[form])
        if form == CONTACT_FORM:
            values["handoff_contact"] = "asked"
        slots = [{"event": "slot", "name": name, "value": each} for name, each in values.items()]
        return [*slots, {"event": "followup", "name": form}]

    return answer


async def slots_of(agent, form, sender):
    return [await slot(agent, name, sender) for name in QUESTIONS[form]]


async def test_a_message_is_asked_for_whatever_it_says(model):
    with action_server(asking(MESSAGE_FORM)) as actions:
        agent = load_agent(model, actions=actions)
        sender = "whatsapp:+491700000001"
        begun = await actions_after(agent, REQUEST, sender=sender)
        assert begun == ["action_human_handoff", MESSAGE_FORM]
        assert await actions_after(agent, "Guten Tag", sender=sender) == [MESSAGE_FORM]
        assert await slot(agent, "handoff_email", sender) is None, "no address"
        assert await actions_after(agent, "jo@example.com", sender=sender) == [MESSAGE_FORM]
        # It asks for a person, and is the message nevertheless.
        done = await actions_after(agent, REQUEST, sender=sender)
        assert done == [MESSAGE_FORM, "action_handoff_message"]
        assert await slots_of(agent, MESSAGE_FORM, sender) == ["jo@example.com", REQUEST]
        assert await slot(agent, "requested_slot", sender) is None
        assert await actions_after(agent, "Servus", sender=sender) == ["utter_hallo"]


async def test_a_message_out_of_another_form(model):
    with action_server(asking(MESSAGE_FORM)) as actions:
        agent = load_agent(model, actions=actions)
        assert await actions_after(agent, ASKED, REQUEST, sender="x") == [
            *("action_deactivate_loop", "action_human_handoff", MESSAGE_FORM)
        ]
        assert await slots_of(agent, MESSAGE_FORM, "x") == [None, None]


@pytest.mark.parametrize("texts", [["abbrechen"], ["jo@example.com", "Stopp!"]])
async def test_a_message_is_left(model, texts):
    with action_server(asking(MESSAGE_FORM)) as actions:
        agent, sender = load_agent(model, actions=actions), "王 小明"
        done = await actions_after(agent, REQUEST, *texts, sender=sender)
        assert done == [MESSAGE_FORM, "action_handoff_message"]
        assert await slot(agent, "handoff_message", sender) is None
        assert await actions_after(agent, "Servus", sender=sender) == ["utter_hallo"]


async def test_the_questions_before_a_handover(model):
    with action_server(asking(CONTACT_FORM)) as actions:
        agent = load_agent(model, actions=actions)
        done = await actions_after(
            agent, REQUEST, "Jo O'Neil", "nein danke", "ein Stuhl", sender="q"
        )
        assert done == [CONTACT_FORM, "action_human_handoff"]
        assert await slots_of(agent, CONTACT_FORM, "q") == ["Jo O'Neil", "", "ein Stuhl"]
        again = await actions_after(agent, REQUEST, sender="r")
        assert again == ["action_human_handoff", CONTACT_FORM]
        # Asked for again, a person comes without answers.
        assert await actions_after(agent, REQUEST, sender="r") == [
            *("action_deactivate_loop", "action_human_handoff")
        ]
        left = await actions_after(agent, REQUEST, "abbrechen", sender="s")
        assert left == [CONTACT_FORM, "action_human_handoff"]
        assert await slot(agent, "handoff_contact", "s") == "left"


async def test_a_button_of_the_bots_is_answered_in_between(model):
    with action_server(asking(MESSAGE_FORM)) as actions:
        agent = load_agent(model, actions=actions)
        await actions_after(agent, REQUEST, sender="b")
        done = await actions_after(agent, "/oeffnungszeiten", sender="b")
        assert done == ["utter_zeiten", MESSAGE_FORM], "then the question is asked again"
        assert await slot(agent, "handoff_email", "b") is None
