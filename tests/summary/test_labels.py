"""Labels and word lists by language."""

from __future__ import annotations

import pytest

from tests.support.dialogues import talk
from zendesk_handoff.domain.dialogue import (
    Dialogue,
    Turn,
)
from zendesk_handoff.frustration.reasons import texts_of
from zendesk_handoff.summary import labels_of, summarize
from zendesk_handoff.summary.labels import languages


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


def test_french_is_shortened_as_well():
    french = talk("Bonjour, je cherche une chambre à Lyon pour 2 personnes, s'il vous plaît")
    digest = summarize(french, locale="fr").split("\n\n")[0]
    assert digest.startswith("Demande :") and "chambre à Lyon pour 2 personnes" in digest
    assert "je cherche" not in digest and "plaît" not in digest


@pytest.mark.parametrize("language", languages())
def test_every_language_has_all_labels(language):
    """One that is missing is a `KeyError`."""
    labels = labels_of(language)
    assert language == "en" or labels != labels_of("en")


def test_the_labels_are_the_agents_and_the_words_the_users():
    german = talk("Guten Tag, ich suche ein Zimmer in Bonn für 2 Personen, bitte")
    text = summarize(german, reason="x", locale="de", agent_language="fr", max_words=60)
    assert text.startswith("Raison : x\nDemande : Zimmer in Bonn")
    assert "ich suche" not in text.split("\n\n")[0]
    assert "\nDerniers messages :\nClient : Guten Tag" in text


def test_the_mood_is_named_in_the_agents_language():
    angry = talk("where is my parcel", "no idea", "this is a joke, you useless idiots!!!")
    spanish = summarize(angry, agent_language="es", max_words=100)
    mood = spanish.split("Ánimo: ")[1].split("\n")[0].split("; ")
    assert set(mood) <= {each for each in texts_of("es").values() if isinstance(each, str)}
