"""A user on each of the platforms, and what they read there; all channels fit into one server."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.support.platforms import (
    facebook,
    mattermost,
    rocketchat,
    slack,
    telegram,
    twilio,
    webexteams,
)
from tests.support.platforms.scenario import Texts, without_escapes
from tests.support.servers import free_port
from zendesk_handoff.channels.adapters.slack_events import unescape

_numbers = itertools.count(1_700_000_001)
THREAD = "1699999999.000001"


@dataclass
class Talk:
    """A user's conversation on a channel.

    Args:
        user: Has ``says`` and more, as the platform has it.
        sender: Rasa's id of the user.
        place: By which the platform knows where the conversation is.
        texts: Lists what the user reads.
        refusing: Of the platform's API: it refuses messages to the places in it.
        posts: Lists what the platform got.
    """

    user: Any
    sender: str
    place: str
    texts: Texts
    refusing: set[str]
    posts: Callable[[], Iterable[Any]]

    def seen(self) -> list[str]:
        """List all that the platform got for the user, as JSON."""
        found = (json.dumps(each, ensure_ascii=False) for each in self.posts())
        return [each for each in found if self.place in each]


@dataclass
class Apis:
    """The platforms' APIs, on loopback."""

    slack: slack.SlackApi
    facebook: facebook.MessengerApi
    mattermost: mattermost.MattermostApi
    rocketchat: rocketchat.RocketChatApi
    webexteams: webexteams.WebexApi
    telegram: telegram.ServedTelegramApi
    twilio: twilio.TwilioApi

    def channels(self) -> dict[str, Any]:
        """Return the credentials of channels, all of which one server can have."""
        threads = {"use_threads": True, "conversation_granularity": "thread"}
        return {
            f"{slack.__name__}.StockSlackInput": slack.block(self.slack.url),
            f"{slack.__name__}.OurSlackInput": slack.block(self.slack.url, **threads),
            f"{facebook.__name__}.StockFacebookInput": facebook.block(self.facebook.url),
            f"{facebook.__name__}.OurFacebookInput": facebook.block(self.facebook.url),
            "mattermost": mattermost.block(self.mattermost.url),
            "rocketchat": rocketchat.block(self.rocketchat.url),
            f"{webexteams.__name__}.LocalWebexInput": webexteams.block(self.webexteams.url),
            f"{telegram.__name__}.LocalTelegramInputInPlace": telegram.block(self.telegram.url),
            f"{twilio.__name__}.LocalTwilioInputInPlace": twilio.block(self.twilio.url),
            f"{twilio.__name__}.LocalSmsInput": twilio.block(self.twilio.url, twilio.BOT_SMS),
            f"{twilio.__name__}.StockSmsInput": twilio.block(self.twilio.url, twilio.BOT_SMS),
            "zendesk_handoff.channels.SocketIOInput": {"session_persistence": True},
            "tests.support.platforms.socketio.StockSocketIOInput": {"socketio_path": "/stock.io"},
            "hangouts": {},
            "tests.support.channels.BesideRestCmdlineInput": None,
            "callback": {"url": f"http://127.0.0.1:{free_port()}/callback"},
            "tests.support.channels.ElsewhereInput": None,
            "tests.support.channels.ShowingInput": None,
        }

    def talk(self, channel: str, rasa: str, http: aiohttp.ClientSession, /, **values: Any) -> Talk:
        """Make a new user of a channel.

        Args:
            channel: Its name.
            rasa: The server's address.
            http: Sends the user's messages.
            **values: Of the user, as the platform's module takes them.
        """
        webhook = f"{rasa}/webhooks/{channel}/webhook"
        make: Callable[..., Talk] = getattr(self, f"_{channel}")
        return make(webhook, http, **values)

    def _slack(self, webhook: str, http: Any, **values: Any) -> Talk:
        place = values.pop("channel", None) or new_place()
        user = slack.SlackUser(webhook, http, channel=place, **values)

        def texts() -> list[str]:
            return [unescape(each) for each in self.slack.texts(place)]

        posts = self.slack.posts
        return Talk(user, user.user, place, texts, self.slack.archived, lambda: posts)

    def _ourslack(self, webhook: str, http: Any, **values: Any) -> Talk:
        talk = self._slack(webhook, http, **{"thread": THREAD, **values})
        talk.sender = f"{talk.sender}_{talk.place}_{talk.user.thread}"
        return talk

    def _facebook(self, webhook: str, http: Any) -> Talk:
        name = str(2_400_000_000_000_000 + next(_numbers))
        user = facebook.MessengerUser(webhook, http, user=name)
        api = self.facebook

        def posts() -> list[Any]:
            return [{name: each} for each in api.sent[name]]

        return Talk(user, name, name, lambda: api.texts(name), api.closed, posts)

    _ourfacebook = _facebook

    def _mattermost(self, webhook: str, http: Any) -> Talk:
        user, api = mattermost.MattermostUser(webhook, http, self.mattermost), self.mattermost
        texts = without_escapes(lambda: api.texts(user.channel))
        return Talk(user, user.user, user.channel, texts, api.left, lambda: api.posts)

    def _rocketchat(self, webhook: str, http: Any) -> Talk:
        user, api = rocketchat.RocketChatUser(webhook, http, self.rocketchat), self.rocketchat
        texts = without_escapes(lambda: api.texts(user.room))
        return Talk(user, user.room, user.room, texts, api.closed, lambda: api.posts)

    def _webexteams(self, webhook: str, http: Any) -> Talk:
        user, api = webexteams.WebexUser(webhook, http, self.webexteams), self.webexteams

        def texts() -> list[str]:
            # Rasa's channel answers in the room of the settings, whatever the room of the message.
            return [*api.texts(webexteams.PUBLIC_ROOM)[before:], *api.texts(user.room)]

        before = len(api.texts(webexteams.PUBLIC_ROOM))
        return Talk(user, user.room, user.room, texts, api.left, lambda: api.posts)

    def _telegram(self, webhook: str, http: Any, **values: Any) -> Talk:
        api, chat = self.telegram.api, values.pop("chat", None) or next(_numbers)
        rasa = webhook.removesuffix("/webhooks/telegram/webhook")
        user = telegram.TelegramUser(rasa, http, chat=chat, **values)
        place = str(chat)

        def posts() -> list[Any]:
            return [{place: each} for each in api.sent[place]]

        return Talk(user, place, place, lambda: api.texts(place), api.blocked, posts)

    def _twilio(self, webhook: str, http: Any) -> Talk:
        return self._phone("twilio", "whatsapp:+49", twilio.BOT_WHATSAPP, webhook, http)

    def _sms(self, webhook: str, http: Any) -> Talk:
        return self._phone("sms", "+49", twilio.BOT_SMS, webhook, http)

    def _stocksms(self, webhook: str, http: Any) -> Talk:
        return self._phone("stocksms", "+49", twilio.BOT_SMS, webhook, http)

    def _phone(self, channel: str, prefix: str, bot: str, webhook: str, http: Any) -> Talk:
        rasa = webhook.removesuffix(f"/webhooks/{channel}/webhook")
        number, api = f"{prefix}{next(_numbers)}", self.twilio
        user = twilio.TwilioUser(rasa, http, number=number, bot=bot, channel=channel)
        return Talk(user, number, number, lambda: api.texts(number), set(), lambda: api.sent)


def new_place(kind: str = "D") -> str:
    """Make the id of a place of Slack's: ``D`` is a direct message, ``C`` a channel."""
    return f"{kind}{uuid.uuid4().hex[:10].upper()}"


@contextmanager
def serving() -> Iterator[Apis]:
    """Run the APIs."""
    kinds = (
        *(slack.SlackApi, facebook.MessengerApi, mattermost.MattermostApi),
        *(rocketchat.RocketChatApi, webexteams.WebexApi, telegram.ServedTelegramApi),
        twilio.TwilioApi,
    )
    with ExitStack() as running:
        yield Apis(*(running.enter_context(each()) for each in kinds))
