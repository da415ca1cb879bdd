"""The page's words: complete in each language, and chosen by address and browser."""

from __future__ import annotations

import re

import pytest

from zendesk_handoff.webchat.error_responses import _OF_LIMITS
from zendesk_handoff.webchat.page import HERE
from zendesk_handoff.webchat.words import choose_language, languages, words_in

SCRIPTS = {path.name: path.read_text("utf-8") for path in HERE.glob("*.js")}
PLACEHOLDER = re.compile(r"\{\w+\}")


def test_the_languages_have_the_same_words_and_placeholders():
    assert set(languages()) == {"de", "en", "es", "fr"}
    english = words_in("en")
    for language in languages():
        words = words_in(language)
        assert words.keys() == english.keys()
        for key, text in words.items():
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(english[key]))
            assert text.strip() == text != ""


def test_the_words_of_the_scripts_and_of_the_page_exist():
    used = {key for text in SCRIPTS.values() for key in re.findall(r'say\("(\w+)"', text)}
    used |= set(re.findall(r"\{\{words\.(\w+)\}\}", (HERE / "index.html").read_text("utf-8")))
    assert len(used) > 20
    assert used <= words_in("en").keys()


def test_every_limit_has_words():
    assert {f"error_limit_{limit}" for limit in _OF_LIMITS} <= words_in("en").keys()


def test_no_script_has_words_of_its_own():
    """Sentences begin with a capital and contain a space; the launcher's are for developers."""
    sentence = re.compile(r'"[A-Z][a-z]+ [^"]*"')
    found = {name: sentence.findall(text) for name, text in SCRIPTS.items()}
    assert not any(found.values()), found


@pytest.mark.parametrize(
    ("locale", "accepted", "expected"),
    [
        (None, None, "en"),
        ("de", "fr", "de"),
        ("de_AT", None, "de"),
        ("pt-BR", "es-MX,es;q=0.9", "es"),
        (None, "pt, fr-CH;q=0.8, de;q=0.9", "de"),
        (None, "pt;q=1, fr;q=0", "en"),
        (None, "de;q=x, fr;q=0.1", "fr"),
        (None, "*", "en"),
        ("", "", "en"),
        ("../../etc", "en.yml,<b>", "en"),
        ("x" * 9000, ";;;,,,;q=" * 900, "en"),
    ],
)
def test_the_language_is_that_of_the_address_then_of_the_browser(locale, accepted, expected):
    assert choose_language(locale, accepted) == expected
