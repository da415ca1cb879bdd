"""Attacks with the sender id of somebody else, through a channel that is not theirs."""

from __future__ import annotations

import asyncio
import json
import uuid

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, STARTED
from tests.support.callback import CallbackUser
from tests.support.platforms import slack
from tests.support.platforms.scenario import running
from tests.support.platforms.socketio import Page as SocketPage
from tests.support.users import RestUser, hand_over, texts_of_user
from tests.support.waiting import until
from tools.processes import free_port
from zendesk_handoff.domain.responses import ELSEWHERE, UNIDENTIFIED, default_response

REFUSAL, SHARED = default_response(ELSEWHERE), default_response(UNIDENTIFIED)
AGENT = "Your refund code is 4711."
WORDS = ("what did the agent say?", "/restart", "End chat!", '/inform{"email": "ceo@example.com"}')
#: What clients send where nobody has said who the user is.
NOBODIES = (
    {},
    *({"sender": each} for each in (None, "", "default", " Default", "None", "null", 0)),
)


@pytest.fixture(scope="module")
def api():
    with slack.SlackApi() as served:
        yield served


@pytest.fixture(scope="module")
def stack(api, tmp_path_factory):
    channels = {
        "callback": {"url": f"http://127.0.0.1:{free_port()}/bot"},
        f"{slack.__name__}.StockSlackInput": slack.block(api.url),
        "zendesk_handoff.channels.SocketIOInput": {"session_persistence": True},
    }
    with running(tmp_path_factory.mktemp("foreign"), channels) as servers:
        yield servers


class Attacker:
    """Somebody who knows a sender id, and writes with it through every channel that takes it."""

    def __init__(self, stack, http, sender):
        self.stack, self.http, self.sender = stack, http, sender

    async def posts(self, path, **body):
        url = f"{self.stack.rasa_url}/webhooks/{path}"
        async with self.http.post(url, json={"sender": self.sender, **body}) as answer:
            assert answer.status == 200
            return await answer.text()

    async def rest(self, text, **fields):
        return await self.posts("rest/webhook", message=text, **fields)

    async def stream(self, text):
        return await self.posts("rest/webhook?stream=true", message=text)

    async def callback(self, text, **fields):
        async with CallbackUser(self.stack, self.http, sender=self.sender) as mine:
            await self.posts("callback/webhook", message=text, **fields)
            return await heard(mine)

    async def custom(self, text):
        await self.posts("flaky/messages", message=text)
        url = f"{self.stack.rasa_url}/webhooks/flaky/messages?sender={self.sender.strip()}"
        async with self.http.get(url) as answer:
            return json.dumps(await answer.json())

    async def socket(self, text):
        async with SocketPage(self.stack.rasa_url, session=self.sender) as mine:
            await mine.says(text)
            return await heard(mine)


async def heard(listener):
    """Wait for an answer, and return all that was heard."""

    async def has_heard():
        return bool(listener.heard)

    await until(has_heard)
    return json.dumps(listener.heard)


def attacks(attacker, *, channel):
    """List the ways into a conversation of another channel."""
    claim = {"input_channel": channel}
    ways = {
        "rest": [
            attacker.rest,
            attacker.stream,
            lambda text: attacker.rest(text, **claim),
            lambda text: attacker.rest(text, metadata={"handoff_key": "k", "name": "Mallory"}),
        ],
        "callback": [attacker.callback, lambda text: attacker.callback(text, **claim)],
        "flaky": [attacker.custom],
        "socketio": [attacker.socket],
    }
    return [way for name, each in ways.items() if name != channel for way in each]


async def check_tracker(user):
    """Check that the tracker holds none of the attacker's words, nor the refusal."""
    events = (await user.tracker())["events"]
    texts = [str(each.get("text")) for each in events]
    assert ASK_HUMAN in texts
    assert not {*WORDS, REFUSAL} & {*texts}


async def test_the_sender_id_of_a_page_opens_its_conversation_nowhere_else(stack, sim, http, page):
    conversation = await page.is_handed_over(sim, stack)
    await sim.agent_text(conversation, AGENT)
    await page.shows(AGENT)
    victim = RestUser(stack.rasa_url, http, sender=page.sender)
    for attack in attacks(Attacker(stack, http, page.sender), channel="webchat"):
        for words in WORDS:
            answer = await attack(words)
            assert REFUSAL in answer and AGENT not in answer
    await check_tracker(victim)
    await page.says("thank you")
    await sim.wait_for_message(conversation, "thank you")
    assert texts_of_user(await sim.messages(conversation)) == ["thank you"]
    await sim.agent_text(conversation, "You are welcome.")
    await page.shows("You are welcome.")


@pytest.mark.parametrize("is_made_up", [False, True])
async def test_the_sender_id_of_a_page_is_reserved_without_a_session(stack, http, page, is_made_up):
    if is_made_up:
        senders = ["webchat-" + "0" * 32, " webchat-1", "WebChat-" + "a" * 32]
    else:
        await page.start()
        await page.says(ASK_HOURS)
        await page.shows(HOURS)
        senders = [page.sender]
    for sender in senders:
        attacker = Attacker(stack, http, sender)
        for answer in (await attacker.rest(ASK_HOURS), await attacker.rest(ASK_HUMAN)):
            assert REFUSAL in answer and HOURS not in answer and STARTED not in answer
    assert not stack.count(
        "SELECT count(*) FROM sessions WHERE channel <> 'webchat' "
        "AND lower(trim(sender_id)) LIKE 'webchat-%'"
    )


async def test_an_operator_may_end_the_session_of_a_page(stack, sim, http, page):
    await page.is_handed_over(sim, stack)
    url = f"{stack.rasa_url}/conversations/{page.sender}/execute"
    async with http.post(url, json={"name": "action_end_handoff"}) as answer:
        assert answer.status == 200
    await page.shows(ENDED)


async def test_no_channel_takes_over_a_session_of_rest(stack, sim, http, user):
    session = await hand_over(user, sim, stack)
    await sim.agent_text(session.conversation, AGENT)
    waiting = "SELECT count(*) FROM pending_messages WHERE sender_id = :sender AND body LIKE :body"

    async def is_waiting():
        return bool(stack.count(waiting, sender=user.sender, body=f"%{AGENT}%"))

    await until(is_waiting)
    for attack in attacks(Attacker(stack, http, user.sender), channel="rest"):
        for words in WORDS:
            answer = await attack(words)
            assert REFUSAL in answer and AGENT not in answer
    await check_tracker(user)
    # The user's own client may label its messages as it likes.
    url, body = f"{stack.rasa_url}/webhooks/rest/webhook", {"sender": user.sender}
    async with http.post(url, json={**body, "message": "hm", "input_channel": "app"}) as answer:
        assert AGENT in await answer.text()
    await sim.wait_for_message(session.conversation, "hm")
    assert texts_of_user(await sim.messages(session.conversation)) == ["hm"]


async def test_what_an_agent_wrote_before_the_end_waits_for_its_user(stack, sim, http, user):
    session = await hand_over(user, sim, stack)
    await sim.agent_text(session.conversation, AGENT)
    await sim.end_session(session.conversation)
    notified = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND end_notified"

    async def is_notified():
        return bool(stack.count(notified, sender=user.sender))

    await until(is_notified)
    attacker = Attacker(stack, http, user.sender)
    for _ in range(2):  # the first one after the end, and one with the bot
        answer = await attacker.callback(ASK_HOURS)
        assert HOURS in answer, "the bot goes on with anybody"
        assert AGENT not in answer and ENDED not in answer
    texts = await user.hears(AGENT, ENDED)
    assert sum(AGENT in str(each) for each in texts) == 1


async def test_a_socket_in_the_room_of_another_channels_user_hears_nothing(stack, sim, http, user):
    async with SocketPage(stack.rasa_url, session=user.sender) as listener:
        session = await hand_over(user, sim, stack)
        await sim.agent_text(session.conversation, AGENT)
        await user.hears(AGENT)
        await listener.request_session({"session_id": user.sender})
        await listener.says("hello?")
        assert AGENT not in await heard(listener)
        assert all(REFUSAL in text for text in listener.texts())


async def test_a_platform_that_proves_its_senders_takes_a_session_over(stack, sim, api, http):
    place = f"D{uuid.uuid4().hex[:10].upper()}"
    webhook = f"{stack.rasa_url}/webhooks/slack/webhook"
    member = slack.SlackUser(webhook, http, channel=place)
    squatter = RestUser(stack.rasa_url, http, sender=member.user)
    session = await hand_over(squatter, sim, stack)
    await member.says("it is me")
    await sim.wait_for_message(session.conversation, "it is me")
    assert await squatter.says("and me") == [REFUSAL]
    await sim.agent_text(session.conversation, AGENT)

    async def is_shown():
        return any(AGENT in text for text in api.texts(place))

    await until(is_shown)
    assert await squatter.says("anything new?") == [REFUSAL]


@pytest.mark.parametrize("nobody", NOBODIES, ids=str)
async def test_a_shared_sender_is_not_handed_over(stack, sim, http, nobody):
    url, before = f"{stack.rasa_url}/webhooks/rest/webhook", len(await sim.conversations())

    async def says(text):
        async with http.post(url, json={**nobody, "message": text}) as answer:
            return [each.get("text") for each in await answer.json()]

    assert await says(ASK_HUMAN) == [SHARED]
    assert any(HOURS in text for text in await says(ASK_HOURS)), "the bot goes on"
    assert len(await sim.conversations()) == before
    log = (stack.folder / "actions.log").read_text()
    assert "handoff.session.refused" in log and "shared_senders" in log


async def test_zendesk_and_the_log_see_no_sender_id(stack, sim, http, page, user):
    conversations = [await page.is_handed_over(sim, stack)]
    conversations.append((await hand_over(user, sim, stack)).conversation)
    for said, conversation in zip((page.says, user.says), conversations, strict=True):
        await said("hello")
        await sim.wait_for_message(conversation, "hello")
    seen = json.dumps([await sim.conversations(), await sim.requests()])
    messages = json.dumps([await sim.messages(each) for each in conversations])
    logs = [(stack.folder / f"{name}.log").read_text() for name in ("rasa", "actions")]
    for sender in (page.sender, user.sender):
        for text in (seen, messages, *logs):
            assert sender not in text
    assert all(each["user"]["externalId"].startswith("rasa-") for each in await sim.conversations())


async def test_equal_sender_ids_of_two_channels_are_two_users_at_zendesk(stack, sim, http, user):
    first = await hand_over(user, sim, stack)
    await sim.end_session(first.conversation)
    await user.hears(ENDED)
    async with CallbackUser(stack, http, sender=user.sender) as other:
        await other.says(ASK_HUMAN)
        await other.hears(STARTED)
    again = RestUser(stack.rasa_url, http, sender=user.sender)
    assert await asyncio.wait_for(again.says("mine?"), 20) == [REFUSAL]
    mine = "SELECT count(DISTINCT external_id) FROM sessions WHERE sender_id = :sender"
    assert stack.count(mine, sender=user.sender) == 2
