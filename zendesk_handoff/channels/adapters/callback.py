"""The adapter of Rasa's ``callback`` channel: posts to the address in the channel's settings."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, ClassVar

import aiohttp

from zendesk_handoff.channels.adapters.refusals import http_refusal, no_connection
from zendesk_handoff.domain.limits import Limits, MediaLimit
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, Receipt

#: Seconds for the body of an answer, which nobody reads. A receiver may keep it open.
_BODY_TIMEOUT = 5.0
#: How Rasa's output channels name the fields of a response when they post it.
_FIELDS = ("text", "buttons", "image", "attachment", "custom")


class _Taken(Exception):
    """The receiver has taken the message."""


class CallbackAdapter(ChannelAdapter):
    """Posts to the receiver, as Rasa's ``CallbackOutput`` does, and reads its answer's status."""

    is_called_by_users = True
    limits: ClassVar[Limits] = Limits(
        text=1_000_000, image=MediaLimit(), file=MediaLimit(), buttons=100
    )

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Post a message. It is taken when the answer's status begins with 2, whatever its body.

        Raises:
            NotDelivered: The receiver answers with another status, or not at all.
        """
        body = {name: message[name] for name in _FIELDS if message.get(name)}

        async def judge(response: aiohttp.ClientResponse) -> None:
            if not 200 <= response.status < 300:
                response.close()
                after = response.headers.get("Retry-After")
                raise http_refusal(response.status, retry_after=after)
            with suppress(aiohttp.ClientError, asyncio.TimeoutError, OSError):
                await asyncio.wait_for(_discard_body(response), _BODY_TIMEOUT)
            response.close()
            raise _Taken  # whatever the body is, and whether it ends

        try:
            await self.channel.callback_endpoint.request(
                "post",
                content_type="application/json",
                json={"recipient_id": recipient_id, **body},
                allow_redirects=False,
                raise_for_status=judge,  # before Rasa reads the answer
            )
        except _Taken:
            pass
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError):
            raise no_connection() from None
        return Receipt()


async def _discard_body(response: aiohttp.ClientResponse) -> None:
    async for _ in response.content.iter_any():
        pass
