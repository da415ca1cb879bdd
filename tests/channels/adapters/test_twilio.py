"""The adapters of Twilio: what they send, what they make of refusals and reports, and files."""

from __future__ import annotations

from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from aiohttp import BasicAuth
from multidict import CIMultiDict

from tests.support.names import AGENTS, TEXTS
from tests.support.platforms import twilio
from zendesk_handoff.channels.adapters.twilio import TwilioAdapter, WhatsAppAdapter, make_adapter
from zendesk_handoff.domain.messages import AgentMessage, Button
from zendesk_handoff.domain.text import units
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import Outcome
from zendesk_handoff.rasa.channel_output import ChannelOutput

USER = "whatsapp:+491700000001"
PHONE = "+491700000001"


@pytest.fixture(scope="module")
def served():
    with twilio.TwilioApi() as running:
        yield running


@pytest.fixture
def api(served):
    served.sent.clear()
    served.tokens_seen.clear()
    served.store.tokens_seen.clear()
    return served


@pytest.fixture
def adapter(api):
    made = make_adapter(twilio.LocalTwilioInput.from_credentials(twilio.block(api.url)))
    made.report_url = twilio.REPORT_URL
    return made


@pytest.fixture
def output(adapter):
    return ChannelOutput(adapter, "twilio", {"to": USER})


@pytest.fixture
def sms(api):
    block = twilio.block(api.url, twilio.BOT_SMS)
    adapter = make_adapter(twilio.LocalTwilioInput.from_credentials(block))
    return ChannelOutput(adapter, "twilio", {"to": PHONE})


def agents(text="", **values):
    return AgentMessage(
        id="m1", author=values.pop("author", "Ana"), agent_id="a", kind="text", text=text, **values
    )


def file(kind, name, media_type, size=None):
    return AgentMessage(
        "m", "", None, kind, "", f"https://x.example/{name}", name, media_type, size
    )


async def refused(output, **response):
    with pytest.raises(NotDelivered) as caught:
        await output.send_response(USER, response)
    return caught.value


def test_the_bots_number_decides(adapter, api):
    assert type(adapter) is WhatsAppAdapter
    block = twilio.block(api.url, twilio.BOT_SMS)
    assert type(make_adapter(twilio.LocalTwilioInput.from_credentials(block))) is TwilioAdapter


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_texts_arrive_as_they_are(text, output, api):
    await output.send_agent_message(USER, agents(text), key="k")
    assert " ".join(api.texts(USER)).split() == f"Ana: {text}".split()


@pytest.mark.parametrize("author", AGENTS)
async def test_names_arrive_as_they_are(author, output, api):
    await output.send_agent_message(USER, agents("hello", author=author), key="k")
    assert api.texts(USER) == [f"{author}: hello"]


async def test_paragraphs_stay_together_and_long_texts_are_divided(output, api):
    await output.send_response(USER, {"text": "one\n\ntwo"})
    assert api.texts(USER) == ["one\n\ntwo"]
    await output.send_agent_message(USER, agents("👩‍👩‍👧 " * 500), key="k")
    parts = api.texts(USER)[1:]
    assert len(parts) == 3
    assert all(units(each) <= 1600 for each in parts)
    assert "".join(parts).count("👩‍👩‍👧") == 500


async def test_what_is_taken_is_not_yet_delivered(adapter, api):
    receipt = await adapter.send(USER, {"to": USER}, {"text": "hi"}, key="k")
    assert not receipt.is_confirmed
    assert receipt.reference == api.sent[0]["Sid"]
    assert api.sent[0]["StatusCallback"] == twilio.REPORT_URL
    adapter.report_url = ""
    await adapter.send(USER, {"to": USER}, {"text": "hi"}, key="k")
    assert "StatusCallback" not in api.sent[1]


async def test_whatsapp_gets_files_that_it_takes_and_links(output, api):
    for message in (
        file("image", "a.jpg", "image/jpeg"),
        file("file", "b.pdf", "application/pdf"),
        file("file", "c.mp4", "video/mp4"),
        file("image", "large.png", "image/png", 6 * 1024 * 1024),
        file("image", "d.webp", "image/webp"),
        file("file", "e.zip", "application/zip"),
    ):
        await output.send_agent_message(USER, message, key=message.media_name)
    assert api.media(USER) == [f"https://x.example/{each}" for each in ("a.jpg", "b.pdf", "c.mp4")]
    links = " ".join(api.texts(USER))
    assert all(f"https://x.example/{each}" in links for each in ("large.png", "d.webp", "e.zip"))


async def test_sms_gets_links_and_numbers(sms, api):
    await sms.send_agent_message(PHONE, file("image", "a.jpg", "image/jpeg"), key="a")
    buttons = [Button("Yes"), Button("No")]
    await sms.send_agent_message(PHONE, agents("choose", buttons=buttons), key="b")
    await sms.send_response(PHONE, {"image": "https://x.example/b.jpg"})
    assert api.media(PHONE) == []
    assert "https://x.example/a.jpg" in api.texts(PHONE)[0]
    assert api.texts(PHONE)[1].endswith("choose\n1. Yes\n2. No")
    assert "https://x.example/b.jpg" in api.texts(PHONE)[2]


async def test_a_file_that_twilio_cannot_read_is_a_link(output, api):
    await output.send_agent_message(USER, file("image", "unreadable.jpg", "image/jpeg"), key="k")
    assert api.media(USER) == []
    assert "https://x.example/unreadable.jpg" in " ".join(api.texts(USER))


async def test_a_designers_own_message(output, api):
    await output.send_response(USER, {"custom": {"body": "mine", "to": "+1999"}})
    assert [(each["To"], each["Body"]) for each in api.sent] == [(USER, "mine")]


@pytest.mark.parametrize(
    ("status", "code", "may_repeat", "words"),
    [
        (400, 21610, False, "unsubscribed"),
        (400, 63016, False, "24 hours"),
        (400, 21211, False, "not valid"),
        (400, 99999, False, "error 99999"),
        (429, 20429, True, "429"),
        (400, 21611, True, "error 21611"),
        (503, 20503, True, "503"),
        (401, 20003, False, "credentials"),
    ],
)
async def test_refusals(status, code, may_repeat, words, output, api):
    api.refuse_with(status, code)
    refusal = await refused(output, text="a private word")
    assert refusal.may_repeat is may_repeat
    assert words in refusal.reason
    assert "private" not in refusal.reason


async def test_answers_that_cannot_be_read(output, api):
    for body in ("<html>", [], {"sid": None}, {}):
        api.refuse(201, body)
        assert (await refused(output, text="hi")).may_repeat
    assert api.sent == []


async def test_nobody_answers(output, adapter):
    adapter.channel.api = "http://127.0.0.1:9"
    refusal = await refused(output, text="hi")
    assert refusal.may_repeat
    assert "127.0.0.1" not in refusal.reason


async def test_an_error_in_the_answer_to_a_message(output, api):
    api.refuse(201, {"sid": twilio.sid("SM"), "status": "failed", "error_code": 63016})
    refusal = await refused(output, text="hi")
    assert not refusal.may_repeat
    assert "24 hours" in refusal.reason


def report(fields, *, url=twilio.REPORT_URL, token=twilio.TOKEN):
    headers = CIMultiDict(twilio.signed(url, fields, token))
    return SimpleNamespace(body=urlencode(fields).encode(), headers=headers)


def test_signed_reports(adapter):
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered", "ChannelPrefix": ""}
    found = adapter.read_report(report(fields))
    assert found.reference == "SM1"
    assert found.outcome == Outcome(is_delivered=True)
    fields = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "63016"}
    outcome = adapter.read_report(report(fields)).outcome
    assert not outcome.is_delivered
    assert "24 hours" in outcome.reason
    fields |= {"ErrorCode": "63019"}
    assert adapter.read_report(report(fields)).outcome.in_words
    for state in ("queued", "sent", "sending", "<b>"):
        assert adapter.read_report(report({"MessageStatus": state})).outcome is None


def test_forged_reports(adapter):
    fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    assert adapter.read_report(report(fields)) is not None
    assert adapter.read_report(report(fields, token="another")) is None
    assert adapter.read_report(report(fields, url="https://bot.example.com/elsewhere")) is None
    changed = report(fields)
    changed.body += b"&ErrorCode=1"
    assert adapter.read_report(changed) is None
    changed = report(fields)
    changed.headers["X-Twilio-Signature"] = "ü"
    assert adapter.read_report(changed) is None
    adapter.channel.auth_token = ""
    assert adapter.read_report(report(fields, token="")) is None


async def test_outcomes_are_asked_for(adapter, api):
    sid = twilio.sid("SM")
    assert await adapter.outcome(sid) is None
    api.states[sid] = ("undelivered", 63016)
    assert "24 hours" in (await adapter.outcome(sid)).reason
    api.states[sid] = ("read", None)
    assert (await adapter.outcome(sid)).is_delivered
    api.refuse_with(503, 20503)
    with pytest.raises(NotDelivered):
        await adapter.outcome(sid)


async def test_files_are_read_with_the_credentials_which_stay_at_the_api(adapter, api):
    reference = api.add_file(b"a picture", "image/png").removeprefix(api.url)
    found = await adapter.fetch(reference)
    assert (found.data, found.media_type, found.name) == (b"a picture", "image/png", "lid.png")
    assert api.tokens_seen == [BasicAuth(twilio.ACCOUNT, twilio.TOKEN).encode()]
    assert api.store.tokens_seen == [""]


async def test_nothing_but_files_is_read_with_the_credentials(adapter, api):
    root = f"/2010-04-01/Accounts/{twilio.ACCOUNT}"
    media = f"{root}/Messages/MM{'0' * 32}/Media/ME{'0' * 32}"
    for reference in (f"{root}/Messages.json", f"{media}/..", f"@x.example{media}"):
        with pytest.raises(NotDelivered) as caught:
            await adapter.fetch(reference)
        assert not caught.value.may_repeat
    assert api.tokens_seen == []


def test_rasas_own_channel_is_limited(adapter, api):
    assert "without words" in adapter.limitations()[0]
    ours = twilio.LocalTwilioInputInPlace.from_credentials(twilio.block(api.url))
    assert make_adapter(ours).limitations() == []
