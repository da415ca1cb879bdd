"""Numbers in place of buttons: what the bot gets for "2" on a channel without so many buttons."""

from __future__ import annotations

from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered

from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.rasa.native_choices import choose, last_choices

BUTTONS = [{"title": f"Choice {n}", "payload": f"/choose_{n}"} for n in range(4)]
LINK = {"title": "Shop", "url": "https://shop.example/"}
ASKED = BotUttered("Which?", {"buttons": [BUTTONS[0], LINK, *BUTTONS[1:]]})


class Bot:
    def __init__(self, *events, error=None):
        self.events, self.error = events, error

    @asynccontextmanager
    async def open_tracker(self, _sender_id):
        if self.error:
            raise self.error

        async def look(at):
            return at(SimpleNamespace(events=self.events))

        yield SimpleNamespace(look=look) if self.events else None


def says(text, source="whatsapp", **metadata):
    return SimpleNamespace(text=text, sender_id="u", source=source, metadata=metadata)


async def read(bot, message):
    await choose(bot, message, within=5)
    return message.text, message.metadata.get("title")


@pytest.mark.parametrize("text", ["3", " 3 ", "3.", "(3)", "3)"])
async def test_a_number_is_the_choice_of_that_line(text):
    told = BotUttered("Take your time.")
    bot = Bot(UserUttered("hello"), ASKED, told, ActionExecuted("action_listen"))
    assert await read(bot, says(text)) == ("/choose_2", "Choice 2"), "links have no number"


@pytest.mark.parametrize("text", ["5", "0", "33", "3 kettles", "choose 3", "", "-1", "³", "٣"])
async def test_what_is_no_line_stays(text):
    assert await read(Bot(ASKED), says(text)) == (text, None)


async def test_where_the_buttons_are_shown_a_number_stays():
    assert await read(Bot(ASKED), says("3", source="web")) == ("3", None)
    few = BotUttered("Which?", {"buttons": BUTTONS[:3]})
    assert await read(Bot(few), says("3")) == ("3", None)
    long = BotUttered("Which?", {"buttons": [{"title": "Please send me a new one"}]})
    assert await read(Bot(long), says("1")) == ("Please send me a new one",) * 2


async def test_the_question_for_a_rating_is_left_to_the_ratings():
    buttons = [{"title": str(n), "payload": f"/handoff_rating_{n}"} for n in range(1, 6)]
    assert await read(Bot(BotUttered("How was it?", {"buttons": buttons})), says("3")) == (
        "3",
        None,
    )


async def test_a_list_counts_until_the_user_has_answered():
    answered = UserUttered("none of them")
    assert await read(Bot(ASKED, answered), says("3")) == ("3", None)
    assert await read(Bot(ASKED, answered, BotUttered("Well?")), says("3")) == ("3", None)
    assert await read(Bot(ASKED, SlotSet("a", "b")), says("3", title="mine")) == ("3", "mine")


async def test_what_cannot_be_read_leaves_the_message():
    for bot in (Bot(), Bot(error=ValueError("x")), Bot(error=SystemExit(1))):
        assert await read(bot, says("3")) == ("3", None)
    with pytest.raises(StoreUnavailable):
        await read(Bot(error=StoreUnavailable("x")), says("3"))


@pytest.mark.parametrize("buttons", [None, 7, "abc", [3, None], [{"title": None}], {"title": "x"}])
def test_any_value_of_buttons_is_read(buttons):
    last_choices([BotUttered("Which?", {"buttons": buttons})], "whatsapp")
