"""The built-in responses: each language complete, and fit to be a domain's."""

from __future__ import annotations

import re

import pytest

from tests.support.names import AGENTS
from zendesk_handoff.domain import responses
from zendesk_handoff.domain.end_phrases import END_PAYLOAD, PHRASES
from zendesk_handoff.domain.responses import (
    AGENT_JOINED,
    BACK_OFFER,
    HOW_TO_LEAVE,
    default_message,
    default_response,
    languages,
    responses_in,
)

NAMES = {value for value in vars(responses).values() if str(value).startswith("utter_")}
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def test_the_languages():
    assert {"en", "de", "es", "fr"} <= set(languages())
    assert set(languages()) == PHRASES.keys()


@pytest.mark.parametrize("language", languages())
def test_a_language_has_every_response_with_the_same_placeholders_and_payloads(language):
    english, table = responses_in("en"), responses_in(language)
    assert table.keys() == NAMES
    for name, variations in table.items():
        for each, model in zip(variations, english[name], strict=True):
            assert each["text"].strip()
            assert set(PLACEHOLDER.findall(each["text"])) == set(
                PLACEHOLDER.findall(model["text"])
            ), name
            assert [button["payload"] for button in each.get("buttons", [])] == [
                button["payload"] for button in model.get("buttons", [])
            ]


def test_no_two_languages_say_the_same():
    for name in NAMES:
        assert len({default_response(name, each) for each in languages()}) == len(languages()), name


@pytest.mark.parametrize("language", languages())
def test_the_texts_name_no_phrase_that_settings_may_change(language):
    for variations in responses_in(language).values():
        for phrase in PHRASES[language]:
            assert all(phrase.casefold() not in each["text"].casefold() for each in variations)


@pytest.mark.parametrize("language", languages())
def test_the_offer_to_return_names_the_phrase_and_has_a_button(language):
    message = default_message(BACK_OFFER, language, end_phrase="x y z")
    assert "x y z" in message["text"]
    [button] = message["buttons"]
    assert button["payload"] == END_PAYLOAD and button["title"].strip()


def test_a_domain_may_be_changed_without_changing_the_built_in_responses():
    responses_in("de")[BACK_OFFER][0]["buttons"].clear()
    default_message(BACK_OFFER, "de")["buttons"].clear()
    assert default_message(BACK_OFFER, "de")["buttons"]


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        *(("de-AT", "de"), ("es_MX", "es"), ("fr-CA", "fr"), ("EN-us", "en")),
        *(("tlh", "en"), ("../de", "en"), ("", "en"), (None, "en")),
    ],
)
def test_the_language_of_a_locale(locale, language):
    assert responses_in(locale) == responses_in(language)
    assert default_response(HOW_TO_LEAVE, locale) == default_response(HOW_TO_LEAVE, language)


@pytest.mark.parametrize("name", AGENTS)
def test_a_placeholders_value_is_taken_literally(name):
    assert default_response(AGENT_JOINED, "fr", agent_name=name) == f"{name} a rejoint le chat."


def test_a_value_that_looks_like_a_placeholder_stays_as_it_is():
    said = default_response(AGENT_JOINED, agent_name="{end_phrase}", end_phrase="x")
    assert said == "{end_phrase} has joined the chat."
