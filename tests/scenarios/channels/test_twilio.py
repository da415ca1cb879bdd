"""Twilio: Rasa's own channel and the plugin's, with a local imitation of the API."""

from __future__ import annotations

import itertools

import pytest

from tests.support.bot_texts import ASK_HOURS, ENDED, HOURS
from tests.support.channel_table import proves
from tests.support.platforms import twilio
from tests.support.platforms.scenario import (
    KINDS,
    PLACE,
    PNG,
    hears,
    is_handed_over,
    restart_killed,
    running,
    uploaded,
)
from tests.support.users import texts_of_user
from tests.support.waiting import until

NUMBERS = itertools.count(491700000001)
#: As many characters as in a report of a message that was never delivered.
LONG = "This sentence is of a long answer. " * 49


@pytest.fixture(scope="module")
def api():
    with twilio.TwilioApi() as served:
        yield served


@pytest.fixture(scope="module")
def stack(api, tmp_path_factory):
    channels = {"tests.support.platforms.twilio.LocalTwilioInput": twilio.block(api.url)}
    folder = tmp_path_factory.mktemp("twilio")
    with running(folder, channels, public_url=twilio.PUBLIC_URL) as servers:
        api.public = servers.rasa_url
        yield servers


@pytest.fixture
def user(stack, http):
    return twilio.TwilioUser(stack.rasa_url, http, number=f"whatsapp:+{next(NUMBERS)}")


@pytest.fixture
def texts(api, user):
    return lambda: api.texts(user.number)


def message_with(api, user, words):
    found = [each for each in api.sent if words in each.get("Body", "")]
    return next(each["Sid"] for each in found if each["To"] == user.number)


@proves(
    *("twilio: WhatsApp", "to user"),
    text="yes",
    long_text="yes",
    picture="yes",
    file="yes",
    place="in words",
    buttons="in words",
    links_and_cards="in words",
    push="yes",
)
@proves(
    *("twilio: WhatsApp", "from user"),
    text="yes",
    picture="not seen",  # without words; with words it arrives
    voice="not seen",
    file="not seen",
    place="yes",
    button="yes",
    edit="not seen",
)
async def test_a_talk_in_whatsapp(user, texts, api, sim, stack):
    conversation = await is_handed_over(user, user.number, texts, sim, stack)
    await sim.agent_text(conversation, "*Hello*\n\nsee https://x.example/a_b", agent="Jörg O'Neil")
    await hears(texts, "Jörg O'Neil: *Hello*\n\nsee https://x.example/a_b")
    await sim.agent_text(conversation, LONG + "The end.", agent="王 小明")
    await hears(texts, "The end.")
    assert "".join(texts()).count("of a long answer") == 49
    await sim.agent_image(conversation, PNG, filename="label.png", text="your label")
    await hears(lambda: api.media(user.number), "label.png")
    await sim.agent_file(conversation, b"%PDF-1.4", filename="terms.pdf")
    await hears(lambda: api.media(user.number), "terms.pdf")
    await sim.agent_content(conversation, PLACE)
    assert "Our shop" in await hears(texts, KINDS["place"])
    actions = [
        {"type": "reply", "text": "The red one", "payload": "RED"},
        {"type": "link", "text": "See both", "uri": "https://shop.example/both"},
    ]
    content = {"type": "text", "text": "Which one?", "actions": actions}
    await sim.agent_content(conversation, content)
    asked = await hears(texts, "Which one?")
    assert "1. The red one" in asked
    assert "See both: https://shop.example/both" in asked
    await user.says("1")
    chosen = await sim.wait_for_message(conversation, "The red one")
    assert chosen["content"]["payload"] == "RED"
    caption = {
        "NumMedia": "2",
        "MediaUrl0": api.add_file(PNG, "image/png"),
        "MediaContentType0": "image/png",
        "MediaUrl1": api.add_file(b"OggS", "audio/ogg"),
        "MediaContentType1": "audio/ogg",
        "MessageSid": twilio.sid("MM"),
    }
    await user.says("look at the lid", **caption)
    await user.says("look at the lid", **caption)
    assert (await uploaded(sim, conversation))["mediaUrl"]
    assert (await uploaded(sim, conversation, "file"))["mediaUrl"]
    wordless = {"NumMedia": "1", "MediaUrl0": api.add_file(PNG, "image/png")}
    await user.sends(status=500, **wordless)
    log = (stack.folder / "rasa.log").read_text()
    assert "handoff.channel.limited" in log
    place = {"Latitude": "52.5", "Longitude": "13.4", "Label": "My door"}
    await user.sends(**place)
    found = await uploaded(sim, conversation, "location")
    assert found["coordinates"] == {"lat": 52.5, "long": 13.4}
    await user.says("Yes, please", ButtonText="Yes, please", ButtonPayload="/affirm")
    await sim.wait_for_message(conversation, "Yes, please")
    said = texts_of_user(await sim.messages(conversation))
    assert said.count("look at the lid") == 1
    assert not any("locationData" in str(each) or "/affirm" in str(each) for each in said)
    assert set(api.store.tokens_seen) == {""}
    await sim.end_session(conversation)
    await hears(texts, ENDED)
    await user.says(ASK_HOURS)
    await hears(texts, HOURS)


async def refused_messages(http, stack):
    async with http.get(f"{stack.rasa_url}/webhooks/zendesk/metrics") as answer:
        lines = (await answer.text()).splitlines()
    name = 'zendesk_handoff_refused_messages_total{connector="support"}'
    return next((float(each.split()[-1]) for each in lines if each.startswith(name)), 0.0)


@proves("twilio: WhatsApp", "to user", after_a_restart="yes")
async def test_a_closed_window_is_reported_later(user, texts, api, sim, stack, http):
    conversation = await is_handed_over(user, user.number, texts, sim, stack)
    await restart_killed(stack)
    await sim.agent_text(conversation, "I am back", agent="Ana")
    await hears(texts, "Ana: I am back")
    first = message_with(api, user, "I am back")
    await sim.agent_text(conversation, "for a day later", agent="Ana")
    await hears(texts, "Ana: for a day later")
    second = message_with(api, user, "for a day later")

    def count(table, state):
        query = (
            f"SELECT count(*) FROM {table} WHERE state = :state AND session_id IN "
            "(SELECT id FROM sessions WHERE conversation_id = :conversation)"
        )
        return stack.count(query, state=state, conversation=conversation)

    async def are_sent():
        return count("inbox", "sent") == 2

    await until(are_sent)
    assert await user.report(second, "delivered", token="forged") == 403
    assert await user.report(second, "undelivered", 63016, token="forged") == 403
    assert await user.report(twilio.sid("SM"), "delivered") == 204
    assert await user.report(first, "sent") == 204
    assert await user.report(second, "sent") == 204
    assert count("deliveries", "delivered") == 0
    assert await user.report(first, "delivered") == 204
    assert (count("inbox", "sent"), count("inbox", "done")) == (1, 1)
    before = await refused_messages(http, stack)
    assert await user.report(second, "undelivered", 63016) == 204
    assert await user.report(second, "undelivered", 63016) == 204
    told = await sim.wait_for_message(
        conversation, lambda one: "could not be delivered" in str(one["content"].get("text"))
    )
    assert "the user has not written for 24 hours" in told["content"]["text"]
    assert "63016" in told["content"]["text"]
    assert await refused_messages(http, stack) == before + 1
    heard = len(texts())
    await sim.agent_text(conversation, "behind the closed window", agent="Ana")

    async def is_told_again():
        return await refused_messages(http, stack) == before + 2

    await until(is_told_again)
    assert len(texts()) == heard, "what is sent now would be taken, and refused later"
    await user.says("are you there?")
    await sim.wait_for_message(conversation, "are you there?")

    async def comes():
        return any("for a day later" in each for each in texts()[heard:])

    await until(comes)
    await hears(texts, "behind the closed window")
    assert "behind the closed window" in texts()[-1]
    await sim.agent_text(conversation, LONG + "In two parts.", agent="Ana")
    await hears(texts, "In two parts.")
    parts = [each["Sid"] for each in api.sent if "of a long answer" in each.get("Body", "")][-2:]
    for each in parts:
        await user.report(each, "undelivered", 30003)
    await user.says("and now?")
    await sim.wait_for_message(conversation, "and now?")
    assert await refused_messages(http, stack) == before + 3
    notes = [
        each
        for each in await sim.messages(conversation)
        if "could not be delivered" in str(each["content"].get("text"))
    ]
    assert len(notes) == 3, "one of each message, however many parts it has"
