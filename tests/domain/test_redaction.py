"""Masking of personal data, in one text and in a whole dialogue."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zendesk_handoff.domain.dialogue import Dialogue, Entity, Turn, dialogue_from_turns
from zendesk_handoff.domain.redaction import KINDS, mask, mask_dialogue

CARD = "4111111111111111"
IBAN = "DE89370400440532013000"


def user(*texts):
    return dialogue_from_turns([{"speaker": "user", "text": text} for text in texts])


def shown(dialogue):
    return " | ".join(turn.text for turn in dialogue.turns)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "it is 4111 1111 1111 1111, charge it",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111.",
        "card:4111 1111 1111 1111",
        "4111 1111 1111 1111 12/27 123",
        "4111 1111\n1111 1111",
        "4111 then 1111 and then 1111 1111",
        "4111 und dann 1111 1111 1111",
        "4111 y luego 1111 1111 1111",
        "order 10234, card 4111 1111 1111 1111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    ],
)
def test_a_card_number_is_masked_however_it_is_written(text):
    masked = mask(text)
    assert "[card …1111]" in masked
    assert "4111" not in masked and "1111 1" not in masked


def test_a_card_of_another_issuer_is_masked():
    assert mask("amex 3782 822463 10005 please") == "amex [card …0005] please"
    assert mask("5555 5555 5555 4444") == "[card …4444]"


def test_the_number_before_a_card_number_stays():
    assert mask("order 10234 4111 1111 1111 1111") == "order 10234 [card …1111]"


@pytest.mark.parametrize(
    "text",
    [
        "where is order 10234?",
        "tracking number 1234567890123456",
        "call me at +49 151 23456789 or 030 1234567",
        "on 2026-03-14 at 17:15, or 14.03.2026",
        "orders 10234, 10235, 10236 and 10237",
        "invoice 2026-000123-456",
        "TR5863, BJUFKBWX, cb41da",
        "write to ana@example.com",
    ],
)
def test_other_numbers_and_addresses_stay(text):
    assert mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        IBAN,
        "DE89 3704 0044 0532 0130 00",
        "my IBAN is DE89-3704-0044-0532-0130-00, send it there",
        "de89 3704 0044 0532 0130 00 please and thank you",
        "DE89 3704 0044\n0532 0130 00",
    ],
)
def test_an_iban_is_masked(text):
    assert "[IBAN …3000]" in mask(text)
    assert "3704" not in mask(text)


def test_a_text_without_a_valid_iban_checksum_stays():
    assert mask("booking AB12 CDEF 3456 7890 1234") == "booking AB12 CDEF 3456 7890 1234"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("my password is hunter2", "my password is [secret]"),
        ("my password is hunter2.", "my password is [secret]."),
        ("Password: hunter2", "Password: [secret]"),
        ("my password is still hunter2", "my password is still [secret]"),
        ("my password's hunter2 ok", "my password's [secret] ok"),
        ('the password is "correct horse"', 'the password is "[secret]"'),
        ("I changed my password to hunter2", "I changed my password to [secret]"),
        ("the PIN for my account is 4821", "the PIN for my account is [secret]"),
        ("PIN 4821", "PIN [secret]"),
        ("cvv 123", "cvv [secret]"),
        ("mein Passwort lautet geheim123", "mein Passwort lautet [secret]"),
        ("Mein Kennwort ist: Sommer!", "Mein Kennwort ist: [secret]!"),
        ("TAN 123456", "TAN [secret]"),
        ("mi contraseña es gato99", "mi contraseña es [secret]"),
        ("la clave es 1234", "la clave es [secret]"),
    ],
)
def test_an_announced_secret_is_masked(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "my password is wrong",
        "my password is not accepted",
        "mein Passwort ist falsch",
        "mi contraseña es incorrecta",
        "how do I change my password to log in",
        "I pinned it in 2024",
    ],
)
def test_a_text_about_a_password_stays(text):
    assert mask(text) == text


def test_email_addresses_and_telephone_numbers_are_masked_on_request():
    text = "ana@example.com or +49 151 23456789"
    assert mask(text, kinds={"email", "phone"}) == "[e-mail] or [phone]"


def test_nothing_is_masked_without_kinds():
    assert mask(f"{CARD} {IBAN}", kinds=()) == f"{CARD} {IBAN}"


def test_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match="cards"):
        mask("", kinds={"cards"})


def test_a_card_number_in_two_messages_is_masked():
    masked = mask_dialogue(user("it is 4111 1111", "1111 1111", "thanks"))
    assert [turn.text for turn in masked.turns] == ["it is [card …1111]", "", "thanks"]


def test_a_secret_in_the_message_after_its_announcement_is_masked():
    assert shown(mask_dialogue(user("my password is", "hunter2"))) == "my password is | [secret]"


def test_the_answer_to_the_question_for_a_secret_is_masked():
    dialogue = dialogue_from_turns(
        [
            {"speaker": "bot", "text": "Please enter your password."},
            {"speaker": "user", "text": "hunter"},
            {"speaker": "bot", "text": "And your PIN?"},
            {"speaker": "user", "text": "why"},
        ]
    )
    masked = mask_dialogue(dialogue)
    assert [turn.text for turn in masked.user_turns if turn.text] == ["[secret]", "why"]


def test_a_secret_is_masked_wherever_it_is_repeated():
    dialogue = Dialogue(
        turns=(
            Turn("user", "my password is hunter2"),
            Turn("bot", "hunter2 is not right."),
            Turn("user", "but it IS hunter2!"),
        ),
        slots={"note": "tried hunter2"},
    )
    masked = mask_dialogue(dialogue)
    assert "hunter2" not in shown(masked) + str(masked.slots)


def test_slots_and_entities_are_masked_and_a_slot_named_password_entirely():
    dialogue = Dialogue(
        turns=(
            Turn("user", "geheim", entities=(Entity("card_number", CARD), Entity("city", "Bonn"))),
        ),
        slots={
            "password": "geheim",
            "cvv": 123,
            "card_number": int(CARD),
            "order": 10234,
            "confirmed": True,
            "ibans": [IBAN],
            "form": {"pin": "4821"},
        },
    )
    masked = mask_dialogue(dialogue)
    assert masked.turns[0].text == "[secret]"
    assert [each.value for each in masked.turns[0].entities] == ["[card …1111]", "Bonn"]
    assert masked.slots == {
        "password": "[secret]",
        "cvv": "[secret]",
        "card_number": "[card …1111]",
        "order": 10234,
        "confirmed": True,
        "ibans": ["[IBAN …3000]"],
        "form": {"pin": "[secret]"},
    }


def test_a_dialogue_is_unchanged_without_kinds():
    dialogue = user("my password is hunter2", CARD)
    assert mask_dialogue(dialogue, kinds=()) == dialogue


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=60), max_size=6), st.sets(st.sampled_from(sorted(KINDS))))
def test_any_text_can_be_masked_and_every_message_stays(texts, kinds):
    assert len(mask_dialogue(user(*texts), kinds=kinds).turns) == len(texts)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(alphabet="abc ,.!\n", max_size=20),
    st.sampled_from([CARD, "5555555555554444", "378282246310005"]),
    st.text(alphabet="abc ,.!\n", max_size=20),
)
def test_a_card_number_is_masked_in_any_surroundings(before, card, after):
    assert card not in mask(before + card + after)
