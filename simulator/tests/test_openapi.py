"""Answers and events against Zendesk's OpenAPI file."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from simulator import Simulator

from .support.account import BUSINESS, Account, Json
from .support.bot import Bot
from .support.openapi import OpenApi
from .support.shared import find_openapi

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def spec() -> Iterator[OpenApi]:
    file = find_openapi()
    assert file is not None
    yield OpenApi(file)


class Checked(Account):
    """A caller that validates every answer, errors too."""

    spec: OpenApi
    checked: set[tuple[str, str, int]]

    async def raw(self, method: str, path: str, **options: Any) -> tuple[int, Json, Any]:
        status, answer, headers = await super().raw(method, path, **options)
        whole = f"/v2/apps/{self.app.id}{path}"
        assert self.spec.answer(method, whole, status, answer) == [], (method, path, answer)
        self.checked.add((method, path, status))
        return status, answer, headers


@pytest.fixture
async def checked(inside: Account, spec: OpenApi) -> Checked:
    account = Checked(inside.sim, inside.app)
    account.session = inside.session
    account.spec = spec
    account.checked = set()
    return account


async def test_users_conversations_and_messages(sim: Simulator, checked: Checked) -> None:
    user = await checked.user(profile={"givenName": "Mia", "locale": "de"}, metadata={"a": 1})
    await checked.call("POST", "/users", {"externalId": user["externalId"]})
    await sim.add_identity(checked.app.id, user["id"], type="email", value="mia@example.com")
    await checked.must("GET", "/users", **{"filter[identities.email]": "mia@example.com"})
    await checked.must("PATCH", f"/users/{user['id']}", {"metadata": {"b": 2}})
    await checked.call("GET", "/users/nobody")
    conversation = await checked.conversation(user, metadata={"owner": "me"}, displayName="One")
    path = f"/conversations/{conversation}"
    await checked.must("PATCH", path, {"description": "Two"})
    await checked.must("GET", "/conversations", **{"filter[userId]": user["id"]})
    for content in (
        {"type": "text", "text": "Hello"},
        {"type": "image", "mediaUrl": "https://a.example/b.png"},
        {"type": "file", "mediaUrl": "https://a.example/b.pdf"},
        {"type": "location", "coordinates": {"lat": 1, "long": 2}},
        {"type": "form", "fields": [{"type": "text", "name": "n", "label": "Name"}]},
    ):
        body = {"author": BUSINESS, "content": content, "metadata": {"mark": "1"}}
        await checked.must("POST", path + "/messages", body)
    await sim.set_switches(checked.app.id, subtypes="everywhere", activity="everywhere")
    await checked.hand_over(conversation)
    await sim.agent_text(conversation, "Hello")
    await sim.close(conversation)
    listed = await checked.must("GET", path + "/messages")
    assert listed["messages"][-1]["activity"] == {"type": "ticket:closed"}
    await checked.must("GET", path)
    await checked.must("GET", path + "/participants")
    await checked.must("POST", path + "/activity", {"author": BUSINESS, "type": "typing:start"})
    form = aiohttp.FormData()
    form.add_field("source", b"text", filename="a.txt")
    await checked.raw("POST", "/attachments", data=form, params={"access": "public"})
    await checked.call("DELETE", path)
    await checked.must("DELETE", path + "/messages")
    await checked.must("DELETE", f"/users/{user['id']}")


async def test_administration(checked: Checked) -> None:
    await checked.must("GET", "")
    await checked.must("PATCH", "", {"displayName": "Acme"})
    hook = {"target": "https://bot.example/hook", "triggers": ["conversation:message"]}
    await checked.must("POST", "/integrations", {"type": "custom", "webhooks": [hook]})
    await checked.must("GET", "/integrations")
    path = f"/integrations/{checked.app.integrations[0].id}"
    await checked.must("GET", path)
    key = (await checked.must("POST", path + "/keys", {"displayName": "x"}))["key"]
    await checked.must("GET", path + "/keys")
    await checked.must("GET", f"{path}/keys/{key['id']}")
    webhook = (await checked.must("POST", path + "/webhooks", hook))["webhook"]
    await checked.must("GET", path + "/webhooks")
    await checked.must("PATCH", f"{path}/webhooks/{webhook['id']}", hook)
    await checked.must("DELETE", f"{path}/webhooks/{webhook['id']}")
    (board,) = (await checked.must("GET", "/switchboards"))["switchboards"]
    await checked.call("POST", "/switchboards")
    path = f"/switchboards/{board['id']}"
    await checked.must("PATCH", path, {"enabled": True})
    switchboard_integrations = path + "/switchboardIntegrations"
    made = await checked.must(
        "POST", switchboard_integrations, {"name": "x", "integrationType": "zd:x"}
    )
    await checked.must("GET", switchboard_integrations)
    one = f"{switchboard_integrations}/{made['switchboardIntegration']['id']}"
    await checked.must("PATCH", one, {"messageHistoryCount": 3})
    await checked.must("DELETE", one)
    conversation = await checked.conversation()
    for action in ("passControl", "offerControl", "acceptControl", "releaseControl"):
        await checked.control(conversation, action, {"switchboardIntegration": "rasa"})
        await checked.control("0" * 24, action, {"switchboardIntegration": "rasa"})
    assert {status for _, _, status in checked.checked} == {200, 201, 400, 404}


async def test_events(sim: Simulator, inside: Account, bot: Bot, spec: OpenApi) -> None:
    hook = {"target": bot.url, "include_full_user": True, "include_full_source": True}
    await sim.add_integration(inside.app.id, hook)
    await sim.set_switches(inside.app.id, delivery_events="on")
    user = await inside.user(profile={"givenName": "Mia"}, metadata={"a": 1})
    conversation = await inside.conversation(user, metadata={"owner": "me"})
    author = {"type": "user", "userId": user["id"]}
    await inside.say(conversation, "Hello", author=author, metadata={"mark": "1"})
    rasa = {"switchboardIntegration": "rasa", "metadata": {"a": 1}}
    await inside.control(conversation, "passControl", {"switchboardIntegration": "nobody"})
    await inside.control(conversation, "acceptControl", {})
    await inside.hand_over(conversation, {"dataCapture.systemField.tags": "a"})
    await inside.control(conversation, "offerControl", {"switchboardIntegration": "nobody"})
    await inside.control(conversation, "offerControl", rasa)
    await sim.agent_text(conversation, "Hello")
    await sim.agent_image(conversation, b"\x89PNG")
    await sim.agent_typing(conversation)
    await sim.agent_read(conversation)
    await sim.close(conversation)
    await inside.control(conversation, "offerControl", rasa)
    await inside.control(conversation, "acceptControl", {})
    other = await inside.conversation()
    group = {"type": "sdkGroup", "participants": [{"userId": user["id"]}]}
    room = (await inside.must("POST", "/conversations", group))["conversation"]["id"]
    await inside.must("POST", f"/conversations/{room}/leave", {"userId": user["id"]})
    await inside.must("POST", f"/conversations/{room}/join", {"userId": user["id"]})
    visitor = await sim.user_begin(inside.app.id, name="Mia", reason="linkRequest")
    button = {"type": "postback", "text": "Yes", "payload": "/yes", "metadata": {"a": 1}}
    # The file does not tell a text's button of this kind from a `reply`.
    content = {"type": "carousel", "items": [{"title": "Sure?", "actions": [button]}]}
    asked = await inside.say(visitor, content=content)
    await sim.user_press(visitor, asked["id"], "Yes")
    await sim.user_refer(visitor, "spring")
    await sim.user_text(visitor, "Hello")
    await sim.wait_for_delivery(type="conversation:referral")
    await sim.merge_user(other, user["id"], conversations=True)
    await sim.remove_user(conversation)
    await sim.wait_for_delivery(type="user:remove", count=2)
    await sim.wait_for_delivery(type="conversation:remove", count=2)
    seen = set(bot.types)
    for event in bot.events:
        assert spec.event(event) == [], event["type"]
    assert seen == set(spec.events) - {
        "client:add", "client:remove", "client:update", "user:update",
        "conversation:message:delivery:channel", "conversation:message:delivery:failure",
    }  # fmt: skip


async def test_the_validator_refuses_wrong_events(sim: Simulator, account: Account, bot: Bot,
                                    spec: OpenApi) -> None:  # fmt: skip
    conversation = await account.conversation()
    await account.say(conversation)
    await sim.wait_for_delivery(type="conversation:message")
    event = bot.events[-1]
    assert spec.event(event) == []
    for place, name, value in (
        (["payload", "message", "author"], "type", "bot"),
        (["payload", "message", "content"], "text", 7),
        (["payload", "conversation"], "activeSwitchboard", {}),
        ([], "event_id", "x"),
    ):
        spoiled = copy.deepcopy(event)
        target = spoiled
        for step in place:
            target = target[step]
        target[name] = value
        assert spec.event(spoiled), (place, name)
