"""The score: messages that raise it, messages that do not, its reasons and its limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zendesk_handoff import frustration
from zendesk_handoff.domain.dialogue import Dialogue, Turn, dialogue_from_turns
from zendesk_handoff.frustration import explain
from zendesk_handoff.frustration.phrases import (
    PhraseBook,
    detect_language,
    languages,
    read_groups,
)
from zendesk_handoff.frustration.reasons import texts_of
from zendesk_handoff.frustration.wording import MAX_LENGTH


def score(*texts, locale=None, **options):
    """Score the last of texts that user and bot wrote in turn, the user's being the last."""
    speakers = [
        "user" if place % 2 == len(texts) % 2 else "bot" for place in range(1, 1 + len(texts))
    ]
    turns = [{"speaker": one, "text": text} for one, text in zip(speakers, texts, strict=True)]
    return frustration.score(dialogue_from_turns(turns, locale=locale), **options)


LOST = "Sorry, I did not get that. Could you put it differently?"


@pytest.mark.parametrize(
    "texts",
    [
        ("hello", "Hi!", "you stupid machine"),
        ("where is it?", "It arrives soon.", "great, another useless answer"),
        ("how do I pay?", "You can pay by card.", "wow, so helpful. thanks for nothing"),
        ("where is my order", "Please tell me the number.", "this is the third time I'm asking"),
        ("where is my order", LOST, "WHERE IS MY ORDER"),
        ("where is my order", LOST, "where is my order!", LOST, "where is my order please"),
        ("can I cancel?", "Which order?", "are you even reading what I write?"),
        ("can I cancel?", "Which order?", "I am so fed up with this"),
        ("can I cancel?", "Which order?", "this is going nowhere, I give up"),
        ("can I cancel?", "Which order?", "🤬🤬🤬"),
        ("can I cancel?", "Which order?", "worst service ever, I'll never order here again"),
        ("wo ist mein Paket?", "Welche Nummer?", "Das ist lächerlich, du verstehst gar nichts!"),
        ("wo ist mein Paket?", "Welche Nummer?", "Verdammter Mist, ich habe die Nase voll"),
        ("¿dónde está mi pedido?", "¿Qué número?", "Esto es ridículo, no sirves para nada"),
        ("¿dónde está mi pedido?", "No entendí.", "Ya te lo dije tres veces, estoy harto"),
    ],
    ids=lambda texts: texts[-1],
)
def test_a_frustrated_user_is_noticed(texts):
    found = score(*texts)
    assert found.escalate
    assert found.reasons


@pytest.mark.parametrize(
    "texts",
    [
        ("hi there, hope you are well!",),
        ("my mug arrived broken, can I return it?",),
        ("my kettle does not work, what can I do?",),
        ("hi, I was charged twice, could you refund one?",),
        ("I want to make a complaint about a delivery",),
        ("where do I see your damn refund policy",),
        ("what the hell is a bistro chair?",),
        ("do you sell trash cans?",),
        ("where is my order", "Which order is it about?", "no"),
        ("where is my order", "Which order is it about?", "not sure, sorry"),
        ("where is it?", "It arrives tomorrow.", "oh damn, I will be away. Can you change it?"),
        ("where is it?", LOST, "where is my parcel?"),
        ("where is it?", LOST, "I mean order 10234"),
        ("hi", "Hello!", "👍"),
        ("hi", "Hello!", "?"),
        ("hi", "Hello!", "HOW MUCH IS SHIPPING"),
        ("is shipping free?", "Free from 50 on.", "damn, that is good"),
        ("meine Tasse ist kaputt, kann ich sie zurückgeben?",),
        ("guten Tag, ich habe ein Problem mit meiner Bestellung",),
        ("¿puedo devolver una taza rota?",),
        ("wo ist mein Paket?", "Wie lautet die Nummer?", "weiß ich nicht"),
    ],
    ids=lambda texts: texts[-1],
)
def test_a_calm_user_is_not_escalated(texts):
    assert not score(*texts).escalate


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ("where is my order", "where is my order, you idiot"),
        ("where is my order", "where is my damn order"),
        ("where is my damn order", "where is my fucking order, you liar"),
        ("this does not help", "THIS DOES NOT HELP"),
        ("this does not help", "this does not help!!!"),
        ("this is bad, sorry to say so, thank you", "this is bad"),
        ("that product is garbage", "you are garbage, stupid bot"),
    ],
)
def test_a_stronger_message_scores_more(less, more):
    before = ("hello", "Hello, how can I help?")
    assert score(*before, less).score < score(*before, more).score


WAITING = texts_of("en")["waiting"]


@pytest.mark.parametrize(
    "text",
    [
        "can you tell me your opening hours please?",
        "hi, are the hours the same in winter?",
    ],
)
def test_opening_hours_are_no_wait(text):
    assert WAITING not in score(text).reasons


@pytest.mark.parametrize(
    "text",
    [
        "I have been on the line for hours",
        "I wrote to you 2 hours ago",
        "this has taken hours",
        "hours ago you said it was done",
    ],
)
def test_hours_of_waiting_are_a_wait(text):
    assert WAITING in score(text).reasons


def test_spanish_waits_and_opening_hours_are_told_apart():
    waiting = texts_of("es")["waiting"]
    assert waiting in score("llevo horas con esto", locale="es").reasons
    assert waiting not in score("¿a qué horas abren?", locale="es").reasons


def test_each_failure_and_each_repetition_adds():
    ask = "when does the blue lamp arrive"
    scores = [score(*(ask, LOST) * times, ask).score for times in range(4)]
    assert scores == sorted(scores)
    assert scores[0] < 0.3
    assert scores[1] < 0.5 < scores[2]


def test_another_question_after_an_answer_is_no_repetition():
    same = score("how much is shipping?", "It is 4.90.", "how much is shipping?")
    other = score("how much is shipping?", "It is 4.90.", "when are you open?")
    assert other.score < same.score
    assert any("same" in reason for reason in same.reasons)


def test_an_earlier_bad_mood_still_counts():
    after = score("you useless idiots!", "I am sorry.", "where is it")
    assert after.score > score("hello there!", "Hello.", "where is it").score


def test_messages_before_the_window_do_not_count():
    turns = ["you useless idiots!", "I am sorry.", *("and now?", "It is on its way.") * 3, "fine"]
    assert score(*turns, window=1).score < score(*turns, window=4).score


def test_a_fallback_of_the_bot_counts_whatever_its_text():
    asked = Turn("user", "the blue lamp please")
    said = [Turn("bot", "Hm.", fallback=fallback) for fallback in (False, True)]
    plain, failed = (frustration.score(Dialogue((asked, one, asked))) for one in said)
    assert failed.score > plain.score
    assert any("did not understand" in reason for reason in failed.reasons)


def test_the_threshold_decides():
    found = score("this is bad")
    assert score("this is bad", threshold=found.score - 0.001).escalate
    assert not score("this is bad", threshold=found.score + 0.001).escalate


@pytest.mark.parametrize("locale", [*languages(), "de-AT", "es_MX", "xx", None])
def test_reasons_are_in_words_of_the_users_language(locale):
    language = (locale or "en")[:2]
    texts = texts_of(language)
    found = frustration.score(
        dialogue_from_turns([{"speaker": "user", "text": "wtf, you idiot"}], locale=locale)
    )
    assert set(found.reasons) <= {value for value in texts.values() if isinstance(value, str)}
    assert explain(found.reasons, locale=locale).endswith(".")


def test_every_language_has_every_reason():
    tables = [texts_of(language) for language in languages()]
    assert len({str(table) for table in tables}) == len(tables)
    assert all(table.keys() == texts_of("en").keys() for table in tables)


def test_the_language_is_the_locales_else_detected():
    assert detect_language(["hello"], locale="de-CH") == "de"
    assert detect_language(["ich habe das nicht bestellt"]) == "de"
    assert detect_language(["no he recibido mi pedido y estoy esperando"]) == "es"
    assert detect_language(["where is it?"]) == "en"


def test_a_word_list_may_lack_groups():
    book = PhraseBook(read_groups(["[insult]", "clown"]))
    assert book.function_words == frozenset()
    assert book.find(["you", "clown"]) == {"insult": ["clown"]}


def test_a_locale_of_three_letters_is_not_another_language():
    assert explain(["x"], locale="est-EE") == explain(["x"], locale="en")
    assert explain(["x"], locale="es-MX") != explain(["x"], locale="en")


texts = st.text(max_size=200) | st.text(alphabet="!?😡ABC aouf", max_size=200)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["user", "bot"]), texts), max_size=8), st.integers(1, 6))
def test_any_dialogue_has_a_score(said, window):
    turns = [{"speaker": speaker, "text": text} for speaker, text in said]
    found = frustration.score(dialogue_from_turns(turns), window=window)
    assert 0 <= found.score <= 1
    assert len(found.reasons) <= 4
    assert found == frustration.score(dialogue_from_turns(turns), window=window)


@pytest.mark.parametrize("piece", ["fuck ", "a ", "!", "😡", "I'm not happy. ", "&amp;", "\n"])
def test_the_end_of_a_huge_message_is_not_read(piece):
    huge = piece * (100_000 // len(piece))
    beginning = huge[:MAX_LENGTH]
    assert score(huge) == score(beginning)
    assert score(huge, huge, huge) == score(beginning, beginning, beginning)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "I would like to cancel my subscription"),
        ("de", "Ich möchte mein Abo kündigen"),
        ("de", "bitte die Bestellung stornieren"),
        ("es", "quiero dar de baja la línea"),
        ("es", "quiero cancelar mi suscripción"),
        ("fr", "je veux résilier mon abonnement"),
    ],
)
def test_to_cancel_is_a_request_and_no_threat(locale, text):
    asked = score("hi", "?", text, locale=locale)
    assert not asked.escalate
    assert texts_of(locale)["leaving"] not in asked.reasons
