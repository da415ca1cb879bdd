"""Generated requests to every public route: none may answer with 5xx, or stop the server.

10,000 by default; `make fuzz` sets ``FUZZ_CASES`` to a million. Every route gets its share, and
must have taken some of it, and refused some.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from dataclasses import fields
from types import SimpleNamespace

import pytest
from hypothesis import strategies as st
from rasa.core.channels.channel import register
from sanic import Sanic

from simulator import SimulatorClient
from tests.support import fuzzing, webchat
from tests.support.fuzzing import HttpRequest
from tests.support.servers import Stack
from tests.support.ticket_triggers import signed, signing_secret
from tests.support.webhook_events import event, message
from tests.support.webhooks import agent_event
from zendesk_handoff.channels import WebChatInput, ZendeskInput
from zendesk_handoff.settings import LimitSettings

#: Parts of one example: targets, header lines, bodies. Each is sent with a few of the others, since
#: Hypothesis takes longer to make a request than a server to answer it; no two parts meet twice.
_PARTS, _TURNS = 5, 4
_EACH = _PARTS * _TURNS
_BOUNDARY = "----a-boundary"
_PAGE = "/webhooks/webchat"
_MEDIA = "/webhooks/zendesk/media"

#: Methods and paths, with the names of their parameters.
ROUTES = [
    ("GET", "/webhooks/zendesk/"),
    ("GET", "/webhooks/zendesk/metrics"),
    ("GET", "/webhooks/zendesk/check"),
    ("GET", "/webhooks/zendesk/media/<token>/<name>"),
    ("GET", "/webhooks/zendesk/media/<token>/<number>/<name>"),
    ("POST", "/webhooks/zendesk/reports/<channel>"),
    ("POST", "/webhooks/zendesk/<connector_id>/webhook"),
    ("POST", "/api/v1/connectors/<connector_id>/webhook"),
    ("POST", "/api/v1/connectors/<connector_id>/ticket-events"),
    ("GET", "/webhooks/webchat/"),
    ("GET", "/webhooks/webchat/assets/<version>/<name>"),
    ("GET", "/webhooks/webchat/avatars/<connector_id>/<signature>/<address>"),
    ("GET", "/webhooks/webchat/widget.js"),
    ("POST", "/webhooks/webchat/conversations"),
    ("POST", "/webhooks/webchat/messages"),
    ("POST", "/webhooks/webchat/read"),
    ("POST", "/webhooks/webchat/files"),
    ("GET", "/webhooks/webchat/files/<upload_id>"),
    ("GET", "/webhooks/webchat/events"),
]
SHARES = fuzzing.shares([f"{method} {path}" for method, path in ROUTES])
#: Statuses of requests that a route has taken, where it is not 200; with those of the last step
#: that a stranger gets to, where there is a signature.
TAKEN = {
    "GET /webhooks/zendesk/media/<token>/<number>/<name>": {404},  # the file is no card's
    "GET /webhooks/zendesk/check": {401, 429},
    "POST /webhooks/zendesk/reports/<channel>": {403},
    "POST /webhooks/webchat/conversations": {201},
    "POST /webhooks/webchat/messages": {202},
    "POST /webhooks/webchat/read": {202},
    "POST /webhooks/webchat/files": {202},
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    # With the limits by default most requests would meet nothing else.
    limits = {each.name: "off" for each in fields(LimitSettings)} | {"trusted_proxies": []}
    for kept in ("wrong_keys_per_address", "streams", "waiting_messages", "uploads_at_once"):
        del limits[kept]
    with Stack(tmp_path_factory.mktemp("fuzz"), settings={"limits": limits}) as servers:
        yield servers


@pytest.fixture(scope="module")
def pages(stack):
    return _Pages(stack)


@pytest.fixture(scope="module")
def counts():
    counted = fuzzing.Counts(fuzzing.CASES)
    yield counted
    counted.report()


class _Pages:
    """Gives what the routes know, of another page from time to time: conversations grow."""

    def __init__(self, stack):
        self._stack, self._left, self._known = stack, 0, None

    async def known(self, cases):
        if self._left < cases:
            self._left, self._known = fuzzing.PORTION, await _prepare(self._stack)
        self._left -= cases
        return self._known


async def _prepare(stack):
    """Give what the routes know: a page with an agent, its cookie and file, the agent's picture."""
    async with (
        webchat.open_chat_page(stack.rasa_url) as page,
        SimulatorClient(stack.simulator_url) as sim,
    ):
        conversation = await page.is_handed_over(sim, stack)
        await page.uploads(webchat.PNG)
        await sim.agent_image(conversation, webchat.PNG, filename="kettle.png")
        shown = json.dumps(await page.shows(_MEDIA))
        cookie = next(iter(page.http.cookie_jar))
        return SimpleNamespace(
            cookie=f"{cookie.key}={cookie.value}",
            conversation=conversation,
            secret=stack.connectors["support"]["webhook_secret"],
            parameters={
                "token": re.findall(rf"{_MEDIA}/([^/\"]+)/", shown),
                "signature": re.findall(r"/avatars/support/([^/\"]+)/", shown),
                "address": re.findall(r"/avatars/support/[^/\"]+/([^/\"]+)\"", shown),
                "upload_id": re.findall(r"files/([^/\"]+)\"", shown),
                "connector_id": ["support"] * 3 + ["wholesale"],
                "channel": ["webchat", "rest", "twilio", "facebook"],
                "number": ["0", "1", "-1", "9" * 30],
                "name": ["kettle.png", "chat.js"],
                "version": ["0"],
            },
        )


def test_routes_are_complete(stack):
    """Each route of the plugin's two channels is in the list above."""
    app = Sanic(f"fuzz_{uuid.uuid4().hex}", configure_logging=False)
    plugin = ZendeskInput.from_credentials(
        {"public_url": stack.rasa_url, "connectors": stack.connectors}
    )
    register([plugin, WebChatInput()], app, route="/webhooks/")
    found = {re.sub(r":[^>]*>", ">", route.path).strip("/") for route in app.router.routes}
    assert found - {""} == {path.strip("/") for _method, path in ROUTES}


def test_shares_add_up():
    """No case is lost between the routes, and none of them is left out."""
    assert sum(SHARES.values()) == fuzzing.CASES
    assert min(SHARES.values()) >= fuzzing.CASES // len(ROUTES)


@pytest.mark.parametrize("route", SHARES)
def test_generated_requests(stack, pages, counts, route):
    for number, cases in enumerate(fuzzing.portions(SHARES[route])):
        known = asyncio.run(pages.known(cases))
        requests = _made(route, known, cases, name=f"{route} {number}")
        for batch in (requests[start : start + 200] for start in range(0, cases, 200)):
            counts.add(route, batch, asyncio.run(fuzzing.statuses_of(stack.rasa_url, batch)))
    assert counts.sent(route) == SHARES[route]
    fair, least = counts.fair[route], SHARES[route] // 100
    assert fair.total() > SHARES[route] // 3
    assert sum(fair[each] for each in TAKEN.get(route, {200})) > least, f"hardly any taken: {fair}"
    answers = counts.answers[route]
    refused = sum(count for status, count in answers.items() if status and status >= 400)
    assert refused > least, f"hardly any refused: {answers}"


def _made(route, known, cases, *, name):
    method, _, path = route.partition(" ")
    examples = -(-cases // _EACH)
    made = fuzzing.examples(_requests(method, path, known), examples, name=name)
    return [request for example in made for request in example][:cases]


def _requests(method, path, known):
    """Make requests to a route out of a few targets, header lines and bodies."""

    def some(strategy):
        return st.lists(strategy, min_size=_PARTS, max_size=_PARTS)

    segments = [
        fuzzing.path_segments(known.parameters[name]) for name in re.findall(r"<(\w+)>", path)
    ]
    targets = st.tuples(fuzzing.queries(), *segments).map(lambda each: _target(path, *each))
    methods = st.sampled_from([method] * 8 + ["GET", "POST", "HEAD", "PUT", "OPTIONS"])
    kind, bodies = _bodies(path, known)
    # Most of them are let in; what they may change shows itself behind the door.
    odd, credentials = fuzzing.headers(_headers(known)), {"Cookie": known.cookie}
    if "webhook" in path.rpartition("/")[2] or path.endswith("/ticket-events"):
        credentials["X-API-Key"] = known.secret
    let_in = odd.map(lambda lines: tuple({**dict(lines), **credentials}.items()))
    lines = fuzzing.mostly(st.just(tuple(credentials.items())), odd, let_in)
    lengths = st.sampled_from([None] * 12 + ["1", "70000", "200000000", "-1", "x"])
    return st.tuples(
        some(st.tuples(methods, targets)), some(st.tuples(lines, lengths)), some(bodies)
    ).map(
        lambda parts: [
            _request(
                kind,
                *parts[0][each],
                *parts[1][(each + turn) % _PARTS],
                parts[2][(each + 2 * turn) % _PARTS],
            )
            for turn in range(_TURNS)
            for each in range(_PARTS)
        ]
    )


def _target(path, query, *segments):
    for segment in segments:
        path = re.sub(r"<\w+>", lambda _found, one=segment: one, path, count=1)
    # A space would end the target.
    return (f"{path}?{query}" if query else path).replace(" ", "+")


def _request(kind, method, target, lines, length, body):
    signature = {}
    if "/ticket-events" in target:
        signature = signed(body, signing_secret("support"), at=time.time())
    given = {"Content-Type": kind, **signature, **dict(lines)}
    if length is not None:
        given["Content-Length"] = length
    return HttpRequest(method, target, tuple(given.items()), body, is_framed=length is None)


def _headers(known):
    return {
        "X-API-Key": [known.secret] * 3,
        "Cookie": [known.cookie] * 3 + ["webchat_conversation=x", "; ;=", "a=\x7f"],
        "Content-Type": ["application/json", "text/plain", "multipart/form-data", "a/b; charset=x"],
        "Origin": ["http://localhost", "http://[", "null", "https://evil.example", "http://a:b"],
        "Sec-Fetch-Site": ["same-origin", "cross-site", "none"],
        "X-Webchat-Conversation": ["x"],
        "X-Forwarded-For": ["1.2.3.4", "::1, 1.2.3.4", "for=_x", "1.2.3.4.5"],
        "X-Forwarded-Proto": ["https"],
        "Forwarded": ["for=1.2.3.4;proto=https", "for=[", 'for="_gazonk"'],
        "Last-Event-ID": ["1", "-1", "٣", "9" * 30],
        "Range": ["bytes=0-1", "bytes=-1", "bytes=9-1", "bytes=", "bytes=0-0,2-2", "lines=1-2"],
        "If-None-Match": ["*", '"x"'],
        "If-Range": ['"x"', "Wed, 21 Oct 2015 07:28:00 GMT"],
        "Accept": ["text/html", "*/*"],
        "Accept-Encoding": ["gzip", "br;q=x"],
        "Accept-Language": ["de-DE", "*;q=2", "xx" * 50],
        "Expect": ["100-continue"],
        "Upgrade": ["websocket", "h2c"],
        "X-Twilio-Signature": ["x"],
        "X-Hub-Signature-256": ["sha256=x"],
        "Authorization": ["Bearer x", "Basic ="],
        "X-Zendesk-Webhook-Signature": ["x", "AAAA="],
        "X-Zendesk-Webhook-Signature-Timestamp": ["2026-01-05T10:00:00Z", "x"],
    }


def _bodies(path, known):
    """Give the content type of a route, and strategies for bodies near to what it reads."""
    if path.endswith("/files"):
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        right = st.uuids().map(lambda each: fuzzing.form(_BOUNDARY, id=each, files=webchat.PNG))
        return kind, fuzzing.mostly(right, fuzzing.form_bodies(_BOUNDARY, ["id", "files"]))
    if "webhook" in path.rpartition("/")[2]:
        return "application/json", fuzzing.json_bodies(fuzzing.mutated(_envelopes(known)))
    own = _BODIES.get(path.rpartition("/")[2], [])
    samples = own * 4 + [each for bodies in _BODIES.values() for each in bodies]
    return "application/json", fuzzing.json_bodies(fuzzing.mutated(samples))


#: Bodies that routes read, by the end of their paths.
_BODIES = {
    "conversations": [
        {"name": "Mia", "email": "mia@example.com", "locale": "de", "workspace": "default"},
        {"new": True, "name": "Mia"},
        {"identity": "a.b.c", "signed_out": True, "embedded": "token"},
    ],
    "read": [{"item": 1}, {"item": 2}],
    "messages": [
        {"id": "6f1a1f0e-8a4c-4b52-9a3b-0c1b7f0f7a10", "text": "hello"},
        {
            "id": "6f1a1f0e-8a4c-4b52-9a3b-0c1b7f0f7a13",
            "text": "here",
            "coordinates": {"lat": 52.5, "long": 13.4},
        },
        {"id": "6f1a1f0e-8a4c-4b52-9a3b-0c1b7f0f7a11", "payload": "/greet", "title": "Hi"},
        {
            "id": "6f1a1f0e-8a4c-4b52-9a3b-0c1b7f0f7a12",
            "payload": "/greet",
            "title": "Hi",
            "answers": 1,
        },
    ],
    "ticket-events": [
        {"event": "solved", "reference": "0123456789abcdef" * 2, "tags": "vip rasa_session_x"},
        {"event": "closed", "tags": ["vip"], "updated_at": "2026-01-05T10:00Z"},
    ],
}


def _envelopes(known):
    conversation = {"id": known.conversation}
    media = {"type": "image", "mediaUrl": "https://a.example/x.png", "altText": "x"}
    place = {"type": "location", "coordinates": {"lat": 1.5, "long": 2.5}}
    card = {"title": "Kettle", "mediaUrl": "https://a.example/k.png", "actions": []}
    events = [
        agent_event(known.conversation, "hello"),
        event("conversation:message", conversation=conversation, message=message(content=media)),
        event("conversation:message", conversation=conversation, message=message(content=place)),
        event(
            "conversation:message",
            conversation=conversation,
            message=message(content={"type": "carousel", "items": [card]}),
        ),
        event("conversation:message", conversation=conversation, message=message("user")),
        event("conversation:typing", conversation=conversation, activity={"type": "typing:start"}),
        event("conversation:read", conversation=conversation),
    ]
    return [
        {"app": {"id": "a"}, "webhook": {"id": "w", "version": "v2"}, "events": [each]}
        for each in events
    ]
