"""The joined domain: everything that a handover needs, and the bot's own word by word."""

from __future__ import annotations

import pytest
from rasa.shared.core.domain import Domain

from tests.support.bots import IMPORTER, importer_of, load, nlu, rule, write_bot
from zendesk_handoff.domain.responses import responses_in
from zendesk_handoff.importer import HandoffImporter
from zendesk_handoff.importer.examples import examples_of

OWN_TEXT = [{"text": "{agent_name} übernimmt. 🙂 <b>Mo</b>", "channel": "telegram"}]


def bot(folder, domain, *, language="en", data=None, **options):
    return write_bot(
        folder,
        config={"language": language, "importers": [{"name": IMPORTER, **options}]},
        domain={"version": "3.1", **domain},
        nlu=data or nlu(greet=["hello", "hi"]),
    )


def test_a_bot_gets_everything(tmp_path):
    domain = load(bot(tmp_path, {"intents": ["greet"]})).get_domain()
    assert {"greet", "human_handoff", "affirm", "deny"} <= set(domain.intents)
    assert {"action_human_handoff", "action_end_handoff"} <= set(domain.user_actions)
    slots = {slot.name: slot for slot in domain.slots}
    for name in ("handoff_status", "handoff_reason", "handoff_end_reason", "workspace"):
        assert not slots[name].influence_conversation
        assert slots[name].mappings == [{"type": "custom"}]
    assert set(responses_in("en")) <= set(domain.responses)


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("de", "de"), ("es", "es"), ("fr-CA", "fr"), ("de_AT", "de"), ("it", "en"), (None, "en")],
)
def test_words_are_in_the_bots_language(language, spoken, tmp_path):
    found = load(bot(tmp_path, {"intents": ["greet"]}, language=language)).get_domain().responses
    words = responses_in(spoken)
    assert found["utter_handoff_started"] == words["utter_handoff_started"]
    titles = [button["title"] for button in found["utter_handoff_offer"][0]["buttons"]]
    assert titles == [examples_of(spoken)["affirm"][0], examples_of(spoken)["deny"][0]]


def test_what_the_bot_has_wins_word_by_word(tmp_path):
    own = {
        "intents": ["greet", {"human_handoff": {"use_entities": []}}],
        "actions": [{"action_human_handoff": {"send_domain": True}}, "action_more"],
        "slots": {
            "handoff_status": {
                "type": "text",
                "influence_conversation": True,
                "mappings": [{"type": "custom", "action": "action_more"}],
            }
        },
        "responses": {"utter_handoff_agent_joined": OWN_TEXT},
        "session_config": {"session_expiration_time": 5, "carry_over_slots_to_new_session": False},
    }
    folder = bot(tmp_path, own)
    before, domain = Domain.load(str(folder / "domain.yml")), load(folder).get_domain()
    assert domain.intents.count("human_handoff") == 1
    assert domain.intent_properties["human_handoff"] == before.intent_properties["human_handoff"]
    assert domain.user_actions.count("action_human_handoff") == 1
    slot = next(slot for slot in domain.slots if slot.name == "handoff_status")
    assert slot.influence_conversation
    assert slot.mappings[0]["action"] == "action_more"
    assert domain.responses["utter_handoff_agent_joined"] == OWN_TEXT
    assert domain.session_config == before.session_config
    need_domain = domain._actions_which_explicitly_need_domain  # Rasa adds the checks of forms
    assert [each for each in need_domain if "validate_" not in each] == ["action_human_handoff"]


def test_each_form_ignores_the_request_and_keeps_its_own(tmp_path):
    slot = {"type": "text", "mappings": [{"type": "from_text"}]}
    forms = {
        "plain_form": {"required_slots": ["size"]},
        "one_form": {"required_slots": ["size"], "ignored_intents": "greet"},
        "list_form": {"required_slots": ["size"], "ignored_intents": ["human_handoff", "greet"]},
    }
    domain = {"intents": ["greet"], "slots": {"size": slot}, "forms": forms}
    found = load(bot(tmp_path, domain)).get_domain().forms
    assert found["plain_form"]["ignored_intents"] == ["human_handoff"]
    assert found["one_form"]["ignored_intents"] == ["greet", "human_handoff"]
    assert found["list_form"] == forms["list_form"]
    assert found["plain_form"]["required_slots"] == ["size"]


def test_a_domain_folder_is_read_whole(tmp_path):
    folder = write_bot(
        tmp_path,
        config={"importers": [{"name": IMPORTER}]},
        domain__intents={"version": "3.1", "intents": ["greet"]},
        domain__deep__forms={"version": "3.1", "forms": {"a_form": {"required_slots": []}}},
    )
    domain = load(folder).get_domain()
    assert {"greet", "human_handoff"} <= set(domain.intents)
    assert domain.forms["a_form"]["ignored_intents"] == ["human_handoff"]


def test_the_domain_survives_its_own_file(tmp_path):
    domain = load(bot(tmp_path, {"intents": ["greet"]})).get_domain()
    again = Domain.from_yaml(domain.as_yaml())
    assert again.fingerprint() == domain.fingerprint()


def test_without_a_domain_nothing_is_made_up(tmp_path):
    folder = bot(tmp_path, {"intents": ["greet"]})
    importer = HandoffImporter(str(folder / "config.yml"), None, [str(folder / "data")])
    assert importer.get_domain().is_empty()
    assert importer.get_stories().is_empty()


def test_a_slot_that_cannot_hold_the_words_is_a_collision(tmp_path):
    slots = {"handoff_status": {"type": "bool", "mappings": [{"type": "custom"}]}}
    (found,) = importer_of(bot(tmp_path, {"intents": ["greet"], "slots": slots})).collisions()
    assert (found.kind, found.name) == ("slot", "handoff_status")
    assert "type: text" in found.cure


def test_a_request_that_nobody_hears_is_a_collision(tmp_path):
    domain = {"intents": ["greet"]}
    (found,) = importer_of(bot(tmp_path, domain, recognizer=False)).collisions()
    assert found.kind == "intent"
    taught = nlu(greet=["hello"], human_handoff=["give me a person"])
    folder = bot(tmp_path, {"intents": ["greet", "human_handoff"]}, data=taught, recognizer=False)
    assert importer_of(folder).collisions() == []
    assert importer_of(bot(tmp_path, domain, recognizer=False, examples=True)).collisions() == []


@pytest.mark.parametrize(
    ("language", "collisions"),
    [("en", 0), ("de_AT", 0), ("es", 0), ("fr-CA", 0), (None, 0), ("it", 1), ("Klingonisch", 1)],
)
def test_the_recogniser_hears_only_the_languages_it_knows(language, collisions, tmp_path):
    domain = {"intents": ["greet"]}
    folder = bot(tmp_path, domain, language=language, examples=True)  # in English for the others
    found = importer_of(folder).collisions()
    assert len(found) == collisions
    assert all(f"language ({language})" in each.cause for each in found)


def test_the_bots_rules_may_name_what_the_importer_brings(tmp_path, recwarn):
    folder = bot(tmp_path, {"intents": ["greet"], "responses": {"utter_hm": [{"text": "Hm"}]}})
    own = rule("human_handoff", "utter_hm", "action_human_handoff")
    write_bot(folder, own={"version": "3.1", "rules": [own]})
    assert own["rule"] in {step.block_name for step in load(folder).get_stories().story_steps}
    assert not [each for each in recwarn if "human_handoff" in str(each.message)]
