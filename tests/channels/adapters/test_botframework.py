"""Bot Framework: signed addresses, the bot's token, refusals, literal texts, cards, files."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from aiohttp import web
from rasa.core.channels import botframework as rasas
from rasa.core.channels.botframework import BotFramework
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from tests.support.names import AGENTS, SENDERS, TEXTS
from tests.support.platforms import botframework
from zendesk_handoff.channels.adapters.botframework import BotFrameworkAdapter
from zendesk_handoff.channels.adapters.botframework_connector import service_address
from zendesk_handoff.channels.adapters.botframework_events import FileReference
from zendesk_handoff.domain.messages import AgentMessage, Button, Card
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.response_tracking import TrackedResponse, current_response, keep_request

USER = "29:1mara_x-y"
CONVERSATION = "19:abc/def@thread.tacv2;messageid=1481567603816"


@pytest.fixture
def api(monkeypatch):
    for name in ("MICROSOFT_OAUTH2_URL", "MICROSOFT_OPEN_ID_URI"):
        monkeypatch.setattr(rasas, name, "to be replaced")
    with botframework.BotConnectorApi() as served:
        yield served


@pytest.fixture
def channel(api):
    return botframework.LocalBotFrameworkInput.from_credentials(botframework.block(api.url))


@pytest.fixture
def adapter(channel):
    return BotFrameworkAdapter(channel)


@pytest.fixture
def place(api):
    bot = botframework.BOT["id"]
    return {"service_url": api.service_url, "conversation": CONVERSATION, "bot": bot}


@pytest.fixture
def output(adapter, place):
    return ChannelOutput(adapter, "botframework", place)


@pytest.fixture
def received(api):
    """Make a message as Rasa's channel does, and the request that has brought it."""
    token = current_response.set(None)

    def make(text="hello", *, signature=None, **values):
        user = botframework.TeamsUser("", None, api, user=USER, conversation=CONVERSATION)
        activity = user.activity(text, **values)
        signed = api.signature() if signature is None else signature
        request = SimpleNamespace(
            body=json.dumps(activity).encode(), headers={"Authorization": f"Bearer {signed}"}
        )
        channel = BotFramework(
            "id",
            "password",
            activity["conversation"],
            activity["recipient"],
            activity["serviceUrl"],
        )
        message = UserMessage(activity.get("text"), channel, USER, input_channel="botframework")
        current_response.set(TrackedResponse(request))
        keep_request(message)
        return message, request

    yield make
    current_response.reset(token)


async def refused(output, **response):
    with pytest.raises(NotDelivered) as caught:
        await output.send_response(USER, response)
    return caught.value


def agents(text="", **values):
    author = values.pop("author", "Ana")
    return AgentMessage("m1", author, "a", values.pop("kind", "text"), text, **values)


# Where the conversation is


def test_the_place_is_the_conversation_of_the_message(adapter, received, place):
    message, _ = received()
    assert adapter.address(message) == place
    assert adapter.default_address(USER) is None


@pytest.mark.parametrize(
    "signature",
    [
        {"service_url": "https://another.example/"},
        {"service_url": ""},
        {"service_url": None, "serviceurl": 7},
    ],
)
def test_a_service_url_that_is_not_signed_is_not_used(adapter, received, api, signature):
    message, request = received(signature=api.signature(**signature))
    assert adapter.address(message) is None
    content = adapter.receive(message, request)
    assert content.text == "hello"


def test_a_replayed_signature_does_not_lead_the_token_elsewhere(adapter, received):
    message, request = received(
        serviceUrl="https://attacker.example/",
        attachments=[
            {"contentType": "image/*", "contentUrl": "https://attacker.example/v3/attachments/1"}
        ],
    )
    assert adapter.address(message) is None
    (file,) = adapter.receive(message, request).files
    assert file.reference == ""  # nothing is read with the token


def test_a_message_of_another_channel_that_names_this_one_has_no_place(adapter, received):
    message, request = received()
    claimed = UserMessage("hi", CollectingOutputChannel(), USER, input_channel="botframework")
    keep_request(claimed)
    assert adapter.address(claimed) is None
    assert adapter.receive(claimed, request).key is None
    assert adapter.address(UserMessage("hi", message.output_channel, USER)) is None


@pytest.mark.parametrize("changed", [{"from": {"id": "29:other"}}, {"conversation": {"id": "c2"}}])
def test_a_request_with_another_message_is_not_used(adapter, received, changed):
    message, _ = received("of Mara")
    own = {"from": {"id": USER}, "conversation": {"id": CONVERSATION}}
    other = json.dumps({"text": "of another", "id": "7", **own, **changed}).encode()
    assert adapter.receive(message, SimpleNamespace(body=other)).text == "of Mara"


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("https://smba.trafficmanager.net/emea", "https://smba.trafficmanager.net/emea/"),
        ("https://webchat.botframework.com/", "https://webchat.botframework.com/"),
        ("http://127.0.0.1:3978", "http://127.0.0.1:3978/"),
        ("http://localhost:3978/", "http://localhost:3978/"),
        ("http://[::1]:3978/", "http://[::1]:3978/"),
        ("http://smba.trafficmanager.net/emea/", None),
        ("http://localhost.attacker.example/", None),
        ("https://user:secret@x.example/", None),
        ("https://x.example/?next=", None),
        ("https://x.example/#a", None),
        ("https://x.example/a/../b/", None),
        ("https://x.example\n/", None),
        ("http://[", None),
        ("ftp://x.example/", None),
        ("", None),
        (None, None),
    ],
)
def test_addresses_of_services(value, address):
    assert service_address(value) == address


# Sending


@pytest.mark.parametrize("name", AGENTS)
@pytest.mark.parametrize(
    "text", [*TEXTS, "@all <at>Mara</at> 1. one\n> two\n- three \\*", "ق" * 30000]
)
async def test_agents_words_arrive_as_they_are(output, api, name, text):
    await output.send_agent_message(USER, agents(text, author=name), key="k")
    assert {where for where, _ in api.activities} == {CONVERSATION}
    assert {each["textFormat"] for _, each in api.activities} == {"plain"}
    shown = "".join(api.texts(CONVERSATION))
    assert shown.replace(" ", "") == f"{name}: {text}".replace(" ", "")
    assert {each["recipient"]["id"] for _, each in api.activities} == {USER}


@pytest.mark.parametrize("sender", SENDERS)
async def test_any_conversation_is_one_segment_of_the_path(adapter, api, place, sender):
    await adapter.send(USER, {**place, "conversation": sender}, {"text": "hello"}, key="")
    assert [where for where, _ in api.activities] == [sender]


@pytest.mark.parametrize("conversation", ["", ".", ".."])
async def test_no_conversation_changes_the_path(adapter, api, place, conversation):
    with pytest.raises(NotDelivered) as caught:
        await adapter.send(USER, {**place, "conversation": conversation}, {"text": "a"}, key="")
    assert not caught.value.may_repeat and api.tokens_seen == []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("*one* _two_", r"\*one\* \_two\_"),
        ("<b>Mo</b> & <at>all</at>", r"\<b>Mo\</b> \& \<at>all\</at>"),
        ("https://x.example/a_b?c=d&e=f#g", "https://x.example/a_b?c=d&e=f#g"),
        ("1. one\n- two", "1\\. one\n\\- two"),
    ],
)
def test_markup_in_a_response(adapter, text, written):
    assert adapter.literal(text) == written


@pytest.mark.parametrize("text", [*AGENTS, *TEXTS, "a\\b \\* https://x.example/<b>&amp;", "3) - +"])
def test_literal_texts_are_read_back(adapter, text):
    shown = adapter.as_literal({"text": adapter.literal(text), "buttons": []})
    assert (shown["text"], shown["buttons"]) == (text, [])
    assert adapter.as_literal({"image": "https://x.example/a.png"}).keys() == {"image"}


async def test_a_designers_response_keeps_its_markup(output, api):
    await output.send_response(USER, {"text": "*Welcome*"})
    ((_, activity),) = api.activities
    assert activity["text"] == "*Welcome*" and "textFormat" not in activity


async def test_buttons(output, api):
    await output.send_agent_message(
        USER,
        agents("*Which*?", buttons=(Button("Red"), Button("B", url="https://shop.example"))),
        key="k",
    )
    ((_, activity),) = api.activities
    assert activity["text"].startswith("Ana: *Which*?") and activity["textFormat"] == "plain"
    (card,) = activity["attachments"]
    assert card["content"] == {"buttons": [{"type": "imBack", "title": "Red", "value": "Red"}]}


async def test_buttons_of_the_bot_show_their_titles(output, api):
    own = {"type": "signin", "title": "Sign in", "value": "https://x.example"}
    buttons = [
        {"title": "Order", "payload": '/inform{"a": "b"}'},
        {"title": "Site", "url": "https://x.example"},
        own,
    ]
    await output.send_response(USER, {"text": "Choose", "buttons": buttons})
    made = api.activities[0][1]["attachments"][0]["content"]["buttons"]
    assert made == [
        {
            "type": "messageBack",
            "title": "Order",
            "text": '/inform{"a": "b"}',
            "displayText": "Order",
        },
        {"type": "openUrl", "title": "Site", "value": "https://x.example"},
        own,
    ]


async def test_cards_and_a_designers_attachments(output, api):
    picture = "https://x.example/a.png"
    cards = (Card("<b>Red</b>", "One", image_url=picture, buttons=(Button("Take"),)),)
    await output.send_agent_message(USER, agents("", cards=cards), key="k")
    activity = api.activities[-1][1]
    assert activity["attachmentLayout"] == "carousel"
    assert activity["attachments"][0]["content"] == {
        "title": "<b>Red</b>",
        "subtitle": "One",
        "images": [{"url": picture}],
        "buttons": [{"type": "imBack", "title": "Take", "value": "Take"}],
    }
    own = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {"body": []}}
    await output.send_response(USER, {"elements": [{"attachments": [own]}]})
    assert api.activities[-1][1]["attachments"] == [own]


async def test_a_designers_activity_does_not_choose_the_place(output, api):
    custom = {"text": "hi", "conversation": {"id": "elsewhere"}, "recipient": {"id": "29:other"}}
    await output.send_response(USER, {"custom": {**custom, "from": {"id": "28:other"}}})
    ((where, activity),) = api.activities
    assert (where, activity["conversation"]["id"]) == (CONVERSATION, CONVERSATION)
    assert activity["recipient"] == {"id": USER}
    assert activity["from"] == {"id": botframework.BOT["id"]}


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        ("https://x.example/a%20b.jpg?c=d", "image/jpeg", "a b.jpg"),
        ("https://x.example/media/7", "image/png", "7"),
        ("https://x.example/", "image/png", None),
    ],
)
async def test_pictures(output, api, url, kind, name):
    await output.send_response(USER, {"image": url})
    (shown,) = api.activities[0][1]["attachments"]
    assert (shown["contentType"], shown["contentUrl"], shown.get("name")) == (kind, url, name)


async def test_what_teams_does_not_take_comes_as_a_link(output, api):
    large = agents(
        kind="image", media_url="https://x.example/a.png", media_type="image/png", media_size=2**21
    )
    file = agents(kind="file", media_url="https://x.example/a.pdf", media_name="terms.pdf")
    for each in (large, file):
        await output.send_agent_message(USER, each, key="")
    texts = api.texts(CONVERSATION)
    assert texts == ["Ana: https://x.example/a.png", "Ana: terms.pdf: https://x.example/a.pdf"]


# Refusals


@pytest.mark.parametrize(
    ("status", "headers", "may_repeat", "after"),
    [
        *((each, {}, False, None) for each in (400, 403, 404, 413, 302, 204)),
        (412, {}, True, None),
        (429, {"Retry-After": "4"}, True, 4.0),
        (429, {"Retry-After": "soon"}, True, None),
        *((each, {}, True, None) for each in (500, 502, 503, 504)),
    ],
)
async def test_refusals(output, api, status, headers, may_repeat, after):
    body = {"error": {"code": "SomeCode", "message": "cannot post: hello, secret"}}
    api.refuse(status, body, headers={**headers, "Location": "https://attacker.example"})
    refusal = await refused(output, text="hello, secret")
    assert (refusal.may_repeat, refusal.retry_after) == (may_repeat, after)
    assert "secret" not in refusal.reason
    assert ("SomeCode" in refusal.reason) is (status != 204)
    assert len(api.tokens_seen) == 1  # a redirect is not followed


@pytest.mark.parametrize("body", ["[]", '"x"', "not JSON", '{"error": {"code": "hello secret"}}'])
async def test_a_refusal_that_cannot_be_read(output, api, body):
    api._refusals.append(web.Response(text=body, status=403))
    assert (await refused(output, text="hello secret")).reason == "the channel answered 403"


async def test_a_token_that_is_refused_is_renewed_once(output, api):
    await output.send_response(USER, {"text": "one"})
    api.expire_tokens()
    await output.send_response(USER, {"text": "two"})
    assert api.texts(CONVERSATION) == ["one", "two"] and api.given == 2
    api.refuse(401, {"error": {"code": "Unauthorized"}}, times=2)
    refusal = await refused(output, text="three")
    assert not refusal.may_repeat and "401 (Unauthorized)" in refusal.reason
    assert api.given == 3 and len(api.tokens_seen) == 5


async def test_one_token_serves_many_messages(output, api):
    await asyncio.gather(*(output.send_response(USER, {"text": str(n)}) for n in range(5)))
    assert api.given == 1 and sorted(api.texts(CONVERSATION)) == ["0", "1", "2", "3", "4"]


async def test_a_token_of_rasas_is_not_used(output, api, monkeypatch):
    monkeypatch.setattr(rasas.BotFramework, "headers", {"Authorization": "Bearer of-another-bot"})
    await output.send_response(USER, {"text": "hello"})
    assert api.tokens_seen == ["Bearer token-1"]


@pytest.mark.parametrize(
    ("status", "body", "may_repeat", "words"),
    [
        (400, {"error": "unauthorized_client", "error_description": "secret"}, False, "client"),
        (503, {}, True, "503"),
        (429, {}, True, "429"),
        (200, {"access_token": "a\r\nX-Header: b", "expires_in": 1}, True, "no token"),
        (200, ["odd"], True, "no token"),
    ],
)
async def test_no_token(output, api, status, body, may_repeat, words):
    api.login_refusals.append(web.json_response(body, status=status))
    refusal = await refused(output, text="hello")
    assert refusal.may_repeat is may_repeat and words in refusal.reason
    assert "secret" not in refusal.reason and api.tokens_seen == []
    await output.send_response(USER, {"text": "hello"})


async def test_a_wrong_password_is_told_without_it(channel, place, api):
    channel.app_password = "wrong"
    output = ChannelOutput(BotFrameworkAdapter(channel), "botframework", place)
    refusal = await refused(output, text="hello")
    assert "invalid_client" in refusal.reason and not refusal.may_repeat
    assert botframework.PASSWORD not in refusal.reason and "wrong" not in refusal.reason


@pytest.mark.parametrize(
    ("service_url", "may_repeat"),
    [("http://127.0.0.1:9/", True), ("http://attacker.example/", False), ("nowhere", False)],
)
async def test_no_connection_or_no_service(adapter, api, place, service_url, may_repeat):
    with pytest.raises(NotDelivered) as caught:
        await adapter.send(USER, {**place, "service_url": service_url}, {"text": "a"}, key="")
    assert caught.value.may_repeat is may_repeat


# Files of users


async def test_a_picture_is_read_with_the_token_and_a_file_without(adapter, api, received):
    api.files |= {"p1": (b"png", "image/png"), "note.txt": (b"ID3", "audio/mpeg")}
    message, request = received(
        attachments=[botframework.picture(api, "p1"), botframework.file(api, "note.txt")]
    )
    content = adapter.receive(message, request)
    assert not content.lost
    picture, file = content.files
    assert (picture.media_type, file.name) == ("", "note.txt")
    read = await adapter.fetch(picture.reference)
    assert (read.data, read.media_type) == (b"png", "image/png")
    assert (await adapter.fetch(file.reference)).data == b"ID3"
    assert api.tokens_seen == ["Bearer token-1"] and api.requests_of_anybody == [""]
    api.expire_tokens()
    assert (await adapter.fetch(picture.reference)).data == b"png"
    assert "token" not in picture.reference.replace("needs_token", "")


@pytest.mark.parametrize("needs_token", [True, False])
async def test_no_other_server_is_asked_for_a_file(adapter, api, needs_token):
    with botframework.BotConnectorApi() as other:
        url = f"{other.url}/emea/v3/attachments/p1/views/original"
        reference = FileReference(url, api.service_url, needs_token).dump()
        with pytest.raises(NotDelivered) as caught:
            await adapter.fetch(reference)
        assert not caught.value.may_repeat
        assert other.tokens_seen == [] and other.requests_of_anybody == []


async def test_a_redirect_does_not_take_the_token_along(adapter, api):
    with botframework.BotConnectorApi() as other:
        api.moved_to = f"{other.service_url}v3/attachments/p1/views/original"
        url = f"{api.service_url}v3/attachments/p1/views/original"
        reference = FileReference(url, api.service_url, needs_token=True).dump()
        with pytest.raises(NotDelivered):
            await adapter.fetch(reference)
        assert "Bearer token-1" in api.tokens_seen and other.tokens_seen == []


def test_what_is_dropped_is_said(adapter):
    said = " ".join(adapter.limitations())
    assert "corrections" in said and botframework.PASSWORD not in said
