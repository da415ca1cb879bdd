"""A redirect takes no message, on any platform, although the page that it leads to answers well."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from aiohttp import web
from rasa.core.channels.callback import CallbackInput
from rasa.core.channels.mattermost import MattermostInput
from rasa.core.channels.rocketchat import RocketChatInput

from tests.support.platforms import (
    facebook,
    mattermost,
    rocketchat,
    slack,
    telegram,
    twilio,
    webexteams,
)
from tests.support.platforms.local_api import LocalApi
from zendesk_handoff.channels.adapters.callback import CallbackAdapter
from zendesk_handoff.channels.adapters.facebook import FacebookAdapter
from zendesk_handoff.channels.adapters.mattermost import MattermostAdapter
from zendesk_handoff.channels.adapters.rocketchat import RocketChatAdapter
from zendesk_handoff.channels.adapters.slack import SlackAdapter
from zendesk_handoff.channels.adapters.telegram import TelegramAdapter
from zendesk_handoff.channels.adapters.twilio import WhatsAppAdapter
from zendesk_handoff.channels.adapters.webexteams import WebexTeamsAdapter
from zendesk_handoff.errors import NotDelivered

#: What any of the platforms answers when it has taken a message.
TAKEN = {
    **{"ok": True, "ts": "1.2", "success": True, "id": "m1", "message_id": "m1"},
    **{"sid": "SM1", "status": "delivered", "result": {"message_id": 1}},
}


class MovedApi(LocalApi):
    """An API that has moved: every call is redirected to a page that takes everything."""

    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.body = TAKEN
        self.text = None
        self.seen = []

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/api/v1/login", self._login)
        app.router.add_route("*", "/elsewhere", self._taken)
        app.router.add_route("*", "/{path:.*}", self._moved)

    async def _login(self, _request: web.Request) -> web.Response:
        data = {"authToken": "token", "userId": "bot"}
        return web.json_response({"status": "success", "data": data})

    async def _moved(self, _request: web.Request) -> web.Response:
        if self.status < 300 or self.status >= 400:
            return await self._taken(_request)
        return web.Response(status=self.status, headers={"Location": f"{self.url}/elsewhere"})

    async def _taken(self, request: web.Request) -> web.Response:
        self.seen.append(request.method)
        if self.text is not None:
            return web.Response(status=self.status, text=self.text, content_type="application/json")
        return web.json_response(self.body, status=self.status)


@pytest.fixture
def api():
    with MovedApi() as served:
        yield served


def _telegram(url):
    telegram.redirect(url)
    return TelegramAdapter(SimpleNamespace(access_token=telegram.TOKEN))


ADAPTERS = {
    "callback": lambda url: CallbackAdapter(CallbackInput.from_credentials({"url": url})),
    "facebook": lambda url: FacebookAdapter(
        facebook.StockFacebookInput.from_credentials(facebook.block(url))
    ),
    "mattermost": lambda url: MattermostAdapter(
        MattermostInput.from_credentials(mattermost.block(url))
    ),
    "rocketchat": lambda url: RocketChatAdapter(
        RocketChatInput.from_credentials(rocketchat.block(url))
    ),
    "slack": lambda url: SlackAdapter(slack.StockSlackInput.from_credentials(slack.block(url))),
    "telegram": _telegram,
    "twilio": lambda url: WhatsAppAdapter(
        twilio.LocalTwilioInput.from_credentials(twilio.block(url))
    ),
    "webexteams": lambda url: WebexTeamsAdapter(
        webexteams.LocalWebexInput.from_credentials(webexteams.block(url))
    ),
}
PLACE = {"channel": "D1", "room": "R1", "chat": "1", "to": "whatsapp:+491700000001"}


@pytest.fixture(params=ADAPTERS)
async def adapter(request, api):
    made = ADAPTERS[request.param](api.url)
    yield made
    await made.close()


async def send(adapter):
    return await adapter.send("user", PLACE, {"text": "secret words"}, key="k")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_refusal(adapter, api, status):
    api.status = status
    with pytest.raises(NotDelivered, match=str(status)) as refused:
        await send(adapter)
    assert not refused.value.may_repeat
    assert "elsewhere" not in str(refused.value)
    assert api.seen == []  # neither the words nor a token went there


async def test_without_one_the_message_is_taken(adapter, api):
    await send(adapter)
    assert api.seen == ["POST"]


class TestCallback:
    """The receiver of ``callback`` is anybody's program, and answers with anything."""

    @pytest.fixture
    def adapter(self, api):
        return ADAPTERS["callback"](api.url)

    @pytest.mark.parametrize("text", ["", "{", "ok", "\x00"])
    async def test_a_good_status_is_enough(self, adapter, api, text):
        api.status, api.text = 202, text
        await send(adapter)
        assert api.seen == ["POST"]

    @pytest.mark.parametrize(
        ("status", "may_repeat"), [(400, False), (404, False), (429, True), (503, True)]
    )
    async def test_refusals(self, adapter, api, status, may_repeat):
        api.status = status
        with pytest.raises(NotDelivered) as refused:
            await send(adapter)
        assert refused.value.may_repeat is may_repeat
        assert "m1" not in str(refused.value)
        assert "secret words" not in str(refused.value)
