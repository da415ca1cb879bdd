"""The trained demo bot, in this process, with frustrated users and others."""

from __future__ import annotations

import uuid

import pytest
from rasa.core.agent import Agent
from rasa.core.channels import CollectingOutputChannel, UserMessage

from tests.support.bot_texts import OFFER
from tools.paths import MODEL

DECLINED = "let us try again"


@pytest.fixture(scope="module")
def agent():
    assert MODEL.is_file(), "There is no trained model: run `make setup`."
    return Agent.load(str(MODEL))


class Conversation:
    """A conversation with the bot, without an action server."""

    def __init__(self, agent):
        self.agent, self.sender = agent, uuid.uuid4().hex

    async def says(self, text):
        output = CollectingOutputChannel()
        await self.agent.handle_message(UserMessage(text, output, self.sender))
        return " ".join(each.get("text", "") for each in output.messages)

    async def tracker(self):
        return await self.agent.tracker_store.retrieve(self.sender)

    async def actions(self):
        events = (await self.tracker()).events
        return [event.action_name for event in events if event.type_name == "action"]


@pytest.fixture
def user(agent):
    return Conversation(agent)


async def test_anger_leads_to_an_offer_and_its_acceptance_to_a_handover(user):
    assert OFFER not in await user.says("how much is shipping?")
    assert OFFER in await user.says("your answers are useless, this is ridiculous")
    assert "strong negative wording" in (await user.tracker()).get_slot("handoff_reason")
    await user.says("yes please")
    assert (await user.actions())[-2:] == ["action_human_handoff", "action_listen"]
    assert "strong negative wording" in (await user.tracker()).get_slot("handoff_reason")


async def test_a_refused_offer_is_repeated_only_after_some_turns(user):
    assert OFFER in await user.says("you stupid machine, this is the third time I am asking!")
    assert DECLINED in await user.says("no thanks")
    assert (await user.tracker()).get_slot("handoff_reason") is None
    for text in ("this is ridiculous", "you useless bot", "are you deaf? you never listen"):
        assert OFFER not in await user.says(text)
    assert OFFER in await user.says("I am fed up with this nonsense")


async def test_repeated_misunderstanding_leads_to_an_offer(user):
    assert OFFER not in await user.says("when will my blue lamp get here")
    assert OFFER not in await user.says("I want to know when the blue lamp gets here")
    assert OFFER in await user.says("my blue lamp, when does it get here")
    assert "did not understand" in (await user.tracker()).get_slot("handoff_reason")


async def test_the_score_is_in_the_tracker(user):
    await user.says("this is ridiculous, you useless bot")
    offer = next(
        event
        for event in (await user.tracker()).events
        if event.type_name == "action" and event.action_name == "utter_handoff_offer"
    )
    assert offer.policy == "FrustrationPolicy"
    assert offer.metadata["frustration"]["score"] >= offer.metadata["frustration"]["threshold"]


@pytest.mark.parametrize(
    "texts",
    [
        ["hello, how are you?", "can you recommend a nice mug?", "thanks, lovely"],
        ["how much is shipping?", "and express?", "great, thanks a lot"],
        ["hi", "no", "no", "ok", "bye"],
        ["damn, is the shop open today?", "awesome"],
    ],
    ids=lambda texts: texts[0],
)
async def test_other_users_get_no_offer(user, texts):
    for text in texts:
        assert OFFER not in await user.says(text)
