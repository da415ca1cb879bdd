from __future__ import annotations

import json
from itertools import cycle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity

from benchmarks.summary import DATA, TWEETS, holds, read_cases, rouge
from zendesk_handoff.domain.dialogue import Dialogue, Entity, Turn, dialogue_from_events
from zendesk_handoff.domain.dialogue import dialogue_from_turns as dialogue
from zendesk_handoff.domain.text import MAX_TEXT, units
from zendesk_handoff.summary import DEFAULT_MAX_WORDS, labels_of, summarize


def heard(text, intent, **entities):
    found = [{"entity": name, "value": value} for name, value in entities.items()]
    return {
        "event": "user",
        "text": text,
        "parse_data": {"intent": {"name": intent}, "entities": found},
    }


def said(text, action="utter_answer"):
    return {"event": "bot", "text": text, "metadata": {"utter_action": action}}


def talk(*texts, first="user"):
    """Make a dialogue in which user and bot take turns."""
    speakers = cycle(["user", "bot"] if first == "user" else ["bot", "user"])
    return dialogue(
        [{"speaker": who, "text": text} for who, text in zip(speakers, texts, strict=False)]
    )


PARCEL = [
    heard("hello", "greet"),
    said("Hello! What can I do?"),
    heard("where is order 10234?", "order_status", order_number="10234"),
    said("Order 10234 is with the carrier since Tuesday."),
    heard("it was promised for Monday", "nlu_fallback"),
    said("Sorry, I did not get that.", "utter_default"),
    heard("a person please", "human_handoff"),
]


def test_an_agent_reads_why_what_and_what_was_tried():
    found = dialogue_from_events(PARCEL, slots={"order_number": "10234", "workspace": "x"})
    lines = summarize(found, reason="Asked for a human.", max_words=DEFAULT_MAX_WORDS).splitlines()
    assert lines[:3] == [
        "Why: Asked for a human.",
        "Customer wants: where is order 10234?",
        "Facts: order number: 10234; promised for Monday",
    ]
    assert lines[3] == "Bot said: Order 10234 is with the carrier since Tuesday."
    assert lines[4] == "Bot did not understand: “it was promised for Monday”"
    assert lines[-1] == "Customer: a person please"
    assert "\nLast messages:\n" in "\n".join(lines)
    assert not any("workspace" in line for line in lines)


def test_the_wish_is_told_without_the_courtesies_around_it():
    text = summarize(talk("Hi there! I am looking for a room in Bonn on May 3, please. Thanks!"))
    assert text.splitlines()[0] == "Customer wants: room in Bonn on May 3"


@pytest.mark.parametrize(
    ("locale", "said", "told"),
    [
        ("en", "no, I want to know why it is late!!", "no, why it is late!!"),
        ("en", "I'd like to know where my parcel is", "where my parcel is"),
        ("en", "I want to know from when the offer holds", "from when the offer holds"),
        ("en", "I would like to know if I can return the mug", "if I can return the mug"),
        ("en", "I need to know that nothing was charged", "nothing was charged"),
        ("en", "no, I want to know why!", "no, I want to know why!"),
        ("en", "I do not want to pay twice", "I do not want to pay twice"),
        ("de", "Ich möchte wissen, seit wann mein Paket liegt", "seit wann mein Paket liegt"),
        ("de", "ich will keine Werbung", "keine Werbung"),
        ("es", "quiero saber por qué llega tarde", "por qué llega tarde"),
    ],
)
def test_the_wish_keeps_its_question_and_its_no(locale, said, told):
    text = summarize(talk(said), locale=locale, max_words=60)
    assert text.splitlines()[0] == f"{labels_of(locale).wants} {told}"


def test_what_the_user_corrects_is_not_told_as_a_fact():
    found = talk(
        "A table at Chez Nous please",
        "For how many?",
        "7 people",
        "7 people at Chez Nous?",
        "Sorry, I meant 8 people",
        "8 people, then.",
    )
    facts = next(line for line in summarize(found).splitlines() if line.startswith("Facts:"))
    assert "8 people" in facts
    assert "7" not in facts


def test_a_slot_is_told_with_its_latest_value_and_only_once():
    turns = (
        Turn("user", "to Bonn", entities=(Entity("city", "Bonn"),)),
        Turn("bot", "When?"),
        Turn("user", "Köln instead", entities=(Entity("city", "Köln"),)),
    )
    text = summarize(Dialogue(turns=turns, slots={"city": "Köln"}), max_words=60)
    assert text.count("city: Köln") == 1
    assert "city: Bonn" not in text


def test_slots_are_told_as_people_say_them():
    slots = {"wants_gift": True, "paid": False, "sizes": ["M", "L"], "raw": {"a": 1}, "count": 3}
    text = summarize(Dialogue(turns=(Turn("user", "shirts"),), slots=slots), max_words=60)
    assert "wants gift: yes; paid: no; sizes: M, L; count: 3" in text
    assert "raw" not in text


def test_what_the_bot_offered_and_the_user_took_is_a_fact():
    found = talk(
        "I need a hotel in the north",
        "Shall I book the Acorn Lodge on Mill Road?",
        "Yes please",
        "Done. Your reference number is QX81P.",
        "thanks",
    )
    text = summarize(found, max_words=40)
    assert "Acorn Lodge on Mill Road (yes)" in text
    assert "QX81P" in text


def test_a_name_stays_whole():
    found = talk("Two seats for The Return of the Fox in Portland, OR at 7:30 pm please")
    text = summarize(found, max_words=60)
    assert "The Return of the Fox in Portland, OR at 7:30 pm" in text


def test_a_refusal_is_told_although_it_repeats_the_users_words():
    found = talk("I want to change my address", "I cannot change the address.", "a person then")
    assert "Bot said: I cannot change the address." in summarize(found, max_words=60)


def test_a_short_answer_of_the_bot_is_told_whole():
    answer = "Order 10234, a green iron pan, is on its way and should arrive tomorrow."
    text = summarize(talk("where is order 10234?", answer, "so late?"), max_words=60)
    assert f"Bot said: {answer}\n" in text.split("\n\n")[0] + "\n"


def test_a_long_answer_of_the_bot_is_still_shortened():
    empty = "and that is what we do and how it is done, " * 3
    answer = f"Order 10234 is with the carrier, {empty}so please just have a look."
    digest = summarize(talk("where is it?", answer, "ok"), max_words=90).split("\n\n")[0]
    assert "with the carrier" in digest
    assert "what we do" not in digest


OFFER = "I fear I am no use. Should our colleague Ada take over, who is a human being?"
WAIT = "A colleague from the second floor joins this chat in a moment."
ASKED = [
    ActionExecuted("action_listen"),
    UserUttered("where is order 10234?", {"name": "order_status"}),
    ActionExecuted("utter_order"),
    BotUttered("The carrier lost track on Tuesday.", metadata={"utter_action": "utter_order"}),
]


@pytest.mark.parametrize(
    "handed",
    [
        [
            ActionExecuted("utter_handoff_offer"),
            BotUttered(OFFER, metadata={"utter_action": "utter_handoff_offer"}),
        ],
        [ActionExecuted("utter_handoff_offer"), BotUttered(OFFER)],
        [ActionExecuted("action_own"), BotUttered(OFFER, {}, {"utter_action": "utter_handoff_x"})],
        [ActionExecuted("action_human_handoff"), BotUttered(OFFER)],
        [ActionExecuted("action_human_handoff"), BotUttered(OFFER), BotUttered(WAIT)],
    ],
)
def test_the_bots_own_talk_of_the_handover_is_no_attempt(handed):
    events = [
        *ASKED,
        *handed,
        ActionExecuted("action_listen"),
        UserUttered("yes please", {"name": "affirm"}),
    ]
    # An action server gets them as JSON, from `tracker.current_state`.
    tracker = DialogueStateTracker.from_events("someone", events)
    told = json.loads(json.dumps(tracker.current_state(EventVerbosity.ALL)["events"]))
    digest, _, last = summarize(dialogue_from_events(told), max_words=120).partition("\n\n")
    assert digest.splitlines()[-1] == "Bot said: The carrier lost track on Tuesday."
    assert OFFER in last


def test_other_talk_of_handing_over_is_an_attempt():
    events = [
        heard("who gets my parcel?", "order_status"),
        said("The courier will hand it over to Ada Moor.", "utter_hand_over_parcel"),
    ]
    assert "Bot said: The courier" in summarize(dialogue_from_events(events), max_words=60)


def test_a_bare_wish_for_a_person_is_no_case():
    found = dialogue_from_events([heard("human please", "human_handoff")])
    assert summarize(found, reason="Asked.").startswith("Why: Asked.\n\nLast messages:")


def test_nothing_is_told_twice():
    found = talk("my printer X200 is broken", "Sorry?", "my printer X200 is broken", "Sorry?")
    assert summarize(found, max_words=20).split("\n\n")[0].count("X200") == 1


def test_the_mood_is_named_where_it_stands_out():
    angry = talk(
        "where is my parcel",
        "I do not know.",
        "this is the third time I ask, you useless piece of junk!!! WHERE IS IT",
    )
    assert "\nMood: " in summarize(angry, max_words=100)
    assert "Mood" not in summarize(talk("where is my parcel"), max_words=100)


def test_a_sign_of_the_mood_that_the_reason_names_is_not_repeated():
    angry = talk("where is it", "I do not know.", "you useless idiot!!! WHERE IS IT")
    mood = summarize(angry, max_words=100).split("Mood: ")[1].split("\n")[0].split("; ")
    again = summarize(angry, reason="; ".join(mood), max_words=100)
    assert not any(f"Mood: {sign}" in again for sign in mood)


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
def test_labels_speak_the_language_of_the_user(locale, why, last):
    text = summarize(talk("Hallo"), reason="x", locale=locale, max_words=50)
    assert text.startswith(f"{why} x")
    assert text.endswith(last)


def test_the_dialogue_knows_its_language():
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


@pytest.mark.parametrize("budget", range(1, 40))
def test_payment_data_is_masked_before_anything_is_shortened(budget):
    found = talk(
        "please charge my card 4111 1111 1111 1111",
        "And the IBAN?",
        "DE89 3704 0044 0532 0130 00 and my password is hunter2",
    )
    reason = "paid with 4111 1111 1111 1111"
    text = summarize(found, reason=reason, max_words=budget)
    for piece in ("4111", "3704", "hunter2", "1111 1"):
        assert piece not in text
    assert text.count("[") == text.count("]")


def test_nothing_is_masked_where_nothing_is_to_be():
    assert "hunter2" in summarize(talk("my password is hunter2"), redact=(), max_words=40)


def test_nothing_said_is_nothing_claimed():
    assert summarize(dialogue([])) == ""


def test_a_reason_alone_is_told():
    assert summarize(dialogue([]), reason="Asked for a human.") == "Why: Asked for a human."


def test_the_default_grows_with_the_dialogue():
    sentence = "order {} from shop {} arrived broken on May {}."
    short = talk(*(sentence.format(n, n, n) for n in range(1, 4)))
    long = talk(*(sentence.format(n, n, n) for n in range(1, 200)))
    assert len(summarize(short).split()) < len(summarize(long).split()) <= DEFAULT_MAX_WORDS


def test_one_endless_word_is_cut_to_fit():
    assert 0 < units(summarize(talk("x" * 9000), max_words=5000)) <= MAX_TEXT


texts = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            "I need 2 tickets to Bonn, OR on May 3rd! no sorry 4 🦊 [card …1111] x; password is "
            "(yes) @me https://x.y Müller's".split(" ")
        ),
        max_size=60,
    ).map(" ".join),
)
turns = st.lists(
    st.builds(
        Turn,
        speaker=st.sampled_from(["user", "bot"]),
        text=texts,
        intent=st.sampled_from([None, "greet", "order_status", "nlu_fallback"]),
        fallback=st.booleans(),
        entities=st.lists(st.builds(Entity, texts, texts), max_size=2).map(tuple),
    ),
    max_size=12,
).map(tuple)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=2)),
    max_leaves=5,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    turns,
    st.dictionaries(texts, values, max_size=4),
    st.none() | texts,
    st.none() | st.sampled_from(["de", "es", "en", "", "x-y", "١"]),
    st.integers(1, 300),
)
def test_no_dialogue_breaks_the_limits(said_turns, slots, reason, locale, budget):
    found = Dialogue(turns=said_turns, slots=slots)
    text = summarize(found, reason=reason, locale=locale, max_words=budget)
    assert len(text.split()) <= budget
    assert units(text) <= MAX_TEXT


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 6000), st.sampled_from(["🦊", "wörd ", "a\u0301"]))
def test_long_messages_stay_within_one_zendesk_message(count, piece):
    text = summarize(talk(piece * count, piece * count), max_words=5000, reason=piece * count)
    assert units(text) <= MAX_TEXT


@pytest.mark.parametrize(
    ("name", "share"), [("summary_task_dialogues", 0.30), ("summary_cut_dialogues", 0.40)]
)
def test_facts_survive_in_a_part_of_the_words(name, share):
    path = DATA / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"there is no {path.name} beside the project")
    cases = [case for case in read_cases(path) if case.facts]
    for way in (None, share):
        found, lengths = [], []
        for case in cases:
            budget = None if way is None else int(way * case.words)
            text = summarize(case.dialogue, max_words=budget)
            found += [holds(text, fact) for fact in case.facts]
            lengths.append(len(text.split()) / case.words)
        assert sum(found) / len(found) >= 0.85
        assert sum(lengths) / len(lengths) <= share


def test_summaries_of_support_cases_are_like_those_that_people_write():
    path = DATA / f"{TWEETS}.jsonl"
    if not path.exists():
        pytest.skip(f"there is no {path.name} beside the project")
    best = [
        max(rouge(summarize(case.dialogue), reference)["R1"] for reference in case.references)
        for case in read_cases(path)
    ]
    assert 100 * sum(best) / len(best) >= 30


def test_rouge_counts_words_and_their_order():
    assert rouge("the cat sat", "The cat sat.") == {"R1": 1.0, "R2": 1.0, "RL": 1.0}
    turned = rouge("sat cat the", "the cat sat")
    assert turned["R1"] == 1.0
    assert turned["R2"] == 0.0
    assert turned["RL"] == pytest.approx(1 / 3)
