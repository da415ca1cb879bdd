"""History items: the bot's, the user's and the agents' messages as the page gets them."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.media import AGENT_MEDIA_PATH
from zendesk_handoff.domain.messages import AgentMessage, Button, Card
from zendesk_handoff.webchat.history import (
    agent_item,
    bot_item,
    describe_media,
    is_safe_address,
    user_file_item,
    user_item,
)

PIXEL = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    "url", ["https://shop.example/a?b=c#d", "http://shop.example", "/a/b", "//shop.example/a"]
)
def test_an_address_of_a_page_is_safe(url):
    assert is_safe_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,a",
        "vbscript:a",
        "file:///etc/passwd",
        "https://[shop.example",
        "a/b",
        "",
        PIXEL,
    ],
)
def test_another_address_is_not_safe(url):
    assert not is_safe_address(url)


def test_an_image_may_be_in_its_address_unless_it_can_hold_a_script():
    assert is_safe_address(PIXEL, images=True)
    assert is_safe_address("data:image/jpeg;base64,QUJD", images=True)
    for url in ("data:image/svg+xml;base64,QUJD", PIXEL + "\n", "data:image/png,a", PIXEL + '"'):
        assert not is_safe_address(url, images=True)


def test_media_have_a_name():
    assert describe_media("file", "https://shop.example/a/b.pdf")["name"] == "b.pdf"
    assert describe_media("file", "https://shop.example/a/", name="c.pdf")["name"] == "c.pdf"
    assert describe_media("image", PIXEL)["name"] == "image"
    assert describe_media("file", 3) is None
    assert describe_media("file", PIXEL) is None


def test_a_message_of_the_bot_has_what_can_be_shown():
    buttons = [
        {"title": "Yes", "payload": "/yes"},
        {"title": "Help", "url": "https://shop.example/help"},
        {"title": "Bad", "url": "javascript:alert(1)"},
        {"title": "Say this"},
        {"title": " "},
        {"payload": "/no"},
    ]
    assert bot_item(" Hello ", buttons=buttons) == {
        "role": "bot",
        "text": "Hello",
        "buttons": [
            {"title": "Yes", "payload": "/yes"},
            {"title": "Help", "url": "https://shop.example/help"},
            {"title": "Say this", "payload": "Say this"},
        ],
    }
    assert bot_item("  ") is None
    assert bot_item(None, buttons=[{"title": "Bad", "url": "javascript:alert(1)"}]) is None


def test_a_choice_names_the_item_of_its_button():
    assert user_item("Yes", request_id="r", answers=7)["answers"] == 7
    assert "answers" not in user_item("Yes", request_id="r")


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [("image/png", "image"), ("image/heic", "file"), ("image/svg+xml", "file"), ("a/b", "file")],
)
def test_a_users_file_is_an_image_where_browsers_show_it(media_type, kind):
    item = user_file_item("u1", name="a", media_type=media_type, size=7, request_id="r")
    assert item["media"] == {"kind": kind, "url": "files/u1", "name": "a", "size": 7}


def message(**values):
    given = {"id": "m", "author": "Ana", "agent_id": "a1", "kind": "text", "text": "Hello"}
    return AgentMessage(**{**given, **values})


def test_agents_and_automations_differ_by_role_and_keep_their_names():
    assert agent_item(message()) == {"role": "agent", "name": "Ana", "text": "Hello"}
    assert agent_item(message(agent_id=None, author="")) == {"role": "automation", "text": "Hello"}
    assert agent_item(message(author="user"))["role"] == "agent"


def test_a_picture_of_its_author_is_shown_unless_its_address_is_none():
    url = "https://pictures.example/ana.png?s=80&d=mm"
    assert agent_item(message(avatar_url=url))["avatar"] == url
    for bad in (None, "", "javascript:alert(1)", "data:text/html,a", "ana.png", "http://["):
        assert "avatar" not in agent_item(message(avatar_url=bad))


def test_a_file_of_this_server_is_read_from_the_pages_own_host():
    url = f"https://public.example{AGENT_MEDIA_PATH}/token/a.png"
    item = agent_item(message(kind="image", media_url=url, media_name="a.png"))
    assert item["media"] == {
        "kind": "image",
        "url": f"{AGENT_MEDIA_PATH}/token/a.png",
        "name": "a.png",
    }
    elsewhere = "https://files.example/a.png"
    item = agent_item(message(kind="file", media_url=elsewhere, media_name="a"))
    assert item["media"]["url"] == elsewhere
    assert "media" not in agent_item(message(kind="file", media_url="javascript:alert(1)"))


def test_an_agents_buttons_and_cards_are_part_of_the_item():
    shop = Button("Shop", url="https://shop.example/?a=1&b=2")
    bad = Button("Bad", url="javascript:alert(1)")
    choose = Button("Choose", payload="SECRET")
    path = f"{AGENT_MEDIA_PATH}/token/0/image"
    cards = [
        Card("Blue", "1.7 l", f"https://bot.example{path}", (choose, shop)),
        Card("Red", image_url="javascript:alert(1)", buttons=(choose, bad)),
    ]
    item = agent_item(message(buttons=[Button("Yes", payload="SECRET"), bad], cards=cards))
    link = {"title": "Shop", "url": shop.url}

    def choice(title, says):
        return {"title": title, "payload": says, "says": says}

    assert item["buttons"] == [choice("Yes", "Yes")]
    assert item["cards"] == [
        {
            "title": "Blue",
            "text": "1.7 l",
            "image": path,
            "buttons": [choice("Choose", "Choose: Blue"), link],
        },
        {"title": "Red", "buttons": [choice("Choose", "Choose: Red")]},
    ]
    assert "SECRET" not in str(item)
