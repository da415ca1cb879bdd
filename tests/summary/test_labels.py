"""Labels and word lists by language."""

from __future__ import annotations

import pytest

from tests.support.dialogues import talk
from zendesk_handoff.domain.dialogue import (
    Dialogue,
    Turn,
)
from zendesk_handoff.summary import labels_of, summarize


@pytest.mark.parametrize(
    ("locale", "why", "last"),
    [
        ("de-AT", "Grund:", "Letzte Nachrichten:\nKunde: Hallo"),
        ("es_MX", "Motivo:", "Últimos mensajes:\nCliente: Hallo"),
        ("en", "Why:", "Last messages:\nCustomer: Hallo"),
        ("tlh", "Why:", "Last messages:\nCustomer: Hallo"),
        ("../de", "Why:", "Last messages:\nCustomer: Hallo"),
        (None, "Why:", "Last messages:\nCustomer: Hallo"),
    ],
)
def test_labels_are_in_the_language_of_the_locale(locale, why, last):
    text = summarize(talk("Hallo"), reason="x", locale=locale, max_words=50)
    assert text.startswith(f"{why} x")
    assert text.endswith(last)


def test_the_locale_is_the_dialogues_by_default():
    assert summarize(Dialogue((Turn("user", "Rechnung 4711"),), locale="de")).startswith(
        "Anliegen:"
    )


def test_german_and_spanish_are_shortened_as_well():
    german = talk("Guten Tag, ich suche ein Zimmer in Bonn für 2 Personen, bitte")
    assert "Zimmer in Bonn für 2 Personen" in summarize(german, locale="de")
    assert "ich suche" not in summarize(german, locale="de").split("\n\n")[0]
    spanish = talk("Hola, quiero una habitación en Sevilla para 2 personas, por favor")
    assert "habitación en Sevilla para 2 personas" in summarize(spanish, locale="es")


def test_every_language_has_all_labels():
    assert len({labels_of(each).asked_for_human for each in ("en", "de", "es")}) == 3
