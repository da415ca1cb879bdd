"""The adapter of Rocket.Chat: a room, also one of its livechat, over the REST API.

Facts: Rocket.Chat's pages "Post Message" (https://developer.rocket.chat/apidocs/post-message),
"Get Message", "Message" (the object), "Outgoing WebHook" and "Omnichannel Webhooks". A livechat
room takes posts like any other, of the agent who serves it: the bot's user.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urljoin, urlsplit

import requests
import structlog
from rasa.core.channels.channel import UserMessage
from rocketchat_API.APIExceptions.RocketExceptions import (
    RocketAuthenticationException,
    RocketConnectionException,
)
from sanic.request import Request

from zendesk_handoff.channels.adapters.downloads import Origin, download, origin
from zendesk_handoff.channels.adapters.json_body import json_body
from zendesk_handoff.channels.adapters.refusals import http_refusal, no_connection
from zendesk_handoff.channels.adapters.threads import in_thread
from zendesk_handoff.domain.limits import Limits, MediaLimit
from zendesk_handoff.domain.markup import WORD_JOINER, break_mentions, outside_urls
from zendesk_handoff.domain.text import shorten
from zendesk_handoff.domain.user_content import Place, UserContent, UserFile
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, FetchedFile, Receipt

log = structlog.get_logger(__name__)

#: Marks that a backslash makes literal in Rocket.Chat; of others the backslash would be shown.
_ESCAPABLE = re.compile(r"([*_~`#])")
_LINK = re.compile(r"\](?=\()")
_QUOTE = re.compile(r"^(?=>)", re.MULTILINE)
_PLATFORM = "rocketchat"
#: Seconds for a call; the library waits for thirty, as long as this server waits in all.
_TIMEOUT = 15.0
_KEY = "rocketchat:"
_POST = "chat.postMessage"
#: In a message: the agent's name and picture in the API's words.
_SENDER = "rocketchat_sender"
_MAX_NAME = 80
_MESSAGE_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_ERROR_CODE = re.compile(r"\[?((?:error|invalid|not)-[a-z-]{1,60})\]?$")


class RocketChatAdapter(ChannelAdapter):
    """Posts with one login, which is made when it is needed, and renewed when it has expired."""

    # The longest message that a server takes as it is installed ("Message_MaxAllowedSize").
    limits: ClassVar[Limits] = Limits(text=5000, image=MediaLimit(), file=MediaLimit(), buttons=20)

    def __init__(self, channel: Any) -> None:
        """Keep the channel; nobody is logged in yet."""
        super().__init__(channel)
        self._client: Any = None
        self._may_name_senders = True
        self._login = asyncio.Lock()

    def limitations(self) -> list[str]:
        """Say what Rocket.Chat's webhooks do not report."""
        return [
            "Rocket.Chat's webhooks report no deletions, and files that have words with them only "
            "where they are set to."
        ]

    def address(self, message: UserMessage) -> Address | None:
        """Return the room, which is Rasa's sender id."""
        return {"room": message.sender_id}

    def default_address(self, recipient_id: str) -> Address | None:
        """Return the room, which is Rasa's sender id."""
        return {"room": recipient_id}

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Post a message.

        Raises:
            NotDelivered: Rocket.Chat has refused it, or could not be reached.
        """
        arguments = {"roomId": str(address["room"]), **_arguments(message)}
        await self._post(arguments, message.get(_SENDER))
        return Receipt()

    async def _post(self, arguments: Mapping[str, Any], sender: Mapping[str, Any] | None) -> None:
        """Post a message as a sender, and as the bot where Rocket.Chat refuses it so.

        Another name needs the permission ``message-impersonate``, which the role ``bot`` has.
        """
        refused: NotDelivered | None = None
        if sender and self._may_name_senders:
            try:
                await self._ask("call_api_post", _POST, **arguments, **sender)
                return
            except NotDelivered as refusal:
                if refusal.may_repeat:
                    raise
                refused = refusal
        await self._ask("call_api_post", _POST, **arguments)
        if refused is not None:  # not for the message or the room, which are taken now
            self._may_name_senders = False
            log.info("handoff.rocketchat.sender_refused", reason=refused.reason)

    def as_sent_by(
        self, message: dict[str, Any], *, name: str, picture: str | None
    ) -> dict[str, Any]:
        """Let Rocket.Chat show the agent beside the bot's user name ("Post Message")."""
        sender = {"alias": shorten(name, _MAX_NAME)}
        return {**message, _SENDER: sender | ({"avatar": picture} if picture else {})}

    def literal(self, text: str) -> str:
        """Write a text so that Rocket.Chat shows no markup in it and notifies nobody."""
        return outside_urls(break_mentions(text), _escape)

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read what a user has sent out of the webhook's request."""
        plain = super().receive(message, request)
        sent = json_body(request)
        if isinstance(sent.get("visitor"), dict):
            messages = sent.get("messages")
            if sent.get("_id") != message.sender_id or not isinstance(messages, list):
                return plain
            return self._livechat_content([each for each in messages if isinstance(each, dict)])
        if sent.get("channel_id") != message.sender_id:
            return plain
        message_id, key = sent.get("message_id"), None
        is_edit = sent.get("isEdited") is True
        if isinstance(message_id, str) and message_id:
            key = f"{_KEY}{message_id}"
            if is_edit:  # there may be several, which have the same id
                key += f":{sha256(plain.text.encode('utf-8', 'replace')).hexdigest()[:16]}"
        whole = sent.get("message")
        return UserContent(
            text=plain.text,
            files=_files(whole) if isinstance(whole, dict) and not is_edit else (),
            change="edit" if is_edit else None,
            key=key,
        )

    async def complete(self, message: UserMessage, content: UserContent) -> UserContent:
        """Ask Rocket.Chat for a message without words: its webhook tells neither place nor file.

        Raises:
            NotDelivered: Rocket.Chat does not tell.
        """
        message_id = (content.key or "").removeprefix(_KEY)
        if not content.is_empty or _MESSAGE_ID.fullmatch(message_id) is None:
            return content
        answer = await self._ask("call_api_get", "chat.getMessage", msgId=message_id)
        found = answer.get("message")
        # Anybody can call the webhook, with the id of a message of any room.
        if not isinstance(found, dict) or found.get("rid") != message.sender_id:
            raise NotDelivered("the message is not of the room", may_repeat=False)
        places, files = _places(found), _files(found)
        return replace(content, places=places, files=files, lost=not (places or files))

    async def fetch(self, reference: str) -> FetchedFile:
        """Read a user's file with the bot's login.

        Raises:
            NotDelivered: It cannot be read.
        """
        own = origin(self.channel.server_url)

        def is_own(found: Origin) -> bool:
            return found == own

        url = urljoin(f"{self.channel.server_url}/", reference)
        client = await self._logged_in()
        try:
            return await download(url, client.headers, is_own=is_own)
        except NotDelivered:
            client = await self._logged_in(instead_of=client)
            return await download(url, client.headers, is_own=is_own)

    def _livechat_content(self, messages: list[dict[str, Any]]) -> UserContent:
        """Read the messages of a visitor; Rasa's channel reads the first one's text alone."""
        of_visitor = [each for each in messages if each.get("username") != self.channel.user]
        texts = [each["msg"] for each in of_visitor if isinstance(each.get("msg"), str)]
        ids = [each["_id"] for each in of_visitor if isinstance(each.get("_id"), str)]
        return UserContent(
            text="\n".join(filter(None, texts)),
            files=tuple(file for each in of_visitor for file in _files(each)),
            key=f"{_KEY}{':'.join(ids)}"[:200] if ids else None,
        )

    async def _ask(self, call: str, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Call a method of the API, with a new login where the last one has expired."""
        client = await self._logged_in()
        response = await _call(getattr(client, call), method, **arguments)
        if response.status_code == 401:
            client = await self._logged_in(instead_of=client)
            response = await _call(getattr(client, call), method, **arguments)
        answer = _json(response)
        if response.status_code != 200 or answer.get("success") is False:
            raise _refusal(response, answer)
        if answer.get("success") is not True:
            raise NotDelivered("the channel gave no answer that can be read", may_repeat=True)
        return answer

    async def _logged_in(self, *, instead_of: Any = None) -> Any:
        """Return a client with a login; a new one in place of one whose login has expired."""
        async with self._login:
            if self._client is None or self._client is instead_of:
                self._client = None
                try:
                    output = await in_thread(_PLATFORM, self.channel.get_output_channel)
                except RocketAuthenticationException:
                    raise NotDelivered(
                        "the bot's login was refused", may_repeat=False, is_of_form=False
                    ) from None
                except (RocketConnectionException, requests.RequestException, OSError):
                    raise no_connection() from None
                # The library's other name for the module `requests`: a redirect is an answer.
                output.rocket.req = SimpleNamespace(
                    get=partial(requests.get, allow_redirects=False),
                    post=partial(requests.post, allow_redirects=False),
                )
                output.rocket.timeout = _TIMEOUT
                self._client = output.rocket
            return self._client


async def _call(call: Any, method: str, **arguments: Any) -> Any:
    try:
        return await in_thread(_PLATFORM, call, method, **arguments)
    except (requests.RequestException, OSError):
        raise no_connection() from None  # its text holds the address


def _arguments(message: Mapping[str, Any]) -> dict[str, Any]:
    text = str(message.get("text") or "")
    image, attachment, custom = (message.get(each) for each in ("image", "attachment", "custom"))
    if message.get("buttons"):
        actions = [_action(each, number) for number, each in enumerate(message["buttons"], start=1)]
        return {"text": text, "attachments": [{"actions": actions}]}
    if text:
        return {"text": text}
    if isinstance(image, str):
        return {"attachments": [{"title": _name(image), "image_url": image, "collapsed": False}]}
    if isinstance(attachment, str):
        shown = {"title": _name(attachment), "title_link": attachment, "title_link_download": True}
        return {"attachments": [shown]}
    if isinstance(attachment, Mapping):
        return {"attachments": [dict(attachment)]}
    if isinstance(custom, Mapping):
        return {key: value for key, value in custom.items() if key not in {"channel", "room_id"}}
    raise NotDelivered("the channel does not take messages of this kind", may_repeat=False)


def _action(button: Mapping[str, Any], number: int) -> dict[str, Any]:
    title = str(button.get("title") or number)
    if isinstance(button.get("url"), str) and not button.get("payload"):
        return {"type": "button", "text": title, "url": button["url"]}
    payload = str(button.get("payload") or title)
    return {"type": "button", "text": title, "msg": payload, "msg_in_chat_window": True}


def _escape(text: str) -> str:
    text = _ESCAPABLE.sub(r"\\\1", text)
    return _QUOTE.sub(WORD_JOINER, _LINK.sub(f"]{WORD_JOINER}", text))


def _files(message: Mapping[str, Any]) -> tuple[UserFile, ...]:
    """Read the files of a message object: by their ids, or the path that livechat gives."""
    uploaded = message.get("fileUpload")
    path = uploaded.get("publicFilePath") if isinstance(uploaded, dict) else None
    files = message.get("files") or [message.get("file")]
    found = []
    for each in files if isinstance(files, list) else ():
        if not isinstance(each, dict) or not isinstance(each.get("_id"), str):
            continue
        name, kind = str(each.get("name") or "file"), str(each.get("type") or "")
        own_path = f"/file-upload/{quote(each['_id'], safe='')}/{quote(name, safe='')}"
        found.append(UserFile(reference=own_path, media_type=kind, name=name))
    if not found and isinstance(path, str) and path:
        kind = str(uploaded.get("type") or "") if isinstance(uploaded, dict) else ""
        found.append(UserFile(reference=path, media_type=kind, name=_name(path)))
    return tuple(found)


def _places(message: Mapping[str, Any]) -> tuple[Place, ...]:
    """Read the place of a message object: a point of GeoJSON, which has the longitude first."""
    location = message.get("location")
    point = location.get("coordinates") if isinstance(location, dict) else None
    if not isinstance(point, list) or len(point) != 2:
        return ()
    if not all(isinstance(each, int | float) for each in point):
        return ()
    longitude, latitude = map(float, point)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return ()
    return (Place(latitude, longitude),)


def _refusal(response: Any, answer: Mapping[str, Any]) -> NotDelivered:
    said = answer.get("errorType") or answer.get("error")
    found = _ERROR_CODE.search(said) if isinstance(said, str) else None
    code = found.group(1) if found else ""
    status = 400 if response.status_code == 200 else response.status_code
    if code == "error-too-many-requests":
        status = 429
    return http_refusal(status, code, retry_after=_seconds_left(response.headers))


def _seconds_left(headers: Mapping[str, str]) -> object:
    """Read the time of the next attempt, which Rocket.Chat gives in milliseconds of the epoch."""
    try:
        left = float(headers["X-RateLimit-Reset"]) / 1000 - time.time()
    except (KeyError, ValueError):
        return headers.get("Retry-After")
    return max(left, 0.0)


def _json(response: Any) -> Mapping[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _name(url: str) -> str:
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2]) or "file"
    except ValueError:
        return "file"
