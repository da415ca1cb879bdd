"""Messages and activity."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator import Simulator

from .support.account import BUSINESS, TEXT, Account, Json
from .support.bot import Bot


async def post(account: Account, conversation: str, **body: Any) -> tuple[int, Json]:
    body = {"author": BUSINESS, "content": TEXT, **body}
    return await account.call("POST", f"/conversations/{conversation}/messages", body)


async def test_post_and_echo(sim: Simulator, account: Account, bot: Bot) -> None:
    user = await account.user()
    conversation = await account.conversation(user)
    author = {"type": "user", "userExternalId": user["externalId"]}
    status, answer = await post(account, conversation, author=author, metadata={"mark": "1"})
    assert status == 201
    (message,) = answer["messages"]
    assert message["author"] == {"type": "user", "userId": user["id"]}
    assert message["source"] == {"type": "api:conversations"}
    assert message["metadata"] == {"mark": "1"}
    await sim.wait_for_delivery(type="conversation:message")
    echoed = bot.events[-1]["payload"]["message"]
    assert echoed["id"] == message["id"]
    assert echoed["metadata"] == {"mark": "1"}
    assert echoed["author"]["user"]["externalId"] == user["externalId"]


async def test_business_names_and_pictures(account: Account) -> None:
    conversation = await account.conversation()
    author = {"type": "business", "displayName": "Bot", "avatarUrl": "https://a.example/b.png"}
    _, answer = await post(account, conversation, author=author)
    assert answer["messages"][0]["author"] == author


@pytest.mark.parametrize(
    "author",
    [
        None,
        {},
        {"type": "bot"},
        {"type": "user"},
        {"type": "business", "userId": "a"},
        {"type": "business", "subtypes": ["agent"]},
        {"type": "business", "avatarUrl": "no address"},
    ],
)
async def test_refused_authors(account: Account, author: object) -> None:
    conversation = await account.conversation()
    assert (await post(account, conversation, author=author))[0] == 400


async def test_only_participants_may_post(sim: Simulator, account: Account) -> None:
    conversation, stranger = await account.conversation(), await account.user()
    author = {"type": "user", "userId": stranger["id"]}
    assert (await post(account, conversation, author=author))[0] == 403
    await sim.set_switches(account.app.id, non_participant_status=400)
    assert (await post(account, conversation, author=author))[0] == 400


REPLY = {"type": "reply", "text": "a", "payload": "b"}
ACTION = {"type": "link", "text": "Open", "uri": "https://a.example"}


@pytest.mark.parametrize(
    "content",
    [
        {"type": "text", "text": "x" * 4096},
        {"type": "text", "text": "😀" * 2048},
        {"type": "text", "text": "pick", "actions": [REPLY]},
        {"type": "image", "mediaUrl": "https://a.example/b.png", "altText": "b"},
        {"type": "file", "mediaUrl": "https://a.example/b.pdf"},
        {"type": "carousel", "items": [{"title": "One", "actions": [ACTION]}]},
        {"type": "list", "items": [{"title": "One", "actions": [ACTION]}]},
        {"type": "form", "fields": [{"type": "text", "name": "n", "label": "Name"}]},
        {"type": "location", "coordinates": {"lat": 1.5, "long": 2}},
    ],
)  # fmt: skip
async def test_contents(account: Account, content: Json) -> None:
    status, answer = await post(account, await account.conversation(), content=content)
    assert status == 201
    assert content.items() <= answer["messages"][0]["content"].items()


@pytest.mark.parametrize(
    "content",
    [
        None,
        {"text": "no type"},
        {"type": "poem", "text": "x"},
        {"type": "text"},
        {"type": "text", "text": ""},
        {"type": "text", "text": 7},
        {"type": "text", "text": "x" * 4097},
        {"type": "text", "text": "😀" * 2049},
        {"type": "image"},
        {"type": "image", "mediaUrl": "file:///etc/passwd"},
        {"type": "image", "mediaUrl": "https://a.example/b.png", "altText": "x" * 129},
        {"type": "carousel", "items": []},
        {"type": "carousel", "items": [{"title": "One"}]},
        {"type": "formResponse", "fields": []},
        {"type": "form", "fields": [{"type": "text", "name": "n", "label": "N"}] * 2},
        {"type": "location", "coordinates": {"lat": 1.5}},
    ],
)
async def test_refused_contents(account: Account, content: object) -> None:
    status, answer = await post(account, await account.conversation(), content=content)
    assert (status, answer["errors"][0]["code"]) == (400, "bad_request")


async def test_characters_may_count_as_code_points(sim: Simulator, account: Account) -> None:
    await sim.set_switches(account.app.id, text_unit="codepoints")
    content = {"type": "text", "text": "😀" * 4096}
    assert (await post(account, await account.conversation(), content=content))[0] == 201


async def test_markdown_becomes_html(account: Account) -> None:
    content = {"type": "text", "markdownText": "a <b>\n\nc"}
    _, answer = await post(account, await account.conversation(), content=content)
    shown = answer["messages"][0]["content"]
    html = "<p>a &lt;b&gt;</p><p>c</p>"
    assert shown == {"type": "text", "htmlText": html, "text": "a <b>\nc"}
    content["markdownText"] = "Our [shop](https://shop.example/?a=1&b=2), [not](javascript:x)"
    _, answer = await post(account, await account.conversation(), content=content)
    shown = answer["messages"][0]["content"]
    link = '<a href="https://shop.example/?a=1&amp;b=2">shop</a>'
    assert shown["htmlText"] == f"<p>Our {link}, [not](javascript:x)</p>"


async def test_a_deleted_message_leaves_a_placeholder_and_causes_no_event(
    sim: Simulator, account: Account
) -> None:
    conversation = await account.conversation()
    for gone in (False, True):
        _, answer = await post(account, conversation, content={"type": "text", "text": "secret"})
        message = answer["messages"][0]["id"]
        await sim.set_switches(account.app.id, deleted_messages="gone" if gone else "placeholder")
        await sim.delete_message(conversation, message)
        listed = {each["id"]: each for each in await sim.messages(conversation)}
        assert (message in listed) is not gone
        if not gone:
            assert listed[message]["deleted"] is True
            assert listed[message]["content"] == {"type": "text", "text": ""}
        assert "secret" not in str(listed)
    with pytest.raises(Exception, match="no such message"):
        await sim.delete_message(conversation, "f" * 24)


async def test_metadata_is_flat_and_4_kb(account: Account) -> None:
    conversation = await account.conversation()
    empty = len(json.dumps({"k": ""}, separators=(",", ":")))
    for metadata, status in (
        ({"k": "x" * (4096 - empty)}, 201),
        ({"k": "x" * (4097 - empty)}, 400),
        ({"k": "ü" * 2048}, 400),
        ({"k": ["flat"]}, 400),
        ("text", 400),
    ):
        assert (await post(account, conversation, metadata=metadata))[0] == status


async def test_a_body_over_100_kb(account: Account) -> None:
    conversation = await account.conversation()
    status, answer = await post(account, conversation, override={"x": "x" * 102_400})
    assert (status, answer["errors"][0]["code"]) == (413, "request_entity_too_large")


async def test_a_full_conversation_is_locked(sim: Simulator, account: Account) -> None:
    await sim.set_switches(account.app.id, message_limit=2)
    conversation = await account.conversation()
    await account.say(conversation)
    first = await account.say(conversation)
    status, answer = await post(account, conversation)
    assert status == 423
    title = "Message limit of 2 per conversation reached."
    assert answer == {"errors": [{"code": "locked", "title": title}]}
    await account.must("DELETE", f"/conversations/{conversation}/messages/{first['id']}")
    await account.say(conversation)
    await account.must("DELETE", f"/conversations/{conversation}/messages")
    await account.say(conversation)


async def test_pages_begin_at_the_end(account: Account) -> None:
    conversation = await account.conversation()
    ids = [(await account.say(conversation, str(number)))["id"] for number in range(230)]
    path = f"/conversations/{conversation}/messages"

    async def page(**query: str) -> tuple[list[str], Json]:
        answer = await account.must("GET", path, **query)
        return [one["id"] for one in answer["messages"]], answer

    newest, answer = await page()
    assert newest == ids[130:]
    assert answer["meta"] == {"hasMore": True, "beforeCursor": ids[130]}
    ignored, _ = await page(**{"page[size]": "5"})
    assert ignored == newest

    middle, answer = await page(**{"page[before]": ids[130]})
    assert middle == ids[30:130]
    assert answer["meta"] == {"hasMore": True, "beforeCursor": ids[30], "afterCursor": ids[129]}
    async with account.session.get(answer["links"]["prev"], auth=account.auth) as response:
        oldest = await response.json()
    assert [one["id"] for one in oldest["messages"]] == ids[:30]
    assert oldest["meta"] == {"hasMore": False, "afterCursor": ids[29]}

    later, answer = await page(**{"page[after]": ids[199]})
    assert later == ids[200:]
    assert answer["meta"] == {"hasMore": False, "beforeCursor": ids[200]}
    as_json, _ = await page(page=json.dumps({"before": ids[130], "size": 25}))
    assert as_json == middle
    assert (await account.call("GET", path, **{"page[before]": "x"}))[0] == 400


async def test_unknown_conversation(account: Account) -> None:
    path = f"/conversations/{'0' * 24}/messages"
    assert (await account.call("GET", path))[1]["errors"][0]["code"] == "not_found"
    _, answer = await account.call("POST", path, {"author": BUSINESS, "content": TEXT})
    assert answer["errors"][0]["code"] == "conversation_not_found"


@pytest.mark.parametrize(
    ("author", "type_", "status"),
    [
        ("business", "typing:start", 200),
        ("business", "typing:stop", 200),
        ("business", "conversation:read", 200),
        ("user", "conversation:read", 200),
        ("user", "typing:start", 400),
        ("business", "dancing", 400),
    ],
)
async def test_activity(
    sim: Simulator, account: Account, bot: Bot, author: str, type_: str, status: int
) -> None:
    user = await account.user()
    conversation = await account.conversation(user)
    who = {"type": author, **({"userId": user["id"]} if author == "user" else {})}
    path = f"/conversations/{conversation}/activity"
    assert (await account.call("POST", path, {"author": who, "type": type_}))[0] == status
    if status == 200:
        event = "conversation:read" if type_ == "conversation:read" else "conversation:typing"
        await sim.wait_for_delivery(type=event)
        activity = bot.events[-1]["payload"]["activity"]
        assert (activity["type"], activity["author"]["type"]) == (type_, author)


async def test_reading_is_remembered(sim: Simulator, account: Account) -> None:
    user = await account.user()
    conversation = await account.conversation(user)
    await account.say(conversation)
    path = f"/conversations/{conversation}"
    before = (await account.must("GET", path + "/participants"))["participants"][0]
    assert before["unreadCount"] == 1
    for author in ({"type": "user", "userId": user["id"]}, {"type": "business"}):
        body = {"author": author, "type": "conversation:read"}
        await account.must("POST", path + "/activity", body)
    after = (await account.must("GET", path + "/participants"))["participants"][0]
    assert after["unreadCount"] == 0
    assert after["lastRead"] == (await sim.conversation(conversation))["userLastRead"]
    assert "businessLastRead" in (await account.must("GET", path))["conversation"]
