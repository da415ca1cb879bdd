"""Generated requests to the routes of the channels that the plugin ships in place of Rasa's.

The signature is right in most of them: what is tried is what stands behind it. What comes through
is read for an agent, as in a session. None may answer with 5xx. Every kind of request gets its
share; some must have come through, and some must have been refused.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import time
from contextlib import ExitStack
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from hypothesis import strategies as st

from tests.support import fuzzing
from tests.support.channel_server import serving
from tests.support.fuzzing import HttpRequest
from tests.support.platforms import facebook, slack, telegram, twilio
from zendesk_handoff.channels.adapters.facebook import FacebookAdapter
from zendesk_handoff.channels.adapters.slack import SlackAdapter
from zendesk_handoff.channels.adapters.telegram import TelegramAdapter
from zendesk_handoff.channels.adapters.twilio import make_adapter as twilio_adapter
from zendesk_handoff.rasa.response_tracking import current_request
from zendesk_handoff.rasa.user_messages import message_bodies

#: Requests of each kind. Together they are an eighth of those to the public routes.
CASES = fuzzing.CASES // 40
#: Requests of one example: Hypothesis takes long for each.
_EACH = 5
#: Requests that are sent one upon the other, before the answers are looked at.
_BATCH = 100

#: Stands in the samples for what is another one in each message, as platforms number them: a
#: repeated one is not read again.
_NUMBER = b"7001001"

_MESSAGE = {
    "message_id": 7001001,
    "from": {"id": 7, "is_bot": False, "first_name": "Jo", "language_code": "de"},
    "chat": {"id": 7, "type": "private"},
    "date": 1_700_000_000,
}
_TELEGRAM = [
    {"update_id": 1, "message": {**_MESSAGE, "text": "hello"}},
    {"update_id": 2, "edited_message": {**_MESSAGE, "text": "hello!", "edit_date": 1_700_000_001}},
    {"update_id": 3, "message": {**_MESSAGE, "location": {"latitude": 52.5, "longitude": 13.4}}},
    {
        "update_id": 4,
        "message": {**_MESSAGE, "photo": [{"file_id": "a", "file_size": 7}], "caption": "x"},
    },
    {"update_id": 5, "message": {**_MESSAGE, "contact": {"phone_number": "1", "first_name": "J"}}},
    {"update_id": 6, "callback_query": {"id": "q", "data": "/greet", "message": dict(_MESSAGE)}},
    {
        "update_id": 7,
        "message": {**_MESSAGE, "voice": {"file_id": "v", "mime_type": "audio/ogg", "duration": 3}},
    },
]

_AUTHORIZATIONS = [{"user_id": "UBOT", "is_bot": True}]
_SLACK_MESSAGE = {
    "type": "message",
    "user": "U1",
    "channel": "D9",
    "ts": "7001001.1",
    "text": "hello",
}


def _slack_event(**fields):
    event = {**_SLACK_MESSAGE, "channel_type": "im", **fields}
    return {"type": "event_callback", "authorizations": _AUTHORIZATIONS, "event": event}


_SLACK = [
    _slack_event(),
    _slack_event(thread_ts="1.0", user_profile={"real_name": "Jo"}),
    _slack_event(
        subtype="file_share",
        files=[{"id": "F1", "url_private": "https://files.slack.com/a", "mimetype": "image/png"}],
    ),
    _slack_event(
        subtype="message_changed",
        message={**_SLACK_MESSAGE, "text": "new", "edited": {"ts": "1.2"}},
        previous_message=_SLACK_MESSAGE,
    ),
    _slack_event(
        subtype="message_deleted", deleted_ts="7001001.1", previous_message=_SLACK_MESSAGE
    ),
    {"type": "url_verification", "challenge": "x"},
    {
        "type": "block_actions",
        "user": {"id": "U1"},
        "channel": {"id": "D9"},
        "message": {"ts": "7001001.1", "thread_ts": "1.0"},
        "actions": [
            {"type": "button", "value": "/greet", "action_ts": "7001001", "text": {"text": "x"}}
        ],
    },
    {
        "type": "block_actions",
        "user": {"id": "U1"},
        "channel": {"id": "D9"},
        "actions": [
            {
                "type": "static_select",
                "selected_option": {"value": "a"},
                "action_ts": "7001001",
            }
        ],
    },
]


def _messenger_event(**fields):
    event = {"sender": {"id": "7"}, "recipient": {"id": "90001"}, "timestamp": 1, **fields}
    return {"object": "page", "entry": [{"id": "90001", "time": 1, "messaging": [event]}]}


_MESSENGER = [
    _messenger_event(message={"mid": "m17001001", "text": "hello"}),
    _messenger_event(
        message={"mid": "m27001001", "quick_reply": {"payload": "/affirm"}, "text": "Yes"}
    ),
    _messenger_event(
        message={
            "mid": "m37001001",
            "attachments": [
                {"type": "image", "payload": {"url": "https://x.example/a.png"}},
                {"type": "location", "payload": {"coordinates": {"lat": 1.5, "long": 2.5}}},
            ],
        }
    ),
    _messenger_event(postback={"payload": "/track", "title": "Track"}),
    _messenger_event(message_edit={"mid": "m17001001", "text": "hello!", "num_edit": 1}),
    _messenger_event(read={"watermark": 1}),
]

_TWILIO = [
    {
        "From": "whatsapp:+491700000001",
        "To": "whatsapp:+1",
        "Body": "hello",
        "MessageSid": "SM17001001",
    },
    {
        "From": "+491700000001",
        "Body": "",
        "NumMedia": "2",
        "MediaUrl0": "https://api.twilio.com/2010-04-01/Accounts/A/Messages/M/Media/E",
        "MediaContentType0": "image/png",
        "MessageSid": "SM27001001",
    },
    {"From": "+491700000001", "Latitude": "52.5", "Longitude": "13.4", "Label": "here"},
    {"From": "+491700000001", "ButtonText": "Yes", "ButtonPayload": "/affirm", "Body": "Yes"},
    {"MessageSid": "SM37001001", "MessageStatus": "undelivered", "ErrorCode": "63016"},
]


def _slack_signature(body):
    now = str(int(time.time()))
    signed = hmac.new(slack.SECRET.encode(), f"v0:{now}:".encode() + body, hashlib.sha256)
    return {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0={signed.hexdigest()}"}


def _messenger_signature(body):
    signed = hmac.new(facebook.SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={signed}"}


def _unsigned(_body):
    return {}


def _json(samples):
    return fuzzing.json_bodies(fuzzing.mutated(samples))


def _form(samples):
    def write(fields):
        pairs = fields.items() if isinstance(fields, dict) else [("Body", fields)]
        clean = [(str(name), str(value)) for name, value in pairs]
        return urlencode(clean, errors="replace").encode()

    return st.one_of(fuzzing.mutated(samples).map(write), st.binary(max_size=200))


def _slack_form(samples):
    """What users press comes as a form with one field, all else as JSON."""

    def write(body):
        return urlencode({"payload": body.decode("utf-8", "replace")}).encode()

    return _json(samples).map(write)


JSON, FORM = "application/json", "application/x-www-form-urlencoded"

CHANNELS = {
    "slack": (JSON, _json(_SLACK), _slack_signature),
    "slack, pressed": (FORM, _slack_form(_SLACK), _slack_signature),
    "facebook": (JSON, _json(_MESSENGER), _messenger_signature),
    "telegram": (JSON, _json(_TELEGRAM), _unsigned),
    "twilio": (FORM, _form(_TWILIO), _unsigned),
}


async def _open(name, stack):
    """Return a channel, and its adapter."""
    if name == "slack":
        channel = slack.OurSlackInput.from_credentials(slack.block("http://127.0.0.1:1"))
        return channel, SlackAdapter(channel)
    if name == "facebook":
        api = stack.enter_context(facebook.MessengerApi())
        channel = facebook.OurFacebookInput.from_credentials(facebook.block(api.url))
        return channel, FacebookAdapter(channel)
    if name == "telegram":
        api = stack.enter_context(telegram.ServedTelegramApi())
        block = telegram.block(api.url)
        channel = telegram.LocalTelegramInputInPlace.from_credentials(block)
        return channel, TelegramAdapter(channel)
    channel = twilio.LocalTwilioInputInPlace.from_credentials(twilio.block("http://127.0.0.1:1"))
    return channel, twilio_adapter(channel)


def _requests(path, kind, bodies, sign):
    values = {
        "Content-Type": [kind] * 6 + ["text/plain", f"{kind}; charset=utf-16", "a/b; charset=x"],
        "X-Slack-Request-Timestamp": ["x", "-1", "9" * 400],
        "X-Slack-Signature": ["v0=x"],
        "X-Slack-Retry-Num": ["1", "x"],
        "X-Hub-Signature": ["sha1=x", "sha1"],
        "X-Hub-Signature-256": ["sha256=x", "="],
        "X-Twilio-Signature": ["x"],
    }
    numbers = itertools.count(7001001)

    def make(method, query, lines, is_signed, body):
        body = body.replace(_NUMBER, b"%d" % next(numbers))
        given = {"Content-Type": kind, **(sign(body) if is_signed else {}), **dict(lines)}
        target = f"{path}?{query}" if query else path
        return HttpRequest(method, target.replace(" ", "+"), tuple(given.items()), body)

    return st.builds(
        make,
        st.sampled_from(["POST"] * 12 + ["GET", "HEAD"]),
        st.one_of(fuzzing.queries(), st.just("hub.mode=subscribe&hub.verify_token=x")),
        st.one_of(st.just(()), fuzzing.headers(values)),
        st.sampled_from([True] * 5 + [False]),
        bodies,
    )


@pytest.fixture(scope="module")
def counts():
    counted = fuzzing.Counts(CASES * len(CHANNELS))
    yield counted
    counted.report()


@pytest.mark.parametrize("name", CHANNELS)
async def test_generated_requests(name, counts):
    kind, bodies, sign = CHANNELS[name]
    read = 0
    with ExitStack() as stack:
        channel, adapter = await _open(name.partition(",")[0], stack)

        async def take(message):
            nonlocal read
            content = adapter.receive(message, current_request())
            message_bodies(message, content, channel=channel.name())
            read += 1

        def note_until(_channel, sender_id, until):
            assert isinstance(sender_id, str) and isinstance(until, (int, float))

        context = SimpleNamespace(
            settings=SimpleNamespace(public_url="https://bot.example.com"),
            user_reads=SimpleNamespace(note_until=note_until),
        )
        async with serving(channel, take, zendesk_handoff=context) as url:
            path = f"/webhooks/{channel.name()}/webhook"
            requests = _requests(path, kind, bodies, sign)
            some = st.lists(requests, min_size=_EACH, max_size=_EACH)
            for number, cases in enumerate(fuzzing.portions(CASES)):
                examples = fuzzing.examples(some, -(-cases // _EACH), name=f"{name} {number}")
                made = [each for example in examples for each in example][:cases]
                for batch in (made[start : start + _BATCH] for start in range(0, cases, _BATCH)):
                    counts.add(name, batch, await fuzzing.statuses_of(url, batch))
    answers = counts.answers[name]
    assert counts.sent(name) == CASES
    # Most are taken, as is a body that says nothing; what is wrongly signed or no body is refused.
    assert answers[200] + answers[204] > CASES // 2, answers
    refused = sum(answers[each] for each in (400, 401, 403, 405, 413))
    assert refused, answers
    assert read > CASES // 10, "hardly anything has come through"
