"""Bot Framework: Rasa's own channel, with a local imitation of the Bot Connector and of Teams."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, NOT_PASSED_ON, STARTED
from tests.support.channel_table import proves
from tests.support.names import TEXTS
from tests.support.platforms import botframework
from tests.support.platforms.scenario import (
    LONG,
    PNG,
    hears,
    is_handed_over,
    restart_killed,
    running,
    uploaded,
)
from tests.support.users import conversation_of
from tests.support.waiting import until


@pytest.fixture(scope="module")
def api():
    with botframework.BotConnectorApi() as served:
        yield served


@pytest.fixture(scope="module")
def stack(api, tmp_path_factory):
    channels = {f"{botframework.__name__}.LocalBotFrameworkInput": botframework.block(api.url)}
    with running(tmp_path_factory.mktemp("botframework"), channels) as servers:
        yield servers


@pytest.fixture
def new_user(stack, http, api):
    def make(**values):
        webhook = f"{stack.rasa_url}/webhooks/botframework/webhook"
        return botframework.TeamsUser(webhook, http, api, **values)

    return make


@pytest.fixture
def user(new_user):
    return new_user()


@pytest.fixture
def texts(api, user):
    def read():
        return [each.replace("\\", "") for each in api.texts(user.conversation)]

    return read


async def heard_by_agents(sim, conversation):
    return [each["content"].get("text") for each in await sim.messages(conversation)]


@proves(
    *("botframework", "to user"),
    text="yes",
    long_text="yes",
    picture="yes",
    file="in words",
    place="in words",
    push="yes",
)
async def test_what_agents_send(user, texts, api, sim, stack):
    conversation = await is_handed_over(user, user.user, texts, sim, stack)
    await sim.agent_text(
        conversation, "*Hello* <at>all</at>, see https://x.example/a_b", agent="ai"
    )
    await hears(texts, "ai: *Hello* <at>all</at>, see https://x.example/a_b")
    await sim.agent_text(conversation, "me too", agent="<b>Mo</b>")
    await hears(texts, "<b>Mo</b>: me too")
    (activity,) = (each for _, each in api.activities if "me too" in each["text"])
    assert activity["textFormat"] == "plain" and activity["from"]["id"] == botframework.BOT["id"]
    await sim.agent_text(conversation, LONG)
    await hears(texts, "number 399 of a long answer.")
    await sim.agent_text(conversation, "ق" * 4096)
    await hears(texts, "ق" * 4000)
    await sim.agent_image(conversation, PNG, filename="label.png", text="your label")
    assert (await hears(texts, "label.png")).startswith("http")
    await sim.agent_file(conversation, b"%PDF-1.4", filename="terms.pdf")
    assert "http" in await hears(texts, "terms.pdf")
    await sim.agent_content(
        conversation,
        {"type": "location", "coordinates": {"lat": 52.5, "long": 13.4}},
    )
    assert "http" in await hears(texts, "52.5")
    await sim.end_session(conversation)
    await hears(texts, ENDED)
    await user.says(ASK_HOURS)
    await hears(texts, HOURS)


@proves("botframework", "to user", buttons="yes", links_and_cards="yes")
@proves("botframework", "from user", button="yes")
async def test_what_agents_offer(user, texts, api, sim, stack):
    conversation = await is_handed_over(user, user.user, texts, sim, stack)
    item = {
        "title": "Blue kettle",
        "description": "In stock",
        "mediaUrl": "https://shop.example/blue.png",
        "actions": [{"type": "link", "text": "Look", "uri": "https://shop.example/blue"}],
    }
    await sim.agent_content(conversation, {"type": "carousel", "items": [item]})
    await hears(texts, "Blue kettle")
    await hears(texts, "https://shop.example/blue.png")
    assert "https://shop.example/blue" in str(api.activities[-1][1]["attachments"])
    actions = [
        {"type": "reply", "text": "The red one", "payload": "RED"},
        {"type": "link", "text": "See both", "uri": "https://shop.example/both"},
    ]
    content = {"type": "text", "text": "Which *one*?", "actions": actions}
    await sim.agent_content(conversation, content)
    await hears(texts, "See both: https://shop.example/both")
    (activity,) = (each for _, each in api.activities if "Which *one*?" in each["text"])
    (button,) = activity["attachments"][0]["content"]["buttons"]

    async def is_recorded():  # what can be chosen is kept once the message is delivered
        query = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND choices LIKE '%RED%'"
        return stack.count(query, sender=user.user)

    await until(is_recorded)
    await user.presses(button)
    pressed = await sim.wait_for_message(conversation, "The red one")
    assert pressed["content"]["payload"] == "RED"


@proves(
    *("botframework", "from user"),
    text="yes",
    picture="yes",
    voice="yes",
    file="yes",
    place="yes",
    edit="not seen",
)
async def test_what_users_send(user, texts, api, sim, stack):
    conversation = await is_handed_over(user, user.user, texts, sim, stack)
    for text in TEXTS[:6]:
        await user.says(text, times=3)
        await sim.wait_for_message(conversation, text)
    for text in TEXTS[:6]:
        assert (await heard_by_agents(sim, conversation)).count(text) == 1
    api.files |= {"p1": (PNG, "image/png"), "v1": (b"ID3", "audio/mpeg")}
    await user.says("look at the lid", attachments=[botframework.picture(api, "p1")], times=2)
    await sim.wait_for_message(conversation, "look at the lid")
    assert (await uploaded(sim, conversation))["mediaUrl"]
    await user.says("", attachments=[botframework.picture(api, "v1")])
    voice = await uploaded(sim, conversation, "file")
    assert voice["mediaUrl"]
    api.files["note.txt"] = (b"to be read", "text/plain")
    await user.says("", attachments=[botframework.file(api, "note.txt")])

    def is_note(message):
        return "note" in str(message["content"].get("mediaUrl"))

    await sim.wait_for_message(conversation, is_note)
    assert set(api.requests_of_anybody) == {""}  # without the token
    place = {"type": "GeoCoordinates", "latitude": 52.5, "longitude": 13.4}
    await user.says("", entities=[{"type": "Place", "geo": place, "name": "Mill Lane"}])
    located = await sim.wait_for_message(
        conversation, lambda one: one["content"]["type"] == "location"
    )
    assert located["content"]["coordinates"] == {"lat": 52.5, "long": 13.4}
    # Teams reports an edit, and Rasa's channel drops it.
    await user.says("one", id="1481567603816")
    await user.post(user.activity("a correction", type="messageUpdate", id="1481567603816"))
    await user.says("the end")
    await sim.wait_for_message(conversation, "the end")
    heard = await heard_by_agents(sim, conversation)
    assert "one" in heard and not any("a correction" in str(each) for each in heard)
    assert "drops corrections" in (stack.folder / "rasa.log").read_text()


async def test_a_picture_that_nobody_can_read_is_told(user, texts, sim, stack):
    conversation = await is_handed_over(user, user.user, texts, sim, stack)
    animated = {"contentType": "text/html", "content": '<img src="https://g.example/a.gif">'}
    await user.says("", attachments=[animated])
    await hears(texts, NOT_PASSED_ON)
    assert not any("g.example" in str(each) for each in await sim.messages(conversation))


async def test_a_talk_in_a_channel_of_a_team(new_user, api, sim, stack):
    thread = "19:abcdef@thread.tacv2;messageid=1481567603816"
    user = new_user(conversation=thread)
    tag = "<at>Mill Lane</at>"
    entities = [{"type": "mention", "text": tag, "mentioned": botframework.BOT}]

    def texts():
        return api.texts(thread)

    await user.says(f"{tag} {ASK_HUMAN}", entities=entities)
    await hears(texts, STARTED)
    conversation = (await conversation_of(user.user, sim, stack))["id"]
    await user.says(f"{tag} where is it?", entities=entities)
    await sim.wait_for_message(conversation, "where is it?")
    await sim.agent_text(conversation, "on its way", agent="Jörg O'Neil")
    await hears(texts, "Jörg O'Neil: on its way")
    await user.says(f"{tag} Stop.", entities=entities)
    await hears(texts, ENDED)


async def test_agents_words_follow_the_signed_address_alone(user, texts, api, http, sim, stack):
    conversation = await is_handed_over(user, user.user, texts, sim, stack)
    with botframework.BotConnectorApi() as attacker:
        # The channel, named by `rest`; and a signature that was overheard, with another address.
        elsewhere = {"serviceUrl": attacker.service_url}
        picture = {"attachments": [botframework.picture(attacker, "p1")]}
        claimed = {"sender": user.user, "message": "one", "input_channel": "botframework"}
        body = {**user.activity("one", **elsewhere, **picture), **claimed}
        async with http.post(f"{stack.rasa_url}/webhooks/rest/webhook", json=body) as answer:
            assert answer.status == 200
        await user.says("two", **elsewhere)
        await sim.wait_for_message(conversation, "two")
        assert "one" not in await heard_by_agents(sim, conversation)
        await sim.agent_text(conversation, "a private word", agent="Ana")
        await hears(texts, "Ana: a private word")
        api.blocked.add(user.conversation)
        await sim.agent_text(conversation, "another one")
        await sim.wait_for_message(
            conversation, lambda one: "could not be delivered" in str(one["content"].get("text"))
        )
        await user.says("three", **elsewhere)
        await sim.wait_for_message(conversation, "three")
        api.blocked.clear()
        await user.says("I am here")
        await hears(texts, "another one")
        assert attacker.tokens_seen == [] and attacker.activities == []


@proves("botframework", "to user", after_a_restart="yes")
async def test_refusals_and_a_kill(user, texts, api, sim, stack):
    conversation = await is_handed_over(user, user.user, texts, sim, stack)
    await restart_killed(stack)
    api.refuse(429, {"error": {"code": "TooManyRequests"}}, headers={"Retry-After": "1"})
    await sim.agent_text(conversation, "I am back", agent="Ana")
    await hears(texts, "Ana: I am back")
    api.expire_tokens()
    await sim.agent_text(conversation, "and still here", agent="Ana")
    await hears(texts, "Ana: and still here")
    api.blocked.add(user.conversation)
    await sim.agent_text(conversation, "to nobody, *for now*")
    told = await sim.wait_for_message(
        conversation, lambda one: "could not be delivered" in str(one["content"].get("text"))
    )
    assert "MessageWritesBlocked" in told["content"]["text"]
    api.blocked.clear()
    await user.says("are you there?")
    await hears(texts, "to nobody, *for now*")
