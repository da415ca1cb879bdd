"""The adapter of Microsoft's Bot Framework: a conversation in Teams, or in another of its channels.

Limits and forms: Microsoft's pages "Format your bot messages", "Cards reference" and "Card actions"
(https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages,
https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference and
https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-actions).
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from rasa.core.channels.botframework import BotFramework
from rasa.core.channels.channel import UserMessage
from sanic.request import Request

from zendesk_handoff.channels.adapters.botframework_connector import (
    Connector,
    service_address,
    signed_service_url,
)
from zendesk_handoff.channels.adapters.botframework_events import FileReference, content_of
from zendesk_handoff.channels.adapters.downloads import Origin, download, origin
from zendesk_handoff.channels.adapters.json_body import json_body
from zendesk_handoff.domain.limits import MEGABYTE, Limits, MediaLimit
from zendesk_handoff.domain.markup import escape_markdown, outside_urls
from zendesk_handoff.domain.text import units
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, FetchedFile, Receipt
from zendesk_handoff.rasa.response_tracking import request_of

_HERO_CARD = "application/vnd.microsoft.card.hero"
#: What begins a tag or an entity, of which Teams shows some in Markdown, too.
_TAG_START = re.compile(r"[<&]")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
#: Where Teams keeps the files that users send to bots.
_FILE_HOSTS = (".sharepoint.com", ".sharepoint.us", ".sharepoint.cn")
_LITERAL = "text_format"


def _bytes(text: str) -> int:
    """Count the bytes of a text in UTF-16, as Teams does, or in UTF-8 if there are more."""
    return max(2 * units(text), len(text.encode("utf-8", "surrogatepass")))


class BotFrameworkAdapter(ChannelAdapter):
    """Posts into the conversation of the user's last message, at the service URL that it gave.

    Rasa's channel answers at that address, too, but keeps its token with the class, and logs a
    refusal. This one has a token of its own, and tells.
    """

    # Teams has taken 28 KB at first and more later, as UTF-16 and with everything around the text.
    proves_senders = True  # Rasa's channel checks Microsoft's signed token
    limits: ClassVar[Limits] = Limits(
        text=24_000,
        measure=_bytes,
        image=MediaLimit(MEGABYTE, ("image/png", "image/jpeg", "image/gif")),
        buttons=6,
        cards=True,
    )

    def __init__(self, channel: Any) -> None:
        """Keep the channel; nothing is called yet."""
        super().__init__(channel)
        self._connector = Connector(str(channel.app_id), str(channel.app_password))

    def limitations(self) -> list[str]:
        """Say what Rasa's channel drops, and what Teams does not give to bots."""
        return [
            "Rasa's channel drops corrections and deletions; a refusal of the bot's own words is "
            "only logged.",
            "It answers at the service URL of a request, which it does not compare with the one "
            "that Microsoft has signed; agents' words go to the latter only.",
            "It reads Microsoft's keys when the server starts, which fails without them, and has "
            "a token for multi-tenant bots only.",
            "Teams gives files to bots in personal chats alone, with `supportsFiles` in the "
            "app's manifest.",
        ]

    def address(self, message: UserMessage) -> Address | None:
        """Return service URL, conversation and bot, as Microsoft has sent and signed them.

        Only the output channel that Rasa's channel makes counts, after it has verified the request:
        anybody can name this channel in a request of ``rest``.
        """
        output = message.output_channel
        request = request_of(message)
        if not isinstance(output, BotFramework) or request is None:
            return None
        service_url = service_address(str(output.global_uri).removesuffix("v3/"))
        if service_url is None or service_url != signed_service_url(request):
            return None
        conversation, bot = _id(output.conversation), _id(output.bot)
        if conversation is None or bot is None:
            return None
        return {"service_url": service_url, "conversation": conversation, "bot": bot}

    def is_authentic(self, message: UserMessage) -> bool:
        """Tell whether Microsoft has signed the service URL: Rasa's channel does not check it."""
        return self.address(message) is not None

    def default_address(self, recipient_id: str) -> Address | None:
        """Return ``None``: only a message tells the service URL."""
        return None

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Post a message.

        Raises:
            NotDelivered: The service has refused it, or could not be reached.
        """
        conversation = str(address["conversation"])
        activity = {
            "type": "message",
            "channelData": {"notification": {"alert": "true"}},
            "text": "",
            **_activity(message),
            "from": {"id": str(address["bot"])},
            "recipient": {"id": recipient_id},
            "conversation": {"id": conversation},
        }
        await self._connector.post(str(address["service_url"]), conversation, activity)
        return Receipt()

    def literal(self, text: str) -> str:
        """Write a text so that Markdown shows it literally, tags and mentions as well."""
        return outside_urls(text, lambda part: _TAG_START.sub(r"\\\g<0>", escape_markdown(part)))

    def as_literal(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send the text as it is, without markup."""
        if "text" not in message:
            return message
        text = outside_urls(message["text"], lambda part: _ESCAPED.sub(r"\1", part))
        return {**message, "text": text, _LITERAL: "plain"}

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read what a user has sent out of the activity."""
        activity, output = json_body(request), message.output_channel
        is_users = (
            isinstance(output, BotFramework)
            and _id(activity.get("from")) == message.sender_id
            and _id(activity.get("conversation")) == _id(output.conversation)
        )
        if not is_users:
            return super().receive(message, request)
        place = self.address(message)
        return content_of(activity, None if place is None else place["service_url"])

    async def fetch(self, reference: str) -> FetchedFile:
        """Read a user's file; the bot's token goes to the service URL alone.

        Raises:
            NotDelivered: It cannot be read.
        """
        file = FileReference.load(reference)
        service = origin(file.service_url)
        if not file.needs_token:

            def is_teams(found: Origin) -> bool:
                scheme, host, _port = found
                return found == service or (scheme == "https" and host.endswith(_FILE_HOSTS))

            return await download(file.url, {}, is_own=is_teams, may_follow=is_teams)

        def is_own(found: Origin) -> bool:
            return found == service and service_address(file.service_url) is not None

        token = await self._connector.token()
        try:
            return await download(file.url, _headers(token), is_own=is_own)
        except NotDelivered as refusal:
            if refusal.may_repeat:
                raise
            token = await self._connector.token(instead_of=token)
            return await download(file.url, _headers(token), is_own=is_own)


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _id(account: Any) -> str | None:
    found = account.get("id") if isinstance(account, Mapping) else None
    return found if isinstance(found, str) and found else None


def _activity(message: Mapping[str, Any]) -> dict[str, Any]:
    """Make the part of an activity that a message is about."""
    text, image, custom = (message.get(each) for each in ("text", "image", "custom"))
    if isinstance(custom, Mapping):
        return dict(custom)
    if isinstance(message.get("elements"), list):
        return {"attachmentLayout": "carousel", "attachments": _cards(message["elements"])}
    if isinstance(image, str):
        return {"attachments": [_image(image)]}
    if not isinstance(text, str):
        raise NotDelivered("the channel does not take messages of this kind", may_repeat=False)
    activity: dict[str, Any] = {"text": text}
    if message.get(_LITERAL):
        activity["textFormat"] = message[_LITERAL]
    if message.get("buttons"):
        # The text of a card would be read as markup, whatever the format of the activity's.
        activity["attachments"] = [_card({"buttons": message["buttons"]})]
    return activity


def _cards(elements: Iterable[Any]) -> list[Any]:
    """Make the attachments of cards; a designer may have written some of an activity."""
    found: list[Any] = []
    for each in elements:
        if isinstance(each, Mapping):
            own = each.get("attachments")
            found += own if isinstance(own, list) else [_card(each)]
    return found


def _card(element: Mapping[str, Any]) -> dict[str, Any]:
    """Make a card. Teams reads markup in its text, but not in its title and subtitle."""
    content = {each: element[each] for each in ("title", "subtitle") if element.get(each)}
    if isinstance(element.get("image_url"), str):
        content["images"] = [{"url": element["image_url"]}]
    buttons = element.get("buttons")
    if isinstance(buttons, list):
        content["buttons"] = [
            _action(each, number)
            for number, each in enumerate(buttons, start=1)
            if isinstance(each, Mapping)
        ]
    return {"contentType": _HERO_CARD, "content": content}


def _action(button: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Make a button. ``imBack`` shows what it sends; of another payload the title is shown."""
    if "value" in button and "type" in button:
        return dict(button)  # a designer's own
    title = str(button.get("title") or number)
    payload = str(button.get("payload") or "")
    if isinstance(button.get("url"), str) and not payload:
        return {"type": "openUrl", "title": title, "value": button["url"]}
    if payload in {"", title}:
        return {"type": "imBack", "title": title, "value": title}
    return {"type": "messageBack", "title": title, "text": payload, "displayText": title}


def _image(url: str) -> dict[str, Any]:
    try:
        path = urlsplit(url).path
    except ValueError:
        path = ""
    kind = mimetypes.guess_type(path)[0] or "image/png"
    name = unquote(path.rpartition("/")[2])
    return {"contentType": kind, "contentUrl": url} | ({"name": name} if name else {})
