"""The trained demo bot, in this process, talking to users who have had enough, or who have not."""

from __future__ import annotations

import uuid

import pytest
from rasa.core.agent import Agent
from rasa.core.channels import CollectingOutputChannel, UserMessage

from tests.support.servers import MODEL

OFFER = "Shall I bring in a colleague"
DECLINED = "let us try again"


@pytest.fixture(scope="module")
def agent():
    assert MODEL.is_file(), "There is no trained model: run `make setup`."
    return Agent.load(str(MODEL))


class Talk:
    """A conversation with the bot; the action server is not needed for what is told here."""

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
def talk(agent):
    return Talk(agent)


async def test_anger_is_met_with_an_offer_and_a_yes_escalates(talk):
    assert OFFER not in await talk.says("how much is shipping?")
    assert OFFER in await talk.says("your answers are useless, this is ridiculous")
    assert "strong negative wording" in (await talk.tracker()).get_slot("handoff_reason")
    await talk.says("yes please")
    assert (await talk.actions())[-2:] == ["action_human_handoff", "action_listen"]
    assert "strong negative wording" in (await talk.tracker()).get_slot("handoff_reason")


async def test_a_no_declines_and_the_bot_waits_before_it_offers_again(talk):
    assert OFFER in await talk.says("you stupid machine, this is the third time I am asking!")
    assert DECLINED in await talk.says("no thanks")
    assert (await talk.tracker()).get_slot("handoff_reason") is None
    for text in ("this is ridiculous", "you useless bot", "are you deaf? you never listen"):
        assert OFFER not in await talk.says(text)
    assert OFFER in await talk.says("I am fed up with this nonsense")


async def test_a_bot_that_fails_again_and_again_offers_a_person(talk):
    assert OFFER not in await talk.says("when will my blue lamp get here")
    assert OFFER not in await talk.says("I want to know when the blue lamp gets here")
    assert OFFER in await talk.says("my blue lamp, when does it get here")
    assert "did not understand" in (await talk.tracker()).get_slot("handoff_reason")


async def test_the_score_stands_in_the_tracker(talk):
    await talk.says("this is ridiculous, you useless bot")
    offer = next(
        event
        for event in (await talk.tracker()).events
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
async def test_nobody_else_is_offered_a_person(talk, texts):
    for text in texts:
        assert OFFER not in await talk.says(text)
