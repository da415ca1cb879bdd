"""The adapter of Webex: a room, over the REST API, with the library that Rasa uses.

Facts: Webex's pages "Create a Message" and "Get Attachment Details"
(https://developer.webex.com/docs/api/v1/messages), and "Message Attachments".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import requests
from rasa.core.channels.channel import UserMessage
from sanic.request import Request
from webexteamssdk import ApiError, RateLimitError, WebexTeamsAPI
from webexteamssdk.exceptions import webexteamssdkException

from zendesk_handoff.channels.adapters.downloads import Origin, download, origin
from zendesk_handoff.channels.adapters.json_body import json_body
from zendesk_handoff.channels.adapters.redirects import refuse_redirects
from zendesk_handoff.channels.adapters.refusals import http_refusal, no_connection
from zendesk_handoff.channels.adapters.threads import in_thread
from zendesk_handoff.domain.limits import MEGABYTE, Limits, MediaLimit
from zendesk_handoff.domain.links import web_address
from zendesk_handoff.domain.user_content import UserContent, UserFile
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, FetchedFile, Receipt

_TIMEOUT = 20
#: Statuses after which the same may succeed later: 423 is a file that is still being scanned.
_LOCKED = 423
_MESSAGE_ID = re.compile(r"[\w=+/-]{1,256}")

Result = TypeVar("Result")


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


class WebexTeamsAdapter(ChannelAdapter):
    """Posts plain text and files into the room of the user's message, never into another one."""

    limits: ClassVar[Limits] = Limits(
        text=7439,
        measure=_bytes,
        image=MediaLimit(100 * MEGABYTE),
        file=MediaLimit(100 * MEGABYTE),
    )

    def __init__(self, channel: Any) -> None:
        """Keep the channel; nothing is called yet."""
        super().__init__(channel)
        # Rasa's channel takes no more than an id from a request, and asks Webex for the message.
        self.proves_senders = True
        self._api: WebexTeamsAPI | None = None

    def limitations(self) -> list[str]:
        """Say what Webex does not report to Rasa's channel."""
        return [
            "Rasa's channel asks Webex for new messages: corrections and deletions are not seen."
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
            NotDelivered: Webex has refused it, or could not be reached.
        """
        room, values = str(address["room"]), _values(message)
        created = await _call(lambda: self._own_api().messages.create(roomId=room, **values))
        if not getattr(created, "id", None):
            raise NotDelivered("the channel gave no answer that can be read", may_repeat=True)
        return Receipt()

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read the text, and the id by which Webex tells the rest."""
        plain = super().receive(message, request)
        data = json_body(request).get("data")
        data = data if isinstance(data, dict) else {}
        message_id = data.get("id")
        if data.get("roomId") not in {None, message.sender_id} or not isinstance(message_id, str):
            return plain
        return replace(plain, key=f"{_KEY}{message_id}" if _is_id(message_id) else None)

    async def complete(self, message: UserMessage, content: UserContent) -> UserContent:
        """Ask Webex for the files of a message: its webhook has neither text nor files.

        Raises:
            NotDelivered: Webex does not tell.
        """
        if content.key is None:
            return content
        message_id = content.key.removeprefix(_KEY)
        found = await _call(lambda: self._own_api().messages.get(message_id))
        if getattr(found, "roomId", None) != message.sender_id:
            return content
        files = getattr(found, "files", None)
        references = [each for each in files or () if isinstance(each, str)]
        return replace(content, files=tuple(UserFile(reference=each) for each in references))

    async def fetch(self, reference: str) -> FetchedFile:
        """Read a user's file with the bot's token.

        Raises:
            NotDelivered: It cannot be read.
        """
        api = self.channel.api
        own = origin(api.base_url)

        def is_own(found: Origin) -> bool:
            return found == own

        headers = {"Authorization": f"Bearer {api.access_token}"}
        return await download(reference, headers, is_own=is_own)

    def _own_api(self) -> WebexTeamsAPI:
        """Return a client like the channel's, which does not sleep when Webex asks it to wait."""
        if self._api is None:
            api = self.channel.api
            self._api = WebexTeamsAPI(
                api.access_token,
                base_url=api.base_url,
                single_request_timeout=_TIMEOUT,
                wait_on_rate_limit=False,
            )
            refuse_redirects(self._api._session._req_session)  # the library has no name for it
        return self._api


_KEY = "webexteams:"


def _is_id(value: str) -> bool:
    return _MESSAGE_ID.fullmatch(value) is not None


def _values(message: Mapping[str, Any]) -> dict[str, Any]:
    text = message.get("text")
    if isinstance(text, str) and text:
        return {"text": text}
    for name in ("image", "attachment"):
        if message.get(name):
            # The library takes everything else for the path of a file on this machine.
            url = web_address(message[name])
            if url is None:
                raise NotDelivered("the file has no address of the web", may_repeat=False)
            return {"files": [url]}
    custom = message.get("custom")
    if isinstance(custom, Mapping):
        return {name: value for name, value in custom.items() if name not in {"roomId", "files"}}
    raise NotDelivered("the channel does not take messages of this kind", may_repeat=False)


async def _call(call: Callable[[], Result]) -> Result:
    try:
        return await in_thread("webexteams", call)
    except RateLimitError as error:
        raise http_refusal(429, retry_after=error.retry_after) from None
    except ApiError as error:
        # Webex's words may quote the message, so they are not used.
        after = error.response.headers.get("Retry-After")
        may_repeat = True if error.status_code == _LOCKED else None
        raise http_refusal(error.status_code, retry_after=after, may_repeat=may_repeat) from None
    except (requests.RequestException, OSError):
        raise no_connection() from None
    except (webexteamssdkException, ValueError):
        raise NotDelivered("the channel gave no answer that can be read", may_repeat=True) from None
