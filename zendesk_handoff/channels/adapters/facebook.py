"""The adapter of Facebook Messenger: a user's conversation with a page, over the Send API.

Limits: Meta's pages "Send API", "Button Template", "Generic Template" and "Quick Replies"
(https://developers.facebook.com/docs/messenger-platform/reference/send-api).
"""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlsplit

import requests
from rasa.core.channels.channel import UserMessage
from sanic.request import Request

from zendesk_handoff.channels.adapters.downloads import Origin, download, origin
from zendesk_handoff.channels.adapters.facebook_errors import refusal
from zendesk_handoff.channels.adapters.facebook_events import content_of, event_of
from zendesk_handoff.channels.adapters.redirects import refuse_redirects
from zendesk_handoff.channels.adapters.refusals import http_refusal, no_connection
from zendesk_handoff.channels.adapters.threads import in_thread
from zendesk_handoff.domain.limits import MEGABYTE, Limits, MediaLimit
from zendesk_handoff.domain.messages import AgentMessage, Card
from zendesk_handoff.domain.rendering import render
from zendesk_handoff.domain.text import units
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import ChannelAdapter, FetchedFile, Receipt

_PLATFORM = "facebook"
#: Seconds for a call.
_TIMEOUT = 20.0
#: What a template holds; more choices than that are quick replies.
_TEMPLATE_BUTTONS = 3
_CARDS = 10
_CARD_TEXT = 80
_MAX_PAYLOAD = 1000
_FILE_HOSTS = ("fbcdn.net", "fbsbx.com", "facebook.com", "cdninstagram.com")


class FacebookAdapter(ChannelAdapter):
    """Sends with a client of Rasa's channel, and reads the answer that Rasa's throws away."""

    limits: ClassVar[Limits] = Limits(
        text=2000,
        image=MediaLimit(25 * MEGABYTE, ("image/jpeg", "image/png", "image/gif")),
        file=MediaLimit(25 * MEGABYTE),
        buttons=13,
        button_title=20,
        button_text=640,
        cards=True,
    )

    def __init__(self, channel: Any) -> None:
        """Keep the channel; nothing is called yet."""
        super().__init__(channel)
        # Messenger signs each request with the app's secret, and the channel checks that.
        self.proves_senders = bool(getattr(channel, "fb_secret", None))
        self._graph: Origin | None = None

    def limitations(self) -> list[str]:
        """Say what Rasa's own channel drops."""
        if getattr(self.channel, "is_in_place_of_rasas", False):
            return []
        return [
            "Rasa's channel handles the first message of a request only, and drops places, "
            "stickers, shared links without words, and corrections.",
            "Write `zendesk_handoff.channels.FacebookInput` in place of `facebook`.",
        ]

    def render(self, message: AgentMessage) -> Sequence[dict[str, Any]]:
        """Divide an agent's message; cards that a template would cut or refuse come in words."""
        limits = self.limits
        if not _fit_template(message.cards):
            limits = replace(limits, cards=False)
        return render(message, limits)

    async def send(
        self, recipient_id: str, address: Any, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Send a message.

        Raises:
            NotDelivered: Messenger has refused it, or could not be reached.
        """
        payload = _payload(message)
        answer, status, retry_after = await in_thread(_PLATFORM, self._call, recipient_id, payload)
        error = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(error, dict):
            raise refusal(error, status, retry_after)
        if not isinstance(answer, dict) or not answer.get("message_id"):
            if status is not None and status >= 400:
                raise http_refusal(status, retry_after=retry_after)
            raise NotDelivered("the channel gave no answer that can be read", may_repeat=True)
        return Receipt()

    async def show_typing(self, recipient_id: str, address: Any, *, is_on: bool) -> None:
        """Show it for twenty seconds, or until it ends (page "Sender Actions")."""
        action = "typing_on" if is_on else "typing_off"
        await in_thread(_PLATFORM, self._act, recipient_id, action)

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read what a user has sent out of Messenger's event."""
        event = event_of(message, request.body if request is not None else b"")
        return content_of(event, is_own=self._is_own) or super().receive(message, request)

    async def fetch(self, reference: str) -> FetchedFile:
        """Read a user's file, whose address opens it for everybody, for a time.

        Raises:
            NotDelivered: It cannot be read.
        """
        may_read = self._is_own_origin
        return await download(reference, {}, is_own=may_read, may_follow=may_read)

    def _call(
        self, recipient_id: str, payload: dict[str, Any]
    ) -> tuple[Any, int | None, str | None]:
        """Send in a thread: a client of its own, since its HTTP session is not for several."""
        client = self.channel.get_output_channel().messenger_client
        answers: list[requests.Response] = []
        refuse_redirects(client.session)  # the token is in the address
        client.session.hooks["response"].append(lambda found, **_: answers.append(found))
        try:
            answer = client.send(payload, recipient_id, "RESPONSE", timeout=_TIMEOUT)
        except ValueError:  # no JSON
            if not answers:
                raise no_connection() from None
            answer = None
        except (requests.RequestException, OSError):
            raise no_connection() from None  # their texts hold the token
        finally:
            client.session.close()
        if not answers:
            return answer, None, None
        return answer, answers[-1].status_code, answers[-1].headers.get("Retry-After")

    def _act(self, recipient_id: str, action: str) -> None:
        """Send a sender action in a thread; its answer says nothing that is of use."""
        client = self.channel.get_output_channel().messenger_client
        refuse_redirects(client.session)
        try:
            client.send_action(action, recipient_id, timeout=_TIMEOUT)
        except (requests.RequestException, OSError, ValueError):
            raise no_connection() from None  # their texts hold the token
        finally:
            client.session.close()

    def _is_own(self, url: str) -> bool:
        """Tell whether an address is Meta's, or at the address of the channel's own client."""
        found = origin(url)
        return found is not None and self._is_own_origin(found)

    def _is_own_origin(self, found: Origin) -> bool:
        if is_metas(found):
            return True
        if self._graph is None:
            client = self.channel.get_output_channel().messenger_client
            self._graph = origin(str(client.graph_url))
        return found == self._graph


def is_metas(found: Origin) -> bool:
    """Tell whether an origin is one of those at which Meta keeps files.

    Args:
        found: Of any address.
    """
    scheme, host, port = found
    is_known = any(host == each or host.endswith(f".{each}") for each in _FILE_HOSTS)
    return is_known and (scheme, port) == ("https", 443)


def _fit_template(cards: Sequence[Card]) -> bool:
    """Tell whether a template takes cards whole. It refuses one that has nothing but a title."""
    return len(cards) <= _CARDS and all(
        0 < units(each.title) <= _CARD_TEXT
        and units(each.description) <= _CARD_TEXT
        and len(each.buttons) <= _TEMPLATE_BUTTONS
        and bool(each.description or each.image_url or each.buttons)
        for each in cards
    )


def _payload(message: dict[str, Any]) -> dict[str, Any]:
    """Make the Send API's ``message``. Its texts have no markup, so they are literal."""
    custom, attachment = message.get("custom"), message.get("attachment")
    if isinstance(custom, dict):
        return {name: value for name, value in custom.items() if name != "sender"}
    if isinstance(message.get("image"), str):
        return _media("image", message["image"])
    if isinstance(attachment, str):
        return _media(_kind(attachment), attachment)
    if isinstance(attachment, dict) and {"type", "payload"} <= attachment.keys():
        return {"attachment": attachment}
    if message.get("elements"):
        elements = [_element(each) for each in message["elements"] if isinstance(each, dict)]
        return _template({"template_type": "generic", "elements": elements})
    if "text" not in message:
        raise NotDelivered("the channel does not take messages of this kind", may_repeat=False)
    text = message["text"] or "…"
    buttons = message.get("buttons") or []
    if not buttons:
        return {"text": text}
    if len(buttons) <= _TEMPLATE_BUTTONS:
        made = [_button(each) for each in buttons]
        return _template({"template_type": "button", "text": text, "buttons": made})
    if any(_is_link(each) for each in buttons):
        raise NotDelivered("the channel shows no more than three links", may_repeat=False)
    return {"text": text, "quick_replies": [_quick_reply(each) for each in buttons]}


def _media(kind: str, url: str) -> dict[str, Any]:
    return {"attachment": {"type": kind, "payload": {"url": url}}}


def _template(payload: dict[str, Any]) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": payload}}


def _kind(url: str) -> str:
    """Tell how a file is sent: sound and video play in the conversation."""
    try:
        guessed, _ = mimetypes.guess_type(urlsplit(url).path)
    except ValueError:
        return "file"
    kind = (guessed or "").partition("/")[0]
    return kind if kind in {"audio", "video"} else "file"


def _element(element: dict[str, Any]) -> dict[str, Any]:
    made = {name: value for name, value in element.items() if value}
    if isinstance(made.get("buttons"), list):
        made["buttons"] = [_button(each) for each in made["buttons"] if isinstance(each, dict)]
    return made


def _is_link(button: dict[str, Any]) -> bool:
    return isinstance(button.get("url"), str) and not button.get("payload")


def _button(button: dict[str, Any]) -> dict[str, Any]:
    """Make a template's button; a designer may have given its type."""
    if button.get("type") not in {None, "postback", "web_url"}:
        return button
    title = str(button.get("title") or "…")
    if button.get("type") == "web_url" or _is_link(button):
        return {**button, "type": "web_url", "title": title}
    return {"type": "postback", "title": title, "payload": _said(button, title)}


def _quick_reply(button: dict[str, Any]) -> dict[str, Any]:
    title = str(button.get("title") or "…")
    return {"content_type": "text", "title": title, "payload": _said(button, title)}


def _said(button: dict[str, Any], title: str) -> str:
    payload = str(button.get("payload") or "")
    return payload if 0 < len(payload) <= _MAX_PAYLOAD else title
