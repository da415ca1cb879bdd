"""Who the user is: what is proven, known to the channel or told, at Zendesk and for the agent."""

from __future__ import annotations

import uuid

import pytest
from yarl import URL

from tests.support.bot_texts import ASK_HUMAN, STARTED
from tests.support.identity import IDENTITY_SECRET, OTHER_SECRET, identity
from tests.support.names import AGENTS
from tests.support.users import conversation_of
from tests.support.webchat import open_chat_page
from zendesk_handoff.domain.identity import USER_KEY

CEO = "ceo@example.com"
REQUESTER = ("requester.name", "requester.email")


@pytest.fixture
def subject():
    return f"customer-{uuid.uuid4().hex}"


async def summary_of(sim, conversation):
    first, *_ = await sim.messages(conversation)
    return first["content"]["text"]


async def requester_of(sim, conversation):
    found = await sim.conversation(conversation)
    return {name: found["ticket"]["fields"].get(name) for name in REQUESTER}


async def handed_over(page, sim, stack, external_id):
    await page.says(ASK_HUMAN)
    found = await conversation_of(external_id, sim, stack)
    await page.shows(STARTED)
    return found


@pytest.mark.parametrize("name", [AGENTS[1], AGENTS[3], AGENTS[8]])
@pytest.mark.parametrize("secret", [IDENTITY_SECRET, OTHER_SECRET])
async def test_a_signed_user_is_the_requester(page, sim, stack, subject, name, secret):
    token = identity(subject, secret=secret, name=name, email="jo@example.com")
    begun = await page.begins(status=201, identity=token, name="Mallory", email=CEO)
    assert begun["signed_in_as"] == name
    found = await handed_over(page, sim, stack, subject)
    assert found["user"]["externalId"] == subject
    assert found["user"]["profile"]["email"] == "jo@example.com"
    assert await requester_of(sim, found["id"]) == {
        "requester.name": name,
        "requester.email": "jo@example.com",
    }
    summary = await summary_of(sim, found["id"])
    assert f"Signed in: {name}; jo@example.com" in summary
    assert f"As told by the user: name: Mallory; email: {CEO}" in summary


async def test_what_an_address_tells_is_no_requester_and_is_marked(page, sim, stack):
    await page.begins(status=201, name="The CEO", email=CEO)
    found = await handed_over(page, sim, stack, page.sender)
    assert not {"givenName", "surname", "email"} & found["user"]["profile"].keys()
    assert await requester_of(sim, found["id"]) == dict.fromkeys(REQUESTER)
    assert "As told by the user: name: The CEO; email: ceo@" in await summary_of(sim, found["id"])


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"input_channel": "webchat"},
        {"input_channel": "flaky"},
        {"input_channel": "rest"},
    ],
)
async def test_a_client_of_rest_cannot_prove_anything(http, sim, stack, new_user, subject, forged):
    user = new_user()
    record = {"subject": subject, "name": "The CEO", "email": CEO}
    body = {
        "sender": user.sender,
        "message": ASK_HUMAN,
        "metadata": {USER_KEY: record, "email": CEO},
        "user": record,
        **forged,
    }
    async with http.post(f"{stack.rasa_url}/webhooks/rest/webhook", json=body) as answer:
        assert answer.status == 200
    found = await conversation_of(user.sender, sim, stack)
    assert "email" not in found["user"]["profile"]
    assert await requester_of(sim, found["id"]) == dict.fromkeys(REQUESTER)
    summary = await summary_of(sim, found["id"])
    assert f"As told by the user: email: {CEO}" in summary
    assert "Signed in" not in summary
    app = stack.connectors["support"]["app_id"]
    assert all(one["user"]["externalId"] != subject for one in await sim.conversations(app))


@pytest.mark.parametrize(
    "token",
    [
        identity(secret="a secret that the site does not have, of any length"),
        identity(expires_in=-3600),
        identity(exp=None),
        "not.a.token",
        ["a list"],
        7,
    ],
    ids=lambda _token: "token",  # each worker makes its own
)
async def test_a_bad_token_is_refused_and_begins_nothing(page, token):
    body = await page.begins(status=401, identity=token)
    assert "open the chat from the site again" in body["error"]
    assert not list(page.http.cookie_jar)


async def test_no_token_is_in_any_log_or_answer(page, stack, subject):
    tokens = [
        identity(subject, name="Jo"),
        identity(subject, expires_in=-3600),
        identity(subject, secret="a secret that the site does not have, of any length"),
    ]
    answers = [await page.begins(identity=token) for token in tokens]
    written = str(answers) + "".join(each.log.read_text() for each in stack.processes.values())
    assert "handoff.webchat.identity_refused" in written
    for token in tokens:
        assert token not in written
        assert token.split(".")[2] not in written
    assert IDENTITY_SECRET not in written
    assert subject not in written


async def test_a_conversation_belongs_to_its_subject(page, subject):
    mine = await page.begins(status=201, identity=identity(subject, name="Jo"))
    again = await page.begins(status=200, identity=identity(subject, name="Jo"))
    assert again == mine
    renewed = await page.begins(status=200, identity=identity(subject, name="Jo Doe"))
    assert renewed == {**mine, "signed_in_as": "Jo Doe"}
    without = await page.begins(status=200)
    assert without == renewed, "a reload has no token"
    await page.says("my order is 10234")
    theirs = await page.begins(status=201, identity=identity(f"{subject}-other"))
    assert theirs["conversation"] != mine["conversation"]
    async with page.listens() as stream:
        await page.says("hello")
        await stream.until("hello")
    assert "10234" not in str(stream.entries)


async def test_a_token_takes_no_conversation_over_that_somebody_else_may_have_the_cookie_of(
    stack, page, subject
):
    """An attacker's cookie, planted in the browser of a user who then signs in."""
    await page.begins(status=201)
    [planted] = page.http.cookie_jar
    token = identity(subject)
    async with open_chat_page(stack.rasa_url) as victim:
        # The path of the page's own cookie, which replaces it.
        url = URL(f"{victim.root}/conversations")
        victim.http.cookie_jar.update_cookies({planted.key: planted.value}, url)
        assert (await victim.begins(status=200))["conversation"] == page.sender
        begun = await victim.begins(status=201, identity=token)
        await victim.says("my address is 7 Mill Lane")
        assert begun["conversation"] != page.sender
    async with page.listens() as stream:
        await page.says("is anybody here?")
        await stream.until("is anybody here?")
    assert "7 Mill Lane" not in str(stream.entries)


async def test_the_same_person_stays_signed_in_in_a_new_conversation(page, sim, stack, subject):
    await page.begins(status=201, identity=identity(subject, name="Jo"))
    await page.says("hello")
    begun = await page.begins(status=201, new=True)
    assert begun["signed_in_as"] == "Jo"
    found = await handed_over(page, sim, stack, subject)
    assert found["user"]["profile"]["givenName"] == "Jo"
