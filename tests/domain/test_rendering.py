"""Division of messages into what a channel takes: nothing is lost, and the name comes once."""

from __future__ import annotations

import re

import pytest

from tests.support.names import AGENTS, NAMELESS, TEXTS
from zendesk_handoff.domain.limits import Limits, MediaLimit
from zendesk_handoff.domain.messages import AgentMessage, Button, Card
from zendesk_handoff.domain.rendering import divide, in_words, render
from zendesk_handoff.domain.text import units

PLAIN = Limits(text=160)
RICH = Limits(
    text=2000,
    image=MediaLimit(max_bytes=1000, types=("image/",)),
    file=MediaLimit(),
    buttons=3,
    button_title=20,
    button_text=640,
    cards=True,
)
SHOP = "https://shop.example/a?b=1&c=2"
CARDS = (
    Card("Blue kettle", "1.7 l", "https://shop.example/blue.png", (Button("Choose", payload="B"),)),
    Card("Red kettle", buttons=(Button("Choose", payload="R"), Button("Open", url=SHOP))),
)


def message(text="", **values):
    fields = {"id": "1", "author": "Ana Smith", "agent_id": "9", "kind": "text", "text": text}
    return AgentMessage(**{**fields, **values})


def texts(responses):
    return [each["text"] for each in responses if "text" in each]


def joined(responses):
    return re.sub(r"\s", "", "".join(texts(responses)))


@pytest.mark.parametrize("limits", (PLAIN, RICH))
@pytest.mark.parametrize("author", (*AGENTS, NAMELESS))
@pytest.mark.parametrize("text", TEXTS)
def test_every_text_arrives_whole_under_the_name(author, text, limits):
    responses = render(message(text, author=author), limits)
    whole = f"{author}: {text}" if author else text
    assert joined(responses) == re.sub(r"\s", "", whole)
    assert all(units(part) <= limits.text for part in texts(responses))


def test_an_address_is_not_cut():
    text = "Words. " * 20 + f"Look ({SHOP}) and {SHOP}."
    for limit in range(60, 200, 7):
        parts = texts(render(message(text), Limits(text=limit)))
        assert sum(part.count(SHOP) for part in parts) == 2, limit


def test_a_name_cannot_turn_the_words_after_it():
    assert texts(render(message("abc", author="Bo\u202e\nX"), PLAIN)) == ["Bo X: abc"]


def test_choices_are_buttons_where_they_fit():
    buttons = [Button("Yes", payload="Y"), Button("No", payload="N"), Button("Shop", url=SHOP)]
    assert render(message("Sure?", buttons=buttons), RICH) == [
        {
            "text": f"Ana Smith: Sure?\nShop: {SHOP}",
            "buttons": [{"title": "Yes", "payload": "Yes"}, {"title": "No", "payload": "No"}],
        }
    ]
    assert texts(render(message("Sure?", buttons=buttons), PLAIN)) == [
        f"Ana Smith: Sure?\nShop: {SHOP}\n1. Yes\n2. No"
    ]


@pytest.mark.parametrize(
    "buttons",
    (
        [Button(str(number)) for number in range(4)],
        [Button("A title that would have to be cut"), Button("No")],
    ),
)
def test_choices_that_do_not_fit_are_a_numbered_list(buttons):
    (response,) = render(message("Which?", buttons=buttons), RICH)
    assert "buttons" not in response
    for number, each in enumerate(buttons, start=1):
        assert f"\n{number}. {each.title}" in response["text"]


def test_choices_without_a_text_and_a_name_are_a_numbered_list():
    assert render(message(author="", buttons=[Button("A"), Button("B")]), RICH) == [
        {"text": "1. A\n2. B"}
    ]


def test_cards_are_elements_where_the_channel_has_them():
    own = (Button("None of them", payload="0"),)
    first, second = render(message("Look:", cards=CARDS, buttons=own), RICH)
    assert first == {
        "text": "Ana Smith: Look:",
        "buttons": [{"title": "None of them", "payload": "None of them"}],
    }
    choose = {"title": "Choose", "type": "postback"}
    assert second["elements"] == [
        {
            "title": "Blue kettle",
            "subtitle": "1.7 l",
            "image_url": "https://shop.example/blue.png",
            "buttons": [{**choose, "payload": "Choose: Blue kettle"}],
        },
        {
            "title": "Red kettle",
            "subtitle": "",
            "buttons": [
                {**choose, "payload": "Choose: Red kettle"},
                {"title": "Open", "type": "web_url", "url": SHOP},
            ],
        },
    ]


def test_elsewhere_cards_are_words_and_pictures():
    (alone,) = render(message(cards=CARDS), PLAIN)
    assert alone["text"].split("\n") == [
        *("Ana Smith: Blue kettle - 1.7 l", "https://shop.example/blue.png", "Red kettle"),
        *(f"Open: {SHOP}", "1. Choose: Blue kettle", "2. Choose: Red kettle"),
    ]
    with_image = Limits(image=MediaLimit(), buttons=2, button_title=40)
    text, image = render(message(cards=CARDS), with_image)
    assert image == {"image": "https://shop.example/blue.png"}
    assert [each["title"] for each in text["buttons"]] == [
        *("Choose: Blue kettle", "Choose: Red kettle"),
    ]


@pytest.mark.parametrize(
    "kind, size, media_type, expected",
    [
        ("image", 10, "image/png", [{"text": "Ana Smith: a.png"}, {"image": SHOP}]),
        ("image", 1001, "image/png", [{"text": f"Ana Smith: a.png: {SHOP}"}]),
        ("image", None, None, [{"text": "Ana Smith: a.png"}, {"image": SHOP}]),
        ("file", 10**9, "video/mp4", [{"text": "Ana Smith: a.png"}, {"attachment": SHOP}]),
    ],
)
def test_a_file_is_shown_or_linked(kind, size, media_type, expected):
    values = {"media_url": SHOP, "media_name": "a.png", "media_size": size}
    assert render(message(kind=kind, media_type=media_type, **values), RICH) == expected


def test_a_file_keeps_its_name_beside_words():
    file = message("Your invoice", kind="file", media_url=SHOP, media_name="10234.pdf")
    assert texts(render(file, RICH)) == ["Ana Smith: Your invoice\n10234.pdf"]
    picture = message("The lid", kind="image", media_url=SHOP, media_name="lid.png")
    assert texts(render(picture, RICH)) == ["Ana Smith: The lid"]


def test_what_is_written_literally_is_measured_so():
    def write(text):
        return text.replace("*", "\\*")

    parts = texts(render(message("*" * 200), PLAIN.as_written(write)))
    assert all(units(write(part)) <= PLAIN.text for part in parts)
    assert "".join(parts).count("*") == 200
    assert "\\" not in "".join(parts)  # it is written when it is sent


def test_a_response_of_the_domain_keeps_what_it_has():
    buttons = [{"title": "Yes", "payload": "/yes"}, {"title": "Shop", "url": SHOP}]
    response = {"text": "Sure?", "buttons": buttons, "image": SHOP}
    assert divide(response, RICH) == [{"text": "Sure?", "buttons": buttons}, {"image": SHOP}]
    assert divide(response, PLAIN) == [
        {"text": f"Sure?\n1. Yes\nShop: {SHOP}"},
        {"text": SHOP},
    ]
    elements = [{"title": "Kettle", "subtitle": "1.7 l", "image_url": SHOP, "buttons": buttons}]
    assert divide({"elements": elements}, PLAIN) == [
        {"text": f"Kettle\n1.7 l\n{SHOP}\n1. Yes\nShop: {SHOP}"}
    ]
    assert in_words({"elements": elements}).endswith(f"1. Yes\nShop: {SHOP}")
