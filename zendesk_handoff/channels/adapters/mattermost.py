"""The adapter of Mattermost: a channel, over the REST API, version 4.

Facts: Mattermost's page "API reference", `CreatePost`, `GetPost` and `GetFile`
(https://developers.mattermost.com/api-documentation), and its page "Outgoing webhooks".
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlsplit

import requests
from rasa.core.channels.channel import UserMessage
from sanic.request import Request

from zendesk_handoff.channels.adapters.downloads import Origin, download, origin
from zendesk_handoff.channels.adapters.json_body import json_body
from zendesk_handoff.channels.adapters.refusals import http_refusal, no_connection
from zendesk_handoff.channels.adapters.threads import in_thread
from zendesk_handoff.domain.limits import Limits, MediaLimit
from zendesk_handoff.domain.markup import break_mentions, escape_markdown
from zendesk_handoff.domain.user_content import UserContent, UserFile
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, FetchedFile, Receipt
from zendesk_handoff.rasa.response_tracking import request_of

_TIMEOUT = (5.0, 15.0)  # seconds: to connect, and for the answer
_ERROR_ID = re.compile(r"[a-z0-9_.]{1,100}")
#: Mattermost's ids: of posts, files, channels.
_ID = re.compile(r"[a-z0-9]{26}")


class MattermostAdapter(ChannelAdapter):
    """Posts into the channel where the user's last message was, and reads the answer."""

    # A post holds 16,383 characters since version 5.0 of 2018; an older server's column holds
    # 4,000, and it answers a longer one with 400. No server in support is that old.
    limits: ClassVar[Limits] = Limits(
        text=16_383, image=MediaLimit(), file=MediaLimit(), buttons=20
    )

    def limitations(self) -> list[str]:
        """Say what Mattermost's webhooks do not report, and what is not checked."""
        found = ["Mattermost's webhooks report no corrections and no deletions."]
        if not self._tokens:
            found.append(
                "Nothing proves that a message is Mattermost's, so agents' words stay in the "
                "channel where the handover began. Write `webhook_token` into the block, and "
                "`zendesk_handoff.channels.MattermostInput` in place of `mattermost`."
            )
        return found

    def address(self, message: UserMessage) -> Address | None:
        """Return the channel, where the bot itself answers; it answers in no thread."""
        channel = getattr(message.output_channel, "bot_channel", None)
        return {"channel": channel} if isinstance(channel, str) and channel else None

    def is_authentic(self, message: UserMessage) -> bool:
        """Tell whether a message came with the outgoing webhook's token, and of its user.

        Rasa's channel takes anybody's request, and Mattermost sends no token with a pressed button.
        """
        sent = json_body(request_of(message))
        return sent.get("user_id") == message.sender_id and has_token(sent, self._tokens)

    def default_address(self, recipient_id: str) -> Address | None:
        """Return ``None``: only a message tells the channel."""
        return None

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Create a post.

        Raises:
            NotDelivered: Mattermost has refused it, or could not be reached.
        """
        post = self._post_of(message)
        post.setdefault("channel_id", str(address["channel"]))
        created = await in_thread("mattermost", self._create, post)
        if not created.get("id"):
            raise NotDelivered("the channel gave no answer that can be read", may_repeat=True)
        return Receipt()

    def literal(self, text: str) -> str:
        """Write a text so that Mattermost shows no markup in it and notifies nobody."""
        return escape_markdown(break_mentions(text))

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read what a user has sent out of the webhook's request."""
        plain = super().receive(message, request)
        sent = json_body(request)
        if sent.get("user_id") != message.sender_id:
            return plain
        context = sent.get("context")
        if isinstance(context, dict):  # a pressed button; its post is the bot's
            title, pressed = context.get("title"), sent.get("trigger_id")
            return UserContent(
                text=plain.text,
                title=title if isinstance(title, str) and title else None,
                key=f"mattermost:{pressed}" if isinstance(pressed, str) and pressed else None,
            )
        files, post_id = sent.get("file_ids"), sent.get("post_id")
        ids = files.split(",") if isinstance(files, str) else files
        return UserContent(
            text=_words(sent),
            files=tuple(
                UserFile(reference=each)
                for each in (ids if isinstance(ids, list) else ())
                if isinstance(each, str) and _ID.fullmatch(each)
            ),
            key=f"mattermost:{post_id}" if isinstance(post_id, str) and post_id else None,
        )

    async def fetch(self, reference: str) -> FetchedFile:
        """Read a user's file with the bot's token.

        Raises:
            NotDelivered: It cannot be read.
        """
        own = origin(self.channel.url)

        def is_own(found: Origin) -> bool:
            return found == own

        url = f"{self.channel.url}/files/{quote(reference, safe='')}"
        return await download(url, self._headers(), is_own=is_own)

    def _post_of(self, message: Mapping[str, Any]) -> dict[str, Any]:
        text = str(message.get("text") or "")
        image, attachment, custom = (
            message.get(each) for each in ("image", "attachment", "custom")
        )
        if message.get("buttons"):
            actions = [self._action(each, number) for number, each in enumerate(message["buttons"])]
            return {"message": text, "props": {"attachments": [{"actions": actions}]}}
        if text:
            return {"message": text}
        if isinstance(image, str):
            name = _file_name(image)
            shown = {"fallback": name or "image", "image_url": image}
            if name:
                shown["text"] = escape_markdown(name)
            return {"message": "", "props": {"attachments": [shown]}}
        if isinstance(attachment, str):
            name = escape_markdown(_file_name(attachment)) or "file"
            return {"message": f"[{name}]({_link(attachment)})"}
        if isinstance(custom, Mapping):
            return {"message": "", **custom}
        raise NotDelivered("the channel does not take messages of this kind", may_repeat=False)

    def _action(self, button: Mapping[str, Any], number: int) -> dict[str, Any]:
        title = str(button.get("title") or number + 1)
        return {
            "id": f"choice{number}",
            "name": title,
            "integration": {
                "url": self.channel.webhook_url,
                # What Mattermost gives back when the button is pressed.
                "context": {"action": str(button.get("payload") or title), "title": title},
            },
        }

    def _create(self, post: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            response = requests.post(
                f"{self.channel.url}/posts",
                headers=self._headers(),
                data=json.dumps(post),
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except (requests.RequestException, OSError):
            raise no_connection() from None  # its text holds the address
        try:
            answer = response.json()
        except ValueError:
            answer = {}
        answer = answer if isinstance(answer, dict) else {}
        if response.status_code not in {200, 201}:
            said = answer.get("id")
            code = said if isinstance(said, str) and _ERROR_ID.fullmatch(said) else ""
            after = response.headers.get("Retry-After") or response.headers.get("X-RateLimit-Reset")
            raise http_refusal(response.status_code, code, retry_after=after)
        return answer

    @property
    def _tokens(self) -> tuple[str, ...]:
        return tuple(getattr(self.channel, "webhook_tokens", ()))

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.channel.token}"}


def has_token(sent: Mapping[str, Any], tokens: Sequence[str]) -> bool:
    """Tell whether a request has the token of an outgoing webhook.

    Args:
        sent: The body, of anybody.
        tokens: Of the settings.
    """
    given = sent.get("token")
    if not isinstance(given, str):
        return False
    return any([hmac.compare_digest(given.encode(), each.encode()) for each in tokens])


def _words(sent: Mapping[str, Any]) -> str:
    """Return a post's text without the word that has triggered the webhook.

    Rasa's channel takes the first word for it, also where the webhook has none.
    """
    text, trigger = sent.get("text"), sent.get("trigger_word")
    if not isinstance(text, str):
        return ""
    first, _space, rest = text.partition(" ")
    is_trigger = isinstance(trigger, str) and trigger and first.startswith(trigger)
    return (rest if is_trigger else text).strip()


def _link(url: str) -> str:
    """Write an address for a link, which a bracket or a space would end."""
    return url.translate({ord(each): quote(each) for each in "()<> "})


def _file_name(url: str) -> str:
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return ""
