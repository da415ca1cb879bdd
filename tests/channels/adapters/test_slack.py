"""Slack: places, refusals, limits, and what is read out of its events."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import UserMessage

from tests.support.names import AGENTS, TEXTS
from tests.support.platforms import slack
from zendesk_handoff.channels.adapters.slack import SlackAdapter
from zendesk_handoff.channels.adapters.slack_events import readable_text, unescape
from zendesk_handoff.domain.markup import WORD_JOINER
from zendesk_handoff.domain.messages import AgentMessage, Button
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.delivery import with_literal_values

DIRECT = {"channel": "D9"}


@pytest.fixture
def api():
    with slack.SlackApi() as served:
        yield served


@pytest.fixture
def channel(api):
    return slack.StockSlackInput.from_credentials(slack.block(api.url))


@pytest.fixture
def adapter(channel):
    return SlackAdapter(channel)


def message_in(channel, place, *, thread=None, metadata=None, sender="U1", text="hello"):
    output = channel.get_output_channel(place, thread)
    metadata = {"out_channel": place, "users": [slack.BOT]} if metadata is None else metadata
    return UserMessage(text, output, sender, input_channel="slack", metadata=metadata)


def request_with(event=None, *, payload=None, content_type="application/json; charset=utf-8"):
    body = json.dumps(
        payload or {"event": event, "authorizations": [{"user_id": slack.BOT}]}
    ).encode()
    if payload:
        from urllib.parse import urlencode

        body = urlencode({"payload": json.dumps(payload)}).encode()
        content_type = "application/x-www-form-urlencoded"
    return SimpleNamespace(headers={"content-type": content_type}, body=body)


class TestAddress:
    def test_where_the_bot_answers(self, adapter, channel):
        assert adapter.address(message_in(channel, "D9")) == {"channel": "D9"}

    def test_the_thread(self, adapter, channel):
        found = adapter.address(message_in(channel, "C1", thread="1.2"))
        assert found == {"channel": "C1", "thread": "1.2"}

    @pytest.mark.parametrize(
        ("secret", "is_proved"), [("s3cret", True), ("", False), (None, False)]
    )
    def test_without_a_secret_nothing_proves_it(self, channel, secret, is_proved):
        channel.slack_signing_secret = secret
        assert SlackAdapter(channel).is_authentic(message_in(channel, "D9")) is is_proved

    def test_the_public_channel_only_if_the_message_is_there(self, adapter, channel):
        assert adapter.address(message_in(channel, slack.PUBLIC)) == {"channel": slack.PUBLIC}
        # Rasa's channel takes the public one where it does not know better.
        assert adapter.address(message_in(channel, None, metadata={})) is None
        elsewhere = {"out_channel": "D9"}
        assert adapter.address(message_in(channel, slack.PUBLIC, metadata=elsewhere)) is None

    @pytest.mark.parametrize(
        ("granularity", "recipient", "place"),
        [
            ("sender", "D9", {"channel": "D9"}),
            ("sender", "U1", None),
            ("sender", slack.PUBLIC, None),
            ("sender", "U1_C1", None),  # a user may be called so by whoever asks for them
            ("channel", "U1_C1", {"channel": "C1"}),
            ("thread", "U1_C1_1.2", {"channel": "C1", "thread": "1.2"}),
            ("thread", "U1_C1_1.2\n", None),
            ("thread", "mara+test@example.com", None),
            ("thread", "", None),
        ],
    )
    def test_of_a_user_without_a_message(self, api, granularity, recipient, place):
        block = slack.block(api.url, conversation_granularity=granularity)
        adapter = SlackAdapter(slack.StockSlackInput.from_credentials(block))
        assert adapter.default_address(recipient) == place

    def test_what_comes_from_outside_is_not_in_the_public_channel(self, adapter, channel):
        # As Rasa's `trigger_intent?output_channel=slack` asks for the output channel.
        outside = UserMessage(None, channel.get_output_channel(), "U1", input_channel="slack")
        assert adapter.address(outside) is None


class TestSend:
    async def test_in_a_thread(self, adapter, api):
        await adapter.send("U1", {"channel": "C1", "thread": "1.2"}, {"text": "hi"}, key="")
        (post,) = api.posts
        assert (post["channel"], post["thread_ts"], post["text"]) == ("C1", "1.2", "hi")

    @pytest.mark.parametrize("name", AGENTS)
    @pytest.mark.parametrize("text", [*TEXTS, "<!channel> <@U1> & @here"])
    async def test_agents_words_are_literal(self, adapter, api, name, text):
        output = ChannelOutput(adapter, "slack", DIRECT)
        await output.send_agent_message("U1", AgentMessage("1", name, "a", "text", text), key="k")
        assert all("<" not in each["text"] and each["mrkdwn"] is False for each in api.posts)
        assert "".join(unescape(each["text"]) for each in api.posts).replace(" ", "") == (
            f"{' '.join(name.split())}: {text}".replace(" ", "")
        )
        assert all(len(each["text"]) <= 4000 for each in api.posts)

    @pytest.mark.parametrize("name", [*AGENTS, "*Mo*", "_a_ ~b~ `c`", "> Mo", ":wave:", "<!here>"])
    async def test_a_name_is_literal_and_the_markup_around_it_is_not(self, adapter, api, name):
        output = ChannelOutput(adapter, "slack", DIRECT)
        response = {"text": f"*Good news:* {name} is _here_ <https://x.example|now>"}
        await output.send_response("U1", with_literal_values(output, response, [name]))
        (post,) = api.posts
        assert post.get("mrkdwn") is not False
        text = post["text"]
        assert text.startswith("*Good news:* ")
        assert text.endswith(" is _here_ <https://x.example|now>")
        written = text.removeprefix("*Good news:* ").partition(" is _here_")[0]
        assert unescape(written.replace(WORD_JOINER, "")) == name
        # A mark is markup only where a space, a punctuation mark or an end is beside it.
        assert all(
            written[found.start() - 1] == written[found.end()] == WORD_JOINER
            for found in re.finditer(r"[*_~`:]|&gt;", f"{written}")
        )
        assert "<" not in written

    async def test_buttons_below_words_with_an_address(self, adapter, api):
        text = "*Which* one? https://shop.example/a?b=1&c=2#d."
        message = AgentMessage(
            "1", "Ana", "a", "text", text, buttons=(Button("Red"), Button("Blue"))
        )
        await ChannelOutput(adapter, "slack", DIRECT).send_agent_message("U1", message, key="k")
        words, actions = api.posts[0]["blocks"]
        assert words["elements"][0]["elements"] == [
            {"type": "text", "text": "Ana: *Which* one? "},
            {"type": "link", "url": "https://shop.example/a?b=1&c=2#d"},
            {"type": "text", "text": "."},
        ]
        assert [each["value"] for each in actions["elements"]] == ["Red", "Blue"]

    async def test_a_designers_response_keeps_its_markup(self, adapter, api):
        response = {"text": "*Red*?", "buttons": [{"title": "Yes", "payload": "/affirm"}]}
        await ChannelOutput(adapter, "slack", DIRECT).send_response("U1", response)
        words, actions = api.posts[0]["blocks"]
        assert words["text"] == {"type": "mrkdwn", "text": "*Red*?"}
        assert actions["elements"][0]["value"] == "/affirm"

    async def test_a_picture_has_a_name_for_those_who_do_not_see_it(self, adapter, api):
        await adapter.send("U1", DIRECT, {"image": "https://x.example/a/my%20cat.png?s=1"}, key="")
        assert api.posts[0]["blocks"][0]["alt_text"] == "my cat.png"

    async def test_a_file_is_a_link_with_its_name(self, adapter, api):
        await adapter.send("U1", DIRECT, {"attachment": "https://x.example/a%7C/b.pdf"}, key="")
        assert api.posts[0]["text"] == "<https://x.example/a%7C/b.pdf|b.pdf>"

    async def test_cards(self, adapter, api):
        card = {"title": "A & B", "subtitle": "<new>", "image_url": "https://x.example/1.png"}
        card["buttons"] = [{"title": "Open", "type": "web_url", "url": "https://x.example"}]
        await adapter.send("U1", DIRECT, {"elements": [card]}, key="")
        section, actions = api.posts[0]["blocks"]
        assert section["text"]["text"] == "A &amp; B\n&lt;new&gt;"
        assert section["accessory"]["alt_text"] == "A & B"
        assert actions["elements"][0]["url"] == "https://x.example"

    async def test_a_picture_that_is_refused_becomes_a_link(self, adapter, api):
        output = ChannelOutput(adapter, "slack", DIRECT)
        await output.send_response("U1", {"image": "https://refused.example/1.png"})
        assert api.texts("D9") == ["https://refused.example/1.png"]


PICTURE = "https://pictures.example/ana.png"


class TestSenders:
    async def send(self, adapter, text="hello", *, author="Ana", agent="a", avatar=PICTURE):
        message = AgentMessage("1", author, agent, "text", text, avatar_url=avatar)
        output = ChannelOutput(adapter, "slack", DIRECT)
        await output.send_agent_message("U1", message, key="k")

    async def test_an_agent_has_name_and_picture(self, adapter, api):
        await self.send(adapter, "x" * 5000)
        first, second = api.posts
        assert first["text"].startswith("Ana: ")
        for post in (first, second):
            assert (post["username"], post["icon_url"]) == ("Ana", PICTURE)
            assert "as_user" not in post, "Slack would leave the name out"

    @pytest.mark.parametrize("name", AGENTS)
    async def test_names(self, adapter, api, name):
        await self.send(adapter, author=f"{name}\n\u202e" * 9)
        shown = api.posts[0]["username"]
        assert shown.isprintable() and len(shown) <= 80

    @pytest.mark.parametrize(
        "url",
        [
            *(None, "", "ana.png", "/ana.png", "http://pictures.example/ana.png"),
            *("javascript:alert(1)", "data:image/png;base64,QUJD", "https://[", "https://"),
            *("https://10.0.0.1/a.png", "https://localhost/a.png", "https://intranet/a.png"),
        ],
    )
    async def test_a_picture_that_may_not_be_shown(self, adapter, api, url):
        await self.send(adapter, avatar=url)
        assert api.posts[0]["username"] == "Ana"
        assert "icon_url" not in api.posts[0]

    async def test_what_no_agent_sends_is_the_apps(self, adapter, api):
        await self.send(adapter, agent=None)
        await self.send(adapter, author="")
        await ChannelOutput(adapter, "slack", DIRECT).send_response("U1", {"text": "hi"})
        assert all("username" not in each and each["as_user"] for each in api.posts)

    async def test_without_the_scope_no_message_is_lost(self, adapter, api):
        api.sender_error = "missing_scope"
        await self.send(adapter, "one")
        await self.send(adapter, "two")
        assert api.texts("D9") == ["Ana: one", "Ana: two"]
        assert api.attempts == 3, "it is not tried again"
        assert all("username" not in each and each["as_user"] for each in api.posts)

    async def test_a_refusal_for_another_reason_is_of_one_message(self, adapter, api):
        api.sender_error = "invalid_arguments"
        await self.send(adapter, "one")
        api.sender_error = ""
        await self.send(adapter, "two")
        assert api.texts("D9") == ["Ana: one", "Ana: two"]
        assert "username" in api.posts[1]

    async def test_what_may_be_repeated_is_not_posted_otherwise(self, adapter, api):
        api.sender_error = "internal_error"
        with pytest.raises(NotDelivered):
            await self.send(adapter)
        assert (api.posts, api.attempts) == ([], 1)


class TestRefusals:
    async def refusal(self, adapter, place="D9"):
        with pytest.raises(NotDelivered) as raised:
            await adapter.send("U1", {"channel": place}, {"text": "secret words"}, key="")
        assert "secret" not in str(raised.value) and slack.TOKEN not in str(raised.value)
        return raised.value

    @pytest.mark.parametrize(
        ("code", "may_repeat"),
        [
            *((each, False) for each in ("channel_not_found", "is_archived", "not_in_channel")),
            *((each, False) for each in ("msg_too_long", "invalid_auth", "account_inactive")),
            *((each, True) for each in ("internal_error", "fatal_error", "service_unavailable")),
        ],
    )
    async def test_errors(self, adapter, api, code, may_repeat):
        api.refuse(200, {"ok": False, "error": code})
        found = await self.refusal(adapter)
        assert found.may_repeat is may_repeat
        assert code in found.reason

    async def test_a_limit_of_the_rate(self, adapter, api):
        api.refuse(429, {"ok": False, "error": "ratelimited"}, headers={"Retry-After": "7"})
        found = await self.refusal(adapter)
        assert (found.may_repeat, found.retry_after) == (True, 7.0)

    @pytest.mark.parametrize(("status", "body"), [(500, None), (503, {}), (200, {}), (200, "ok")])
    async def test_answers_that_tell_nothing(self, adapter, api, status, body):
        api.refuse(status, body)
        assert (await self.refusal(adapter)).may_repeat

    async def test_words_that_are_no_code_are_not_quoted(self, adapter, api):
        api.refuse(200, {"ok": False, "error": "cannot post: secret words"})
        await self.refusal(adapter)

    async def test_no_connection(self, api, channel):
        channel.api = "http://127.0.0.1:9"
        assert (await self.refusal(SlackAdapter(channel))).may_repeat


class TestReceive:
    def read(self, adapter, channel, event=None, *, payload=None, sender="U1", text="hello"):
        message = message_in(channel, "D9", sender=sender, text=text)
        return adapter.receive(message, request_with(event, payload=payload))

    def test_a_repeat_has_the_same_key_as_the_mention_of_the_same_message(self, adapter, channel):
        event = {"user": "U1", "channel": "C1", "ts": "1.2", "text": f"<@{slack.BOT}> help"}
        keys = {
            self.read(adapter, channel, {"type": kind, **event}).key
            for kind in ("message", "app_mention")
        }
        assert keys == {"slack:C1:1.2"}

    def test_files_beside_words(self, adapter, channel):
        file = {
            "id": "F1",
            "name": "lid.png",
            "mimetype": "image/png",
            "url_private": "https://files.slack.com/files-pri/T1-F1/lid.png",
            "url_private_download": "https://files.slack.com/files-pri/T1-F1/download/lid.png",
        }
        link = {"is_external": True, "name": "plan", "url_private": "https://docs.example/1"}
        event = {
            "type": "message",
            "subtype": "file_share",
            "user": "U1",
            "channel": "D9",
            "ts": "1.2",
            "text": "look at the lid",
            "files": [file, {"id": "F2"}, {"mode": "tombstone"}, link, "broken"],
        }
        content = self.read(adapter, channel, event)
        assert content.text == "look at the lid\nplan: https://docs.example/1"
        assert [each.reference for each in content.files] == [
            "https://files.slack.com/files-pri/T1-F1/download/lid.png",
            "id:F2",
        ]
        assert (content.files[0].name, content.files[0].media_type) == ("lid.png", "image/png")
        assert content.lost

    def test_an_edit(self, adapter, channel):
        new = {"user": "U1", "ts": "1.2", "text": "new", "edited": {"ts": "2.0"}}
        event = {"type": "message", "subtype": "message_changed", "channel": "D9", "message": new}
        event["previous_message"] = {"user": "U1", "ts": "1.2", "text": "old"}
        content = self.read(adapter, channel, event)
        assert (content.text, content.change) == ("new", "edit")
        assert content.key == "slack:D9:1.2:2.0"

    def test_a_deletion(self, adapter, channel):
        event = {
            "type": "message",
            "subtype": "message_deleted",
            "channel": "D9",
            "deleted_ts": "1.2",
            "previous_message": {"user": "U1", "ts": "1.2", "text": "old"},
        }
        assert self.read(adapter, channel, event).change == "deletion"

    def test_what_is_no_words_of_the_users(self, adapter, channel):
        event = {"type": "message", "subtype": "channel_join", "user": "U1", "channel": "C1"}
        assert self.read(adapter, channel, {**event, "text": "<@U1> has joined"}).is_empty

    def test_a_button(self, adapter, channel):
        payload = {
            "user": {"id": "U1"},
            "actions": [
                {
                    "type": "button",
                    "value": "/go",
                    "text": {"text": "Go &amp; see"},
                    "action_ts": "1",
                }
            ],
        }
        content = self.read(adapter, channel, payload=payload)
        assert (content.text, content.title) == ("/go", "Go & see")

    @pytest.mark.parametrize("kind", ["selected_option", "selected_options"])
    def test_an_option(self, adapter, channel, kind):
        option = {"value": "/red", "text": {"type": "plain_text", "text": "Red"}}
        value = option if kind == "selected_option" else [option]
        payload = {"user": {"id": "U1"}, "actions": [{"type": "static_select", kind: value}]}
        assert self.read(adapter, channel, payload=payload).title == "Red"

    def test_a_button_of_an_attachment(self, adapter, channel):
        shown = {"attachments": [{"actions": [{"text": "Yes", "value": "/y"}]}]}
        payload = {"user": {"id": "U1"}, "actions": [{"type": "button", "value": "/y"}]}
        content = self.read(adapter, channel, payload={**payload, "original_message": shown})
        assert content.title == "Yes"

    @pytest.mark.parametrize("body", [b"", b"[]", b"payload=%7B", b'{"event": 1}', b"\xff"])
    def test_what_cannot_be_read_leaves_rasas_text(self, adapter, channel, body):
        for kind in ("application/json", "application/x-www-form-urlencoded", None):
            request = SimpleNamespace(headers={"content-type": kind}, body=body)
            assert adapter.receive(message_in(channel, "D9"), request).text == "hello"

    def test_the_request_of_somebody_else_is_not_used(self, adapter, channel):
        event = {"type": "message", "user": "U2", "channel": "D8", "ts": "1", "text": "not theirs"}
        assert self.read(adapter, channel, event).text == "hello"

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
            ("see <https://x.example/a?b=1&amp;c=2#d>", "see https://x.example/a?b=1&c=2#d"),
            ("<https://x.example|our page>", "our page (https://x.example)"),
            ("<http://x.example|x.example>", "http://x.example"),
            ("<mailto:a@b.example|a@b.example>", "a@b.example"),
            ("<@U7|mara> in <#C1|general>, <!here>", "@mara in #general, @here"),
            ("<!subteam^S1|@team> <@U7>", "@team @U7"),
            (f"<@{slack.BOT}> hello", "hello"),
        ],
    )
    def test_notation(self, written, read):
        assert readable_text(written, without=[slack.BOT]) == read


class TestFetch:
    async def test_with_the_token(self, adapter, api):
        api.files["lid.png"] = (b"png", "image/png")
        file = await adapter.fetch(f"{api.url}/files-pri/lid.png")
        assert (file.data, file.media_type) == (b"png", "image/png")

    async def test_by_the_files_id(self, adapter, api):
        api.files["lid.png"] = (b"png", "image/png")
        api.infos["F1"] = {"url_private_download": f"{api.url}/files-pri/lid.png"}
        assert (await adapter.fetch("id:F1")).data == b"png"

    async def test_the_page_for_signing_in_is_no_file(self, adapter, channel, api):
        channel.slack_token = "xoxb-without-the-scope"
        with pytest.raises(NotDelivered) as raised:
            await adapter.fetch(f"{api.url}/files-pri/lid.png")
        assert not raised.value.may_repeat

    @pytest.mark.parametrize("through", ["", "redirect"])
    async def test_the_token_goes_nowhere_else(self, adapter, api, through):
        with slack.SlackApi() as other:
            other.files["a"] = (b"a", "text/plain")
            target = f"{other.url}/files-pri/a"
            if through:
                target = f"{api.url}/files-pri/elsewhere?to={target}"
            with pytest.raises(NotDelivered):
                await adapter.fetch(target)
            assert other.tokens_seen == []

    @pytest.mark.parametrize(
        "url",
        [
            "https://evilslack.com/a",
            "http://files.slack.com/a",
            "https://slack.com.evil.example/a",
            "https://files.slack.com@evil.example/a",
            "https://[",
            "",
        ],
    )
    async def test_addresses_that_are_not_slacks(self, adapter, url):
        with pytest.raises(NotDelivered) as raised:
            await adapter.fetch(url)
        assert not raised.value.may_repeat
