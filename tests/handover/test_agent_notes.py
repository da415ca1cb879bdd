"""What the plugin writes to the agents: each language complete."""

from __future__ import annotations

import re

import pytest

from tests.support.names import TEXTS
from zendesk_handoff.domain.responses import languages as languages_of_responses
from zendesk_handoff.domain.session import ENDS_BY_ZENDESK, EndReason, State
from zendesk_handoff.handover.agent_notes import agent_note, closing_note, languages, notes_in
from zendesk_handoff.summary import labels_of
from zendesk_handoff.summary.labels import languages as languages_of_labels

PLACEHOLDER = re.compile(r"\{(\w+)\}")


def test_the_same_languages_have_responses_labels_and_notices():
    assert languages() == languages_of_responses() == languages_of_labels()


@pytest.mark.parametrize("language", languages())
def test_a_language_has_every_notice_with_the_same_placeholders(language):
    english, table = notes_in("en"), notes_in(language)
    assert table.keys() == english.keys()
    for name, text in table.items():
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(english[name])), name
    assert language == "en" or not set(table.values()) & set(english.values())


@pytest.mark.parametrize("language", languages())
def test_a_language_has_a_note_for_every_end_by_us(language):
    # A message that was left is no end of a talk: the note before it says all.
    without_note = ENDS_BY_ZENDESK | {EndReason.MESSAGE_LEFT}
    ours = {reason.value for reason in EndReason if reason not in without_note}
    ends = {name for name in notes_in(language) if name.startswith("end_")}
    assert ends == {f"end_{reason}" for reason in ours | {State.FAILED.value}}
    for reason in ours:
        assert closing_note(reason, language) == notes_in(language)[f"end_{reason}"]


@pytest.mark.parametrize("locale", ["de-AT", "DE"])
def test_a_locale_has_its_languages_notices(locale):
    assert notes_in(locale) == notes_in("de")


@pytest.mark.parametrize("locale", ["tlh", "../en", "", None])
def test_any_other_language_is_english(locale):
    assert notes_in(locale) == notes_in("en")
    assert labels_of(locale) == labels_of("en")


def test_an_end_of_a_kind_that_is_not_known_is_told_as_the_users():
    assert closing_note("leave", "fr") == closing_note("user", "fr")


@pytest.mark.parametrize("text", [*TEXTS, "{reason}", "{0}"])
def test_a_text_is_taken_as_it_is(text):
    assert agent_note("corrected", "de", text=text) == f"Berichtigt: {text}"
