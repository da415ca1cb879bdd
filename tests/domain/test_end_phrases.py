"""End phrases as people type them."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.end_phrases import EndPhrases, is_restart, phrase_for
from zendesk_handoff.settings.model import DEFAULT_END_PHRASES


@pytest.mark.parametrize(
    "text",
    [
        *("STOP", "Stop.", " stop!! ", "🛑 stop", "«Chat beenden»", "Zurück  zum Bot…", "END-CHAT"),
        *("volver al bot.", "Terminer le chat", "/restart", "/Restart", "/stop@shop_bot"),
        *("zurueck zum bot", "Zuruck zum Bot", "ARRETER", "arre\u0302ter"),
        *("/end_handoff", "/end_handoff{}", '/end_handoff{"a": "b"}', "／ｓｔｏｐ", "ｓｔｏｐ"),
    ],
)
def test_it_leaves(text):
    assert text in EndPhrases(DEFAULT_END_PHRASES)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "...", "🙂", "please stop calling me", "restart", "the restart did not help"),
        *("/stopped", "do not end chat", "bot", "عائشة", "王 小明", "‮pots"),
    ],
)
def test_it_goes_to_the_agent(text):
    assert text not in EndPhrases(DEFAULT_END_PHRASES)


def test_a_mark_of_another_script_makes_another_word():
    chosen = EndPhrases(["がく", "انهاء المحادثة", "Çıkış", "finalización"])
    assert all(each in chosen for each in ("がく!", "انهاء المحادثة.", "Cıkıs", "FINALIZACION"))
    assert "かく" not in chosen


def test_a_phrase_of_signs_alone_is_compared_as_it_is():
    chosen = EndPhrases(["#", "adiós"])
    assert "#" in chosen and "ADIÓS!" in chosen
    assert "*" not in chosen and "stop" not in chosen
    assert "/end_handoff" in chosen and "/restart" in chosen


@pytest.mark.parametrize(
    ("locale", "phrase"),
    [
        (None, "end chat"),
        *(("de-AT", "Chat beenden"), ("fr_CA", "terminer le chat"), ("es", "terminar chat")),
        ("it", "end chat"),
    ],
)
def test_a_user_is_told_the_phrase_of_their_language(locale, phrase):
    assert phrase_for(locale, DEFAULT_END_PHRASES) == phrase


def test_a_user_is_told_a_phrase_that_works():
    assert phrase_for("de", ["/exit", "basta"]) == "basta"
    assert phrase_for("de", ["/exit"]) == "/exit"
    assert phrase_for("de", []) == "/end_handoff"


def test_restart():
    assert is_restart(" /RESTART ") and not is_restart("restart")
