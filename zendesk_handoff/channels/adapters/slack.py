"""The adapter of Slack: a channel, a direct message or a thread, over Slack's Web API.

Limits and errors: Slack's pages "chat.postMessage" (https://docs.slack.dev/reference/methods/chat.postMessage)
and "Block Kit" (https://docs.slack.dev/reference/block-kit/blocks).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Mapping
from typing import Any, ClassVar

import aiohttp
import structlog
from rasa.core.channels.channel import UserMessage
from sanic.request import Request
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from zendesk_handoff.channels.adapters.downloads import Origin, download, origin
from zendesk_handoff.channels.adapters.redirects import refuse_redirects
from zendesk_handoff.channels.adapters.refusals import http_refusal, no_connection
from zendesk_handoff.channels.adapters.slack_blocks import message_arguments
from zendesk_handoff.channels.adapters.slack_events import (
    FILE_ID,
    content_of,
    escape,
    interaction_content,
    message_of,
    place_of_interaction,
    read_payload,
)
from zendesk_handoff.domain.limits import MEGABYTE, Limits, MediaLimit
from zendesk_handoff.domain.markup import WORD_JOINER
from zendesk_handoff.domain.text import shorten
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, FetchedFile, Receipt

log = structlog.get_logger(__name__)

#: Errors after which the same message may be taken later. All others are for good.
_MAY_REPEAT = frozenset(
    {
        *("fatal_error", "internal_error", "rate_limited", "ratelimited", "request_timeout"),
        *("service_unavailable", "team_added_to_org", "accesslimited"),
    }
)
#: Errors that concern the bot's token or the place: Slack takes no other message there either.
_OF_ACCESS = frozenset(
    {
        *("account_inactive", "channel_not_found", "ekm_access_denied", "invalid_auth"),
        *("is_archived", "messages_tab_disabled", "missing_scope", "no_permission"),
        *("not_allowed_token_type", "not_authed", "not_in_channel", "org_login_required"),
        *("restricted_action", "token_expired", "token_revoked", "team_access_not_granted"),
    }
)
_NO_SCOPE = "missing_scope"
#: The key of ``username`` and ``icon_url`` in a message, which are the agent's.
_SENDER = "slack_sender"
#: Characters of a sender's name: Slack documents no limit.
_MAX_NAME = 80
_ERROR_CODE = re.compile(r"[a-z_]{1,64}")


#: Marks of Slack's markup ("Formatting text for app surfaces"), quotes and names of emoji included.
_MARK = re.compile(r"[*_~`:]|&gt;")
#: Rasa's ids of users that name a place.
_DIRECT = re.compile(r"D[A-Z0-9]{1,30}")
_OF_USER = re.compile(
    r"[UW][A-Z0-9]{1,30}_(?P<channel>[CDG][A-Z0-9]{1,30})(?:_(?P<thread>\d+\.\d+))?"
)


class SlackAdapter(ChannelAdapter):
    """Posts where the user's last message was, with the Web API client of Rasa's channel."""

    # Slack advises against texts of more than 4,000 characters, and a section holds 3,000.
    limits: ClassVar[Limits] = Limits(
        text=4000,
        image=MediaLimit(10 * MEGABYTE, ("image/png", "image/jpeg", "image/gif")),
        file=MediaLimit(),
        buttons=25,
        button_title=75,
        button_text=3000,
        cards=True,
    )

    def __init__(self, channel: Any) -> None:
        """Keep the channel; nothing is called yet."""
        super().__init__(channel)
        # Slack signs each request with this secret, and the channel checks that.
        self.proves_senders = bool(getattr(channel, "slack_signing_secret", None))
        self._may_name_senders = True  # until Slack says otherwise

    def limitations(self) -> list[str]:
        """Say what Rasa's own channel drops before anybody can see it."""
        if getattr(self.channel, "is_in_place_of_rasas", False):
            return []
        return [
            "Rasa's channel drops files without words, corrections and deletions.",
            "Write `zendesk_handoff.channels.SlackInput` in place of `slack`.",
        ]

    def address(self, message: UserMessage) -> Address | None:
        """Return the channel and the thread in which the bot answers the message.

        The channel in the settings is public. It is where Rasa's channel posts when it does not
        know better, so it counts only if the message itself was written there.
        """
        output = message.output_channel
        place = getattr(output, "slack_channel", None)
        if not isinstance(place, str) or not place:
            return None
        metadata = message.metadata if isinstance(message.metadata, Mapping) else {}
        if place == self.channel.slack_channel and metadata.get("out_channel") != place:
            return None
        thread = getattr(output, "thread_id", None)
        return {"channel": place} | ({"thread": thread} if isinstance(thread, str) else {})

    def is_authentic(self, message: UserMessage) -> bool:
        """Tell whether the channel checks that messages are Slack's: who writes, and where."""
        return self.proves_senders

    def default_address(self, recipient_id: str) -> Address | None:
        """Return the place that the id itself names; the channel in the settings is nobody's.

        Slack's direct messages have ids with a D. With a finer ``conversation_granularity`` Rasa's
        id is the user's with the channel's and the thread's.
        """
        if _DIRECT.fullmatch(recipient_id):
            return {"channel": recipient_id}
        found = _OF_USER.fullmatch(recipient_id)
        if found is None or self.channel.conversation_granularity not in {"channel", "thread"}:
            return None
        return {name: value for name, value in found.groupdict().items() if value}

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Post a message.

        Raises:
            NotDelivered: Slack has refused it, or could not be reached.
        """
        place, thread = str(address["channel"]), address.get("thread")
        arguments = {"channel": place, **message_arguments(message)}
        if thread:
            arguments["thread_ts"] = thread
        client = self._client(place, thread)
        timeout = aiohttp.ClientTimeout(total=client.timeout)
        async with aiohttp.ClientSession(
            timeout=timeout, trust_env=client.trust_env_in_session
        ) as session:
            refuse_redirects(session)
            client.session = session
            answer = await self._post(client, arguments, message.get(_SENDER))
        if not answer.get("ts"):
            raise _unreadable()
        return Receipt()

    async def _post(
        self, client: AsyncWebClient, arguments: Mapping[str, Any], sender: Mapping[str, Any] | None
    ) -> Mapping[str, Any]:
        """Post a message as a sender, and as the app where Slack refuses it so.

        Without the scope ``chat:write.customize`` Slack refuses the sender, or leaves it out.
        """
        if sender and self._may_name_senders:
            try:
                return await _call(
                    client.api_call("chat.postMessage", json={**arguments, **sender})
                )
            except NotDelivered as refusal:
                if refusal.may_repeat:
                    raise
                if _NO_SCOPE in refusal.reason:
                    self._may_name_senders = False
                log.info("handoff.slack.sender_refused", reason=refusal.reason)
        as_app = {**arguments, "as_user": True}
        return await _call(client.api_call("chat.postMessage", json=as_app))

    def as_sent_by(
        self, message: dict[str, Any], *, name: str, picture: str | None
    ) -> dict[str, Any]:
        """Let Slack show the agent in place of the app ("chat.postMessage": Authorship)."""
        sender = {"username": shorten(name, _MAX_NAME)}
        return {**message, _SENDER: sender | ({"icon_url": picture} if picture else {})}

    def literal(self, text: str) -> str:
        """Write a text so that Slack reads no link, mention or command in it."""
        return escape(text)

    def literal_value(self, text: str) -> str:
        """Write a value within a text with markup, for which Slack has no escapes.

        A mark begins or ends markup beside a space or a punctuation mark alone.
        """
        return _MARK.sub(rf"{WORD_JOINER}\g<0>{WORD_JOINER}", escape(text))

    def as_literal(self, message: dict[str, Any]) -> dict[str, Any]:
        """Switch off the markup, such as ``*bold*``; addresses can be opened all the same."""
        return {**message, "mrkdwn": False}

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read what a user has sent out of Slack's event or interaction."""
        plain = super().receive(message, request)
        if request is None:
            return plain
        payload = read_payload(request.headers.get("content-type"), request.body)
        sent = message_of(payload)
        if sent is not None:
            return content_of(sent) if _is_by(message, sent.user) else plain
        content = interaction_content(payload)
        user, _channel, _thread = place_of_interaction(payload)
        return content if content is not None and _is_by(message, user) else plain

    async def fetch(self, reference: str) -> FetchedFile:
        """Read a user's file with the bot's token, for which it needs the scope ``files:read``.

        Raises:
            NotDelivered: It cannot be read.
        """
        client = self._client(None, None)
        if reference.startswith(FILE_ID):
            file_id = reference.removeprefix(FILE_ID)
            found = await _call(client.api_call("files.info", params={"file": file_id}))
            info = found.get("file")
            info = info if isinstance(info, dict) else {}
            reference = str(info.get("url_private_download") or info.get("url_private") or "")
        api = origin(client.base_url)

        def is_own(found: Origin) -> bool:
            scheme, host, _port = found
            return found == api or (scheme == "https" and host.endswith((".slack.com",)))

        headers = {"Authorization": f"Bearer {client.token}"}
        file = await download(reference, headers, is_own=is_own, proxy=client.proxy)
        if file.media_type == "text/html" and b"<html" in file.data[:2048].lower():
            # Without the scope Slack answers with its page for signing in.
            raise NotDelivered("the bot's token may not read files", may_repeat=False)
        return file

    def _client(self, place: str | None, thread: Any) -> AsyncWebClient:
        client: AsyncWebClient = self.channel.get_output_channel(place, thread).client
        return client


def _is_by(message: UserMessage, user: str) -> bool:
    """Tell whether a message is by a user of Slack's; Rasa's id of them begins with Slack's."""
    return bool(user) and message.sender_id.partition("_")[0] == user


async def _call(call: Awaitable[Any]) -> Mapping[str, Any]:
    try:
        answer = await call
    except SlackApiError as error:
        raise _refusal(error.response) from None  # its text quotes the answer
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
        raise no_connection() from None
    except (AttributeError, TypeError, ValueError):  # the client expects an object
        raise _unreadable() from None
    data = answer.data
    return data if isinstance(data, dict) else {}


def _refusal(response: Any) -> NotDelivered:
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    data = getattr(response, "data", None)
    said = data.get("error") if isinstance(data, dict) else None
    code = said if isinstance(said, str) and _ERROR_CODE.fullmatch(said) else ""
    headers = getattr(response, "headers", None) or {}
    if status == 200 and code:
        status = 429 if code in {"rate_limited", "ratelimited"} else 400
    elif status in {0, 200}:
        return _unreadable()
    return http_refusal(
        status,
        code,
        retry_after=headers.get("Retry-After"),
        may_repeat=True if code in _MAY_REPEAT else None,
        is_of_form=False if code in _OF_ACCESS else None,
    )


def _unreadable() -> NotDelivered:
    return NotDelivered("the channel gave no answer that can be read", may_repeat=True)
