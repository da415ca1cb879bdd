"""The bot's own intents for "yes" and "no", and examples where it has none."""

from __future__ import annotations

import pytest

from tests.importer.test_domain import bot
from tests.support.bots import importer_of, load, nlu
from zendesk_handoff.importer.examples import examples_of

LANGUAGES = ("en", "de", "es", "fr")


def texts(importer, intent):
    return [
        m.get("text") for m in importer.get_nlu_data().intent_examples if m.get("intent") == intent
    ]


def test_a_bot_without_yes_and_no_gets_examples_in_its_language(tmp_path):
    importer = load(bot(tmp_path, {"intents": ["greet"]}, language="de"))
    assert texts(importer, "affirm") == examples_of("de")["affirm"]
    assert texts(importer, "deny") == examples_of("de")["deny"]
    assert texts(importer, "human_handoff") == []
    assert texts(importer, "greet") == ["hello", "hi"]


def test_a_bot_with_yes_and_no_keeps_its_own_examples_alone(tmp_path):
    own = nlu(affirm=["jawohl", "yes"], deny=["nö"])
    importer = load(bot(tmp_path, {"intents": ["affirm", "deny"]}, data=own))
    assert (texts(importer, "affirm"), texts(importer, "deny")) == (["jawohl", "yes"], ["nö"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_names_are_found_by_their_examples(language, tmp_path):
    yes, no = examples_of(language)["affirm"], examples_of(language)["deny"]
    own = nlu(zustimmen=[yes[1].upper(), f"{yes[3]}!"], ablehnen=no[1:4], greet=[yes[4], "hi"])
    domain = {"intents": ["greet", "zustimmen", "ablehnen"]}
    names = importer_of(bot(tmp_path, domain, data=own, language=language)).names()
    assert (names.affirm, names.deny) == ("zustimmen", "ablehnen")


def test_options_name_them(tmp_path):
    domain = {"intents": ["greet", "affirm", "ok_intent", "nope_intent"]}
    names = importer_of(bot(tmp_path, domain, affirm="ok_intent", deny="nope_intent")).names()
    assert (names.affirm, names.deny) == ("ok_intent", "nope_intent")


def test_one_word_in_common_does_not_make_a_yes(tmp_path):
    own = nlu(mood_great=["perfect", "yes", "wonderful"], greet=["hi"])
    names = importer_of(bot(tmp_path, {"intents": ["greet", "mood_great"]}, data=own)).names()
    assert names.affirm == "affirm"


def test_no_text_is_taught_twice(tmp_path):
    own = nlu(mood_great=["perfect", "Yes", "wonderful"], greet=["hi"])
    importer = load(bot(tmp_path, {"intents": ["greet", "mood_great"]}, data=own))
    assert "yes" not in texts(importer, "affirm")
    assert len(texts(importer, "affirm")) == len(examples_of("en")["affirm"]) - 1


@pytest.mark.parametrize("frustration", ["off", "escalate"])
def test_without_an_offer_nothing_is_taught(frustration, tmp_path):
    importer = load(bot(tmp_path, {"intents": ["greet"]}, frustration=frustration))
    assert not {"affirm", "deny"} & set(importer.get_domain().intents)
    assert texts(importer, "affirm") == []


def test_examples_of_the_request_where_wanted(tmp_path):
    importer = load(bot(tmp_path, {"intents": ["greet"]}, language="es", examples=True))
    assert texts(importer, "human_handoff") == examples_of("es")["request"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_are_told_apart(language):
    found = examples_of(language)
    assert set(found) == {"affirm", "deny", "request"}
    everything = [text.casefold() for texts in found.values() for text in texts]
    assert len(everything) == len(set(everything))
    assert all(len(texts) >= 10 for texts in found.values())
