"""All that an agent sends, on the chat page and on ``rest``; and what the user answers."""

from __future__ import annotations

import asyncio
import uuid

from tests.support.bot_texts import DELETED, STARTED
from tests.support.channel_table import proves
from tests.support.names import AGENTS, NAMELESS, TEXTS
from tests.support.waiting import until
from tests.support.webchat import PNG

PAGE = "https://help.example/returns?a=1&b=2"
HTML = f'<p>Read our <a href="{PAGE.replace("&", "&amp;")}">return policy</a>.</p>'
#: Zendesk executes the shorthand that an agent types.
SAID = tuple(text for text in TEXTS if "passControl" not in text)
LONG = "A long sentence. " * 240
CHOICES = {
    "type": "text",
    "text": "A refund, or a new kettle?",
    "actions": [
        {"type": "reply", "text": "A refund", "payload": "REFUND"},
        {"type": "reply", "text": "A new kettle", "payload": "REPLACE"},
        {"type": "link", "text": "Our shop", "uri": "https://shop.example/?a=1&b=2"},
        {"type": "link", "text": "Run", "uri": "javascript:alert(1)"},
    ],
}
PLACE = {
    "type": "location",
    "coordinates": {"lat": 52.516275, "long": 13.377704},
    "location": {"name": "Our shop", "address": "Pariser Platz 1"},
}
#: The beginning of a telephone's voice memo: ISO base media, of the brand M4A.
MEMO = b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00M4A isommp42" + b"\x00\x00\x00\x08free"
MAP = "https://www.openstreetmap.org/?mlat=52.516275&mlon=13.377704"


async def carousel(sim, conversation):
    """Make a carousel with a picture that is hosted by Zendesk."""
    await sim.agent_image(conversation, PNG, filename="blue.png")
    *_, posted = await sim.messages(conversation)
    choose = {"type": "postback", "text": "Choose"}
    return {
        "type": "carousel",
        "text": "Blue kettle\n\nRed kettle",
        "items": [
            {
                "title": "Blue kettle",
                "description": "1.7 l",
                "mediaUrl": posted["content"]["mediaUrl"],
                "actions": [{**choose, "payload": "BLUE"}],
            },
            {
                "title": "Red kettle",
                "mediaUrl": "https://shop.example/red.png",
                "actions": [{**choose, "payload": "RED"}],
            },
        ],
    }


async def presses(page, item_id, button):
    body = {
        "id": str(uuid.uuid4()),
        "payload": button["payload"],
        "title": button["says"],
        "answers": item_id,
    }
    async with page.http.post(f"{page.root}/messages", json=body) as answer:
        assert answer.status == 202


def named(name):
    return lambda message: name in str(message["content"].get("mediaUrl"))


async def answer_of(sim, conversation, text):
    message = await sim.wait_for_message(conversation, text)
    return message["content"]


@proves(
    "webchat",
    "to user",
    text="yes",
    long_text="yes",
    picture="yes",
    file="yes",
    place="yes",
    buttons="yes",
    links_and_cards="yes",
    push="yes",
)
@proves("webchat", "from user", text="yes", button="yes", picture="yes", voice="yes", file="yes")
async def test_the_page_shows_all_that_an_agent_sends(page, sim, stack):
    conversation = await page.is_handed_over(sim, stack)
    shown = []

    async def sees(words):
        shown[:] = await page.shows(words)
        return next(each for each in reversed(shown) if words in str(each))

    async with page.listens() as stream:
        await stream.until(STARTED)
        await sim.agent_content(
            conversation, {"type": "text", "text": "Read our return policy.", "htmlText": HTML}
        )
        assert (await sees("return policy"))["text"] == f"Read our return policy ({PAGE})."
        for text in SAID:
            await sim.agent_text(conversation, text)
        await sim.agent_text(conversation, LONG.strip())
        await sees("A long sentence.")
        said = [each.get("text") for each in shown if each["role"] == "agent"]
        assert said[1:] == [*SAID, LONG.strip()]

        await sim.agent_content(conversation, PLACE)
        place = await sees("openstreetmap")
        assert place["text"].startswith(f"Our shop\nPariser Platz 1\n{MAP}")
        await sim.agent_file(
            conversation, b"%PDF-1.4", filename="01H.pdf", alt_text="Invoice 10234/a"
        )
        file = await sees("Invoice")
        assert file["media"]["name"] == "Invoice 10234_a.pdf"
        async with page.http.get(stack.rasa_url + file["media"]["url"]) as answer:
            assert answer.status == 200
            assert await answer.read() == b"%PDF-1.4"

        await sim.agent_content(conversation, CHOICES)
        event = await stream.until("A refund, or")
        item = stream.entries[int(event["id"])]
        assert "javascript" not in str(item)
        _, replace, shop = item["buttons"]
        assert shop == {"title": "Our shop", "url": "https://shop.example/?a=1&b=2"}
        await presses(page, int(event["id"]), replace)
        content = await answer_of(sim, conversation, "A new kettle")
        assert content == {"type": "text", "text": "A new kettle", "payload": "REPLACE"}

        await sim.agent_content(conversation, await carousel(sim, conversation))
        event = await stream.until("Blue kettle")
        blue, red = stream.entries[int(event["id"])]["cards"]
        async with page.http.get(stack.rasa_url + blue["image"]) as answer:
            assert await answer.read() == PNG
        assert red["image"] == "https://shop.example/red.png"
        await presses(page, int(event["id"]), red["buttons"][0])
        content = await answer_of(sim, conversation, "Choose: Red kettle")
        assert content["payload"] == "RED"
        await page.uploads(PNG)
        await sim.wait_for_message(conversation, lambda one: one["content"]["type"] == "image")
        for name, data in (("memo.m4a", MEMO), ("terms.pdf", b"%PDF-1.4")):
            await page.uploads(data, filename=name)
            sent = await sim.wait_for_message(conversation, named(name))
            assert (sent["author"]["type"], sent["content"]["type"]) == ("user", "file")


async def _repeats(sim, conversation, text):
    while True:
        await sim.agent_text(conversation, text)
        await asyncio.sleep(5)


async def test_a_message_that_the_agent_deletes_is_marked(page, sim, stack):
    conversation = await page.is_handed_over(sim, stack)
    async with page.listens() as stream:
        message = await sim.agent_text(conversation, "the code is 4711")
        shown = int((await stream.until("4711"))["id"])
        await sim.delete_message(conversation, message)
        # The listing before an agent's next word has the placeholder; after a listing that has
        # failed, as on a busy machine, there is none for a while.
        words = asyncio.create_task(_repeats(sim, conversation, "sorry"))
        await stream.until("deletes")
        words.cancel()
        deletions = [each for each in stream.entries.values() if each["role"] == "deletion"]
        assert [each["deletes"] for each in deletions] == [shown]
    items = await page.shows("deletes")
    assert "4711" not in str(items)
    [deleted] = [each for each in items if each.get("is_deleted")]
    assert (deleted["role"], deleted["name"]) == ("agent", "Ana")


@proves(
    "rest",
    "to user",
    text="yes",
    long_text="yes",
    picture="yes",
    file="yes",
    place="in words",
    buttons="yes",
    links_and_cards="in words",
    push="no",
)
@proves("rest", "from user", text="yes", button="yes")
async def test_rest_gives_all_of_it_with_the_next_answer(user, hand_over, sim):
    session = await hand_over(user)
    conversation = session.conversation
    await sim.agent_content(conversation, {"type": "text", "htmlText": HTML}, agent=AGENTS[1])
    for text in SAID:
        await sim.agent_text(conversation, text, agent=AGENTS[3])
    await sim.agent_text(conversation, LONG.strip(), agent=NAMELESS)
    await sim.agent_content(conversation, PLACE)
    await sim.agent_file(conversation, b"%PDF-1.4", filename="01H.pdf", alt_text="Invoice 10234")
    await sim.agent_content(conversation, await carousel(sim, conversation))
    heard = await user.hears("Choose: Red kettle")
    texts = [each.get("text", "") for each in heard]
    assert f"{AGENTS[1]}: Read our return policy ({PAGE})." in texts
    assert [f"{AGENTS[3]}: {text}" for text in SAID if f"{AGENTS[3]}: {text}" not in texts] == []
    assert LONG.strip() in texts
    assert any(text.startswith(f"Ana: Our shop\nPariser Platz 1\n{MAP}") for text in texts)
    assert any("Invoice 10234.pdf" in text for text in texts)
    pictures = [each["image"] for each in heard if "image" in each]
    assert pictures[-1] == "https://shop.example/red.png"
    async with user.http.get(pictures[-2]) as answer:
        assert await answer.read() == PNG
    await user.gets("2")
    content = await answer_of(sim, conversation, "Choose: Red kettle")
    assert content["payload"] == "RED"

    await sim.agent_content(conversation, CHOICES)
    heard = await user.hears("A refund, or")
    question = next(each for each in heard if "A refund, or" in each.get("text", ""))
    assert "Our shop: https://shop.example/?a=1&b=2" in question["text"]
    titles = [each["title"] for each in question["buttons"]]
    assert titles == ["A refund", "A new kettle"]
    assert "REFUND" not in str(question)
    await user.gets(question["buttons"][0]["payload"])
    assert (await answer_of(sim, conversation, "A refund"))["payload"] == "REFUND"


async def test_rest_is_told_of_a_deletion_unless_the_message_still_waits(user, hand_over, sim):
    session = await hand_over(user)
    conversation = session.conversation
    shown = await sim.agent_text(conversation, "the code is 4711")
    await user.hears("4711")
    waiting = await sim.agent_text(conversation, "the code is 4712")
    for message in (shown, waiting):
        await sim.delete_message(conversation, message)
    await sim.agent_text(conversation, "sorry")
    heard = await user.hears("sorry", DELETED)
    assert "4712" not in str(heard)
    assert str(heard).count(DELETED) == 1


@proves("webchat", "to user", after_a_restart="yes")
@proves("rest", "to user", after_a_restart="yes")
async def test_after_a_restart_both_get_what_was_sent_meanwhile(page, user, hand_over, sim, stack):
    on_page = await page.is_handed_over(sim, stack)
    on_rest = (await hand_over(user)).conversation
    stack.processes["rasa"].stop()
    for conversation in (on_page, on_rest):
        await sim.agent_text(conversation, "sent meanwhile")
    stack.processes["rasa"].start()
    await page.shows("sent meanwhile")
    await user.hears("sent meanwhile")
    items = await page.shows("sent meanwhile")

    async def once():
        return str(items).count("sent meanwhile") == 1

    await until(once)
