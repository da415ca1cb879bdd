"""Requests for a person, read by the model that ships with the package."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.intent import read_set, score
from tests.support.servers import ROOT
from zendesk_handoff import wish
from zendesk_handoff.wish import Kind
from zendesk_handoff.wish.model import Model
from zendesk_handoff.wish.reading import MAX_LENGTH, NOTHING

REQUESTS = (
    *("agent", "Human!", "a REAL person please", "operator", "can I talk to someone?"),
    "could you put me through to one of your colleagues",
    "I don’t want to chat with a machine, get me a person",
    "pls connect me to an agnet",
    "is there anybody I can speak to about my bill",
    "is Priya in today? I'd like a word with her",
    "My parcel has not come. The number is 4711. Can I speak to someone? It is for my sister.",
    "I ordered two lamps\nboth are broken\nplease get me a human",
)
#: Close to a request, and none. Only these and their like make a recogniser expensive.
NONE = (
    *("talk to you later", "talk soon", "I will speak to my wife first", "hello guys", "bye mate"),
    *("are you a human?", "am I talking to a person", "who made you?", "my agent was rude"),
    *("estate agent near me", "how many people can come", "transfer 20 euros to a friend"),
    *("what does customer service cost", "chat with you tomorrow", "thanks for talking to me"),
    *("I paid someone", "could I check in at 4 please", "I'd like to talk about the actual topic"),
)
#: The same in the other languages of the recogniser.
REQUESTS_BY_LANGUAGE = {
    "de": (
        *(
            "Mensch",
            "Ich möchte mit einem Menschen sprechen",
            "moechte mit einem mitarbeiter reden",
        ),
        *(
            "Verbinden Sie mich bitte mit einem Kollegen",
            "Mein Paket fehlt. Ist da jemand?! MENSCH",
        ),
    ),
    "es": (
        *("humano", "quiero hablar con una persona real", "¿Puedo hablar con alguien?"),
        *("No funciona. Páseme con un asesor, por favor.", "quiero hablar con algien"),
    ),
    "fr": (
        *(
            "un humain",
            "Je voudrais parler à un conseiller",
            "passez-moi quelqu’un s'il vous plaît",
        ),
        *("je veux parler a quelqu'un", "Mon colis est perdu. Puis-je parler à une personne ?"),
    ),
}
NONE_BY_LANGUAGE = {
    "de": (
        *("Wo bleibt mein Paket?", "Das Team ist super", "bist du ein Mensch", "zwei Personen"),
        *(
            "wie viele Menschen leben hier",
            "ich rede erst mit meiner Frau",
            "die Verbindung ist schlecht",
        ),
    ),
    "es": (
        *("¿Dónde está mi pedido?", "somos tres personas", "eres una persona", "hablamos luego"),
        *("mi agente se jubiló", "quiero hablar de mi factura", "derechos humanos"),
    ),
    "fr": (
        *("un agent immobilier à Lyon", "c'est le service", "es-tu un humain", "deux personnes"),
        *("il n'y a personne ici", "je veux parler de ma facture", "on se parle plus tard"),
    ),
}
#: Everyday messages and requests in languages that no model was fitted on.
FOREIGN = (
    *("posso parlare con una persona?", "quero falar com um atendente", "de trein is te laat"),
    *("Wat kost een live agent?", "kan ik een medewerker spreken", "jag vill prata med någon"),
    *("chcę rozmawiać z człowiekiem", "gdzie jest mój bilet", "vull parlar amb algú"),
    *("bir insanla konuşmak istiyorum", "saya mau bicara dengan orang", "tôi muốn gặp nhân viên"),
    *("хочу поговорить с оператором", "θέλω να μιλήσω με άνθρωπο", "상담원과 이야기하고 싶어요"),
    *("我要人工客服", "オペレーターと話したい", "मुझे किसी से बात करनी है", "ฉันอยากคุยกับคน"),
    *("أريد التحدث إلى موظف", "אני רוצה לדבר עם נציג", "می‌خواهم با کسی صحبت کنم"),
)


def _listed(by_language):
    return [(language, text) for language, texts in by_language.items() for text in texts]


@pytest.mark.parametrize("text", REQUESTS)
def test_a_request_is_sure(text):
    assert wish.read(text).is_sure


@pytest.mark.parametrize("text", [*NONE, *FOREIGN])
def test_anything_else_is_not(text):
    assert not wish.read(text).is_sure


@pytest.mark.parametrize(("language", "text"), _listed(REQUESTS_BY_LANGUAGE))
def test_a_request_in_another_language_is_sure(language, text):
    found = wish.read(text)
    assert found.is_sure
    assert found.language == language


@pytest.mark.parametrize(("language", "text"), _listed(NONE_BY_LANGUAGE))
def test_anything_else_in_another_language_is_not(language, text):
    assert not wish.read(text).is_sure


KINDS = {
    "let me talk to someone": Kind.EXPLICIT,
    "agent": Kind.EXPLICIT,
    "I want to speak to your supervisor": Kind.ROLE,
    "get me your manager on the line": Kind.ROLE,
    "put me through to the billing department": Kind.ROLE,
    "please call me back this afternoon": Kind.CALLBACK,
    "if this does not work I want a person": Kind.CONDITIONAL,
    "I don't need a person": Kind.NEGATED,
    "please don't transfer me to an agent": Kind.NEGATED,
    "the agent I spoke to was rude": Kind.PAST,
    "I talked to someone from your team yesterday": Kind.PAST,
    "what is the phone number of customer service": Kind.NUMBER,
    "where is my parcel": Kind.OTHER,
    "call me a taxi": Kind.OTHER,
    "ich möchte Ihren Chef sprechen": Kind.ROLE,
    "bitte rufen Sie mich zurück": Kind.CALLBACK,
    "wenn das nicht klappt, will ich mit einem Menschen reden": Kind.CONDITIONAL,
    "ich brauche keinen Mitarbeiter": Kind.NEGATED,
    "euer Mitarbeiter hat mir gestern das versprochen": Kind.PAST,
    "wie lautet die Nummer der Hotline": Kind.NUMBER,
    "páseme con el gerente": Kind.ROLE,
    "no quiero hablar con nadie": Kind.NEGATED,
    "ayer hablé con un agente": Kind.PAST,
    "rappelez-moi s'il vous plaît": Kind.CALLBACK,
    "quel est le numéro du service client": Kind.NUMBER,
    "si ça ne marche pas, je veux parler à quelqu'un": Kind.CONDITIONAL,
}


@pytest.mark.parametrize(("text", "kind"), KINDS.items())
def test_a_message_has_its_kind(text, kind):
    found = wish.read(text)
    assert found.kind is kind
    assert found.is_sure is (kind in wish.REQUESTS)


@pytest.mark.parametrize("text", [*REQUESTS, *KINDS, *NONE, *FOREIGN])
def test_the_reason_is_a_part_of_the_message(text):
    found = wish.read(text)
    assert found.why in text
    assert bool(found.why) is (found.kind is not Kind.OTHER)


@pytest.mark.parametrize(
    ("text", "why", "not_why"),
    [
        ("my kitchen lamp is broken, get me your manager", "manager", "lamp"),
        ("Wo bleibt die Lampe? Ich will mit einem Menschen sprechen", "Menschen", "Lampe"),
        ("¿Dónde está la lámpara? Quiero hablar con una persona", "hablar", "lámpara"),
        ("Où est ma lampe ? Je veux parler à un conseiller", "parler", "lampe"),
    ],
)
def test_the_reason_leaves_the_rest_out(text, why, not_why):
    found = wish.read(text).why
    assert why in found
    assert not_why not in found


@pytest.mark.parametrize("text", ["", " \n\t", "?!…", "🙂🙃", "\u202e", "4711", "12 34-56", "_"])
def test_a_text_without_words_is_none(text):
    assert not wish.read(text).is_sure


@pytest.mark.parametrize("text", ["", " \n\t", "?!…", "🙂🙃", "\u202e"])
def test_nothing_is_nothing(text):
    assert wish.read(text) == NOTHING


def test_case_and_apostrophes_make_no_difference():
    loud, quiet = wish.read("I DON'T WANT A BOT"), wish.read("i don’t want a bot")
    assert replace(loud, why="") == replace(quiet, why="")
    assert loud.why.lower() == quiet.why.replace("’", "'")


def test_a_letter_held_down_makes_no_difference():
    assert wish.read("pleeease get me an agenttt").confidence == (
        wish.read("please get me an agent").confidence
    )


def test_what_goes_beyond_the_limit_is_not_read():
    text = "where is my parcel? " * (MAX_LENGTH // 10)
    assert wish.read(text + "a human please") == wish.read(text)
    assert len(text) > MAX_LENGTH


@pytest.mark.parametrize("text", ["where is my parcel? ", "tea ", "x", "é", "متى تفتحون "])
def test_a_long_message_about_something_else_is_none(text):
    assert not wish.read((text * 4096)[:4096]).is_sure


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from([*REQUESTS, *FOREIGN])).map(" ".join)))
def test_any_text_is_read(text):
    found = wish.read(text)
    assert math.isfinite(found.confidence)
    assert 0 <= found.confidence <= 1
    assert wish.read(text) == found


@pytest.mark.parametrize(
    ("name", "precision", "recall", "false_alarms"),
    [
        ("requests_customers_unseen", 0.96, 0.90, 0.02),
        ("requests_customers_looked_at", 0.98, 0.95, 0.01),
        ("requests_unseen", 0.95, 0.93, 0.025),
        ("requests_looked_at", 0.97, 0.98, 0.01),
        ("requests_other_trades_unseen", 0.93, 0.81, 0.04),
        ("requests_de_unseen", 0.92, 0.88, 0.06),
        ("requests_es_unseen", 0.92, 0.88, 0.06),
        ("requests_fr_unseen", 0.95, 0.88, 0.03),
    ],
)
def test_the_figures_of_the_documentation(name, precision, recall, false_alarms):
    utterances = read_set(ROOT / "tests" / "data" / f"{name}.yml")
    found = score([u.wanted for u in utterances], [wish.read(u.text).is_sure for u in utterances])
    assert found.hits + found.misses >= 110
    assert found.negatives >= 170
    assert found.precision >= precision
    assert found.recall >= recall
    assert found.false_alarm_rate <= false_alarms


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("where is my parcel", 1),
        ("... get me a human!!", 1),
        ("Where is my parcel? Get me a human.", 3),
    ],
)
def test_a_message_of_one_sentence_is_read_once(text, parts, monkeypatch):
    read, probabilities = [], Model.probabilities

    def counted(model, words):
        read.append(words.text)
        return probabilities(model, words)

    monkeypatch.setattr(Model, "probabilities", counted)
    wish.read(text)
    assert len(read) == parts
