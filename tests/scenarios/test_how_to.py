"""The how-to pages, in a small bot: their files are written as they stand there, and tried."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from simulator import SimulatorClient
from tests.support.garden import Garden
from tests.support.messenger import Messenger
from tests.support.names import SENDERS
from tests.support.pages import DOCS, files_of
from tests.support.users import RestUser, conversation_of, is_of
from tests.support.waiting import until
from zendesk_handoff.domain.ratings import RATING_PAYLOAD, RATING_TAG
from zendesk_handoff.domain.responses import RATE, RATED, default_message

pytestmark = pytest.mark.timeout(300)  # the first test trains the bot

WANT_PERSON = "I want to talk to a human"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garden]:
    garden = Garden(tmp_path_factory.mktemp("garden") / "bot")
    try:
        garden.start()
        yield garden
    finally:
        for process in reversed(garden.processes):
            process.stop()


@pytest.fixture
async def sim(stack: Garden):
    async with SimulatorClient(stack.urls["sim"]) as client:
        yield client


async def summary_for(user, sim, stack, *, connector="support"):
    """Read what the agent reads first."""
    found = await conversation_of(user.sender, sim, stack, connector=connector)
    first, *_ = await sim.messages(found["id"])
    return first["content"]["text"]


def said(name, **values):
    return default_message(name, "en", **values)["text"]


STARTED = [
    each["text"]
    for each in yaml.safe_load(files_of(DOCS / "languages.md")["domain/words.yml"])["responses"][
        "utter_handoff_started"
    ]
]


async def test_own_words_and_an_empty_one(user):
    [reply] = await user.says(WANT_PERSON)
    assert reply in STARTED


async def test_a_reason_by_a_rule(user, sim, stack):
    [reply] = await user.says("cancel my contract")
    assert reply in STARTED
    summary = await summary_for(user, sim, stack)
    assert "The customer wants to cancel the contract." in summary.splitlines()[0]


async def test_a_reason_by_an_action(user, sim, stack):
    [reply] = await user.says("send me the invoice")
    assert reply in STARTED
    summary = await summary_for(user, sim, stack)
    assert "The invoice could not be sent: no connection." in summary.splitlines()[0]


async def test_a_form_is_left(user, sim, stack):
    assert await user.says("I have feedback") == ["What did you like?"]
    [reply] = await user.says(WANT_PERSON)
    assert reply in STARTED
    assert await user.slot("feedback") is None


async def test_a_form_that_asks_first(user, sim, stack):
    asked = "What is the number of your order?"
    assert await user.says("track my parcel") == [asked]
    assert await user.says(WANT_PERSON) == ["Our team needs the number of your order first.", asked]
    assert await user.says("10234") == ["Noted."]
    assert await user.slot("order_number") == "10234"
    [reply] = await user.says(WANT_PERSON)
    assert reply in STARTED
    facts = (await summary_for(user, sim, stack)).partition("\nFacts:")[2]
    assert "10234" in facts.splitlines()[0]


async def test_a_form_of_the_bots_own_tells_the_ticket_what_it_is_about(user, sim, stack):
    found = await with_problem(user, sim, stack, "a lamp that flickers")
    await sim.end_session(found["id"])

    async def has_ended():
        return await user.slot("handoff_end_reason") == "agent"

    await until(has_ended)
    await with_problem(user, sim, stack, "invoice")  # asked again, and another ticket


async def with_problem(user, sim, stack, problem):
    """Answer the form's question, and wait for the ticket."""
    assert (await user.says("I have a problem"))[-1] == "What is it about?"
    [reply] = await user.says(problem)
    assert reply in STARTED
    found = await sim.wait_for_conversation(
        stack.connectors["support"]["app_id"],
        lambda one: is_of(one, user.sender) and has_tag(one, problem),
    )
    assert found["ticket"]["fields"]["custom"] == {"360001234567": problem}
    summary = found["messages"][0]["content"]["text"]
    assert f"problem: {problem}" in summary
    return found


def has_tag(conversation, text):
    ticket = conversation["ticket"] or {"fields": {}}
    return text.replace(" ", "_") in ticket["fields"].get("tags", ())


async def test_a_form_of_the_bots_own_is_left_for_a_person(user, sim, stack):
    assert await user.says("I have a problem") == ["What is it about?"]
    [reply] = await user.says(WANT_PERSON)
    assert reply in STARTED
    found = await conversation_of(user.sender, sim, stack)
    assert found["ticket"]["fields"]["tags"] == ["rasa_handoff"], "there is no answer"
    assert "custom" not in found["ticket"]["fields"]


@pytest.mark.parametrize("ends", [True, False], ids=["agent", "user"])
async def test_the_reason_of_the_end_decides_between_two_rules(ends, stack, sim, http):
    user, asked, left = Messenger(stack.rasa_url, http), "How was it", "What else can I do"
    found = await with_answer(user, sim, stack, connector="support")
    if ends:
        await sim.end_session(found["id"])
    else:
        await user.says("end chat")
    await user.hears(asked if ends else left)
    assert not any((left if ends else asked) in text for text in await user.sent())
    await user.says("hello")
    await user.hears("Welcome to the garden centre.")


async def with_answer(user, sim, stack, *, connector):
    """Hand a user over, and let an agent answer."""
    await user.says(WANT_PERSON)
    found = await conversation_of(user.sender, sim, stack, connector=connector)
    await sim.agent_text(found["id"], "Which plant is it?")
    await user.hears("Ana: Which plant is it?")
    return found


async def test_a_rating_becomes_a_tag_of_the_ticket(stack, sim, http):
    user = Messenger(stack.rasa_url, http, workspace="wholesale")
    found = await with_answer(user, sim, stack, connector="wholesale")
    await sim.end_session(found["id"])
    await user.hears(said(RATE))
    await user.says(f"{RATING_PAYLOAD}4")
    await user.hears(said(RATED))
    await sim.wait_for_state(found["id"], lambda one: has_tag(one, f"{RATING_TAG}4"))


@pytest.mark.parametrize("sender", [SENDERS[0], "a b?c#d=é&/../%2F"])
async def test_the_agent_gets_a_link_to_the_bots_conversation(sender, new_user, sim, stack):
    await new_user(sender=sender).says(WANT_PERSON)
    found = await conversation_of(sender, sim, stack)
    summary = found["messages"][0]["content"]["text"]
    [link] = re.findall(r"https://bots\.example\.com/\S*", summary)
    address = urlsplit(link)
    _, conversations, last = address.path.split("/")  # nothing of the id is a part of the path
    assert (conversations, unquote(last)) == ("conversations", sender)
    assert (address.query, address.fragment) == ("", "")


async def test_name_and_address_in_slots(user, sim, stack):
    told = '/inform{"name": "Zoë Müller", "email": "zoe@example.com"}'
    assert await user.says(told) == ["Noted."]
    await user.says(WANT_PERSON)
    summary = await summary_for(user, sim, stack)
    [told] = [line for line in summary.splitlines() if "As told by the user:" in line]
    assert "Zoë Müller" in told
    assert "zoe@example.com" in told


async def test_name_and_address_in_metadata(user, sim, stack):
    page = (DOCS / "users.md").read_text()
    [body] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    metadata = yaml.safe_load(body)["metadata"]
    await user.gets(WANT_PERSON, metadata=metadata)
    summary = await summary_for(user, sim, stack)
    [told] = [line for line in summary.splitlines() if "As told by the user:" in line]
    assert metadata["name"] in told
    assert metadata["email"] in told


@pytest.mark.parametrize("workspace", ["wholesale", "partners"])
async def test_each_workspace_has_its_connector(workspace, new_user, sim, stack):
    user = new_user(workspace=workspace)
    [reply] = await user.says(WANT_PERSON)
    assert reply in STARTED
    assert await summary_for(user, sim, stack, connector="wholesale")


async def test_an_unknown_workspace_is_nobodys(new_user, sim, stack):
    user = new_user(workspace="brand-x")
    assert await user.says(WANT_PERSON) == [said("utter_handoff_failed")]
    assert await user.slot("handoff_status") == "failed"


async def test_back_to_the_bot_and_a_condition_on_a_slot(user: RestUser, sim, stack, http):
    address = f"{stack.rasa_url}/conversations/{user.sender}"
    slot = {"event": "slot", "name": "language", "value": "it"}
    async with http.post(f"{address}/tracker/events", json=slot) as answer:
        assert answer.status == 200
    await user.says(WANT_PERSON)
    await summary_for(user, sim, stack)
    async with http.post(f"{address}/execute", json={"name": "action_end_handoff"}) as answer:
        assert answer.status == 200
    await user.hears("La conversazione con il nostro team è terminata.", asking="hello")

    async def answers() -> bool:
        return await user.says("hello") == ["Welcome to the garden centre."]

    await until(answers)
