"""Requests for a person, read by the model that ships with the package."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.intent import read_set, score
from tests.support.servers import ROOT
from zendesk_handoff import wish
from zendesk_handoff.wish.reading import MAX_LENGTH

REQUESTS = (
    *("agent", "Human!", "a REAL person please", "operator", "can I talk to someone?"),
    "could you put me through to one of your colleagues",
    "I don’t want to chat with a machine, get me a person",
    "pls connect me to an agnet",
    "is there anybody I can speak to about my bill",
    "My parcel has not come. The number is 4711. Can I speak to someone? It is for my sister.",
    "I ordered two lamps\nboth are broken\nplease get me a human",
)
#: Close to a request, and none. Only these and their like make a recogniser expensive.
NONE = (
    *("talk to you later", "talk soon", "I will speak to my wife first", "hello guys", "bye mate"),
    *("are you a human?", "am I talking to a person", "who made you?", "my agent was rude"),
    *("estate agent near me", "how many people can come", "transfer 20 euros to a friend"),
    *("what does customer service cost", "chat with you tomorrow", "thanks for talking to me"),
)
#: Everyday messages and requests in languages that the model was not fitted on.
FOREIGN = (
    *("Wo bleibt mein Paket?", "Ich möchte mit einem Menschen sprechen", "Das Team ist super"),
    *("¿Dónde está mi pedido?", "quiero hablar con una persona real", "somos tres personas"),
    *("Je voudrais parler à un conseiller", "un agent immobilier à Lyon", "c'est le service"),
    *("posso parlare con una persona?", "quero falar com um atendente", "de trein is te laat"),
    *("Wat kost een live agent?", "wo ist der Live Chat"),
    *("kan ik een medewerker spreken", "chcę rozmawiać z człowiekiem", "gdzie jest mój bilet"),
    *("bir insanla konuşmak istiyorum", "saya mau bicara dengan orang", "tôi muốn gặp nhân viên"),
    *(
        "хочу поговорить с оператором",
        "θέλω να μιλήσω με άνθρωπο",
        "나는 상담원과 이야기하고 싶어요",
    ),
    *("我要人工客服", "オペレーターと話したい", "मुझे किसी से बात करनी है", "ฉันอยากคุยกับคน"),
    *("أريد التحدث إلى موظف", "אני רוצה לדבר עם נציג", "می‌خواهم با کسی صحبت کنم"),
)


@pytest.mark.parametrize("text", REQUESTS)
def test_a_request_is_sure(text):
    assert wish.read(text).is_sure


@pytest.mark.parametrize("text", [*NONE, *FOREIGN])
def test_anything_else_is_not(text):
    assert not wish.read(text).is_sure


@pytest.mark.parametrize("text", ["", " \n\t", "?!…", "🙂🙃", "\u202e", "4711", "12 34-56", "_"])
def test_a_text_without_words_is_none(text):
    assert not wish.read(text).is_sure


@pytest.mark.parametrize("text", ["", " \n\t", "?!…", "🙂🙃", "\u202e"])
def test_nothing_is_nothing(text):
    assert wish.read(text) == wish.Wish(confidence=0.0, is_sure=False)


def test_case_and_apostrophes_make_no_difference():
    assert wish.read("I DON'T WANT A BOT") == wish.read("i don’t want a bot")


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
    [("requests_unseen", 0.95, 0.83, 0.02), ("requests_looked_at", 0.96, 0.88, 0.02)],
)
def test_the_figures_of_the_documentation(name, precision, recall, false_alarms):
    utterances = read_set(ROOT / "tests" / "data" / f"{name}.yml")
    found = score([u.wanted for u in utterances], [wish.read(u.text).is_sure for u in utterances])
    assert found.precision >= precision
    assert found.recall >= recall
    assert found.false_alarm_rate <= false_alarms
