"""HTTP transport of the Support API: authentication, time-outs, retries, errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp

from zendesk_handoff import metrics
from zendesk_handoff.domain.untrusted_text import harmless
from zendesk_handoff.errors import ApiError, ConnectionFailed
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.api_responses import api_error_for_status
from zendesk_handoff.zendesk.hints import failure_of
from zendesk_handoff.zendesk.retry import RetryPolicy
from zendesk_handoff.zendesk.tolerant_json import decode

_TOKEN_HINT = (
    "Zendesk does not accept `support_token`: an API token needs `support_email`, the address of "
    "an agent, and token access must be on in Admin Center > Apps and integrations > APIs."
)


class SupportTransport:
    """The calls of one connector that has a token.

    Args:
        connector: The account and its token.
        session: An HTTP session to borrow.
        timeout: Seconds that one attempt may take.
        retry: The policy for retries.
        quotes_sent: Whether errors may repeat what was sent, which no user wrote.
        forbidden: What to do about a 403, in a sentence.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        session: aiohttp.ClientSession,
        timeout: float,
        retry: RetryPolicy,
        quotes_sent: bool = False,
        forbidden: str = _TOKEN_HINT,
    ) -> None:
        """Prepare the transport; no call is made."""
        self._connector = connector
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._retry = retry
        self._quotes_sent = quotes_sent
        self._hints = {401: _TOKEN_HINT, 403: forbidden}

    async def call(
        self,
        method: str,
        path: str,
        *ids: str,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        retry: RetryPolicy | None = None,
    ) -> dict[str, Any]:
        """Make a call.

        Args:
            method: The HTTP method.
            path: The path, with ``{}`` for each id.
            *ids: The ids.
            params: The query.
            json: The body.
            retry: Another policy for this call.

        Raises:
            ConversationsError: It has failed.
        """
        call = f"{method} /api/v2{path.replace('{}', '{id}')}"
        url = self._connector.support_url + path.format(*(quote(each, safe="") for each in ids))
        async for attempt in (retry or self._retry).attempts():
            with attempt, metrics.api_call(self._connector.id, call):
                try:
                    async with self._session.request(
                        method,
                        url,
                        params=params,
                        json=None if json is None else harmless(json),
                        headers={"Authorization": self._authorization()},
                        timeout=self._timeout,
                        allow_redirects=False,
                    ) as response:
                        return self._read(call, response, await response.read())
                except asyncio.TimeoutError:
                    raise ConnectionFailed(
                        call, "TimeoutError", timed_out=True, failure="timeout"
                    ) from None
                except aiohttp.ClientError as error:
                    name = type(error).__name__
                    raise ConnectionFailed(call, name, failure=failure_of(error)) from None
        raise AssertionError("the policy re-raises")  # pragma: no cover

    async def pages(
        self, path: str, *ids: str, most: int | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield the pages of a list, by cursor (developer.zendesk.com: "Pagination").

        Args:
            path: The path, with ``{}`` for each id.
            *ids: The ids.
            most: How many pages to read at most.
        """
        query = {"page[size]": "100"}
        read = 0
        while most is None or read < most:
            response = await self.call("GET", path, *ids, params=query)
            yield response
            read += 1
            meta = response.get("meta")
            page = meta if isinstance(meta, Mapping) else {}
            cursor = page.get("after_cursor")
            if not isinstance(cursor, str) or not page.get("has_more"):
                return
            query = {"page[size]": "100", "page[after]": cursor}

    def _authorization(self) -> str:
        """Write the header ("Security and authentication": API token, OAuth access token)."""
        token, email = str(self._connector.support_token), self._connector.support_email
        if email is None:
            return f"Bearer {token}"
        return aiohttp.BasicAuth(f"{email}/token", token, "utf-8").encode()

    def _read(self, call: str, response: aiohttp.ClientResponse, body: bytes) -> dict[str, Any]:
        """Decode a response; of an error the code alone, if its text may repeat what was sent."""
        try:
            content = decode(body) if body else {}
        except (ValueError, RecursionError):
            content = None
        if 200 <= response.status < 300 and isinstance(content, dict):
            return content
        status = response.status if response.status >= 400 else 502
        code, title = _refusal(content) if isinstance(content, dict) else ("", "")
        # Without a code, a 404 counts as a proxy's, which may be another the next time.
        code = code or ("not_found" if status == 404 and isinstance(content, dict) else "")
        refusal: ApiError = api_error_for_status(
            call, status, code=code[:80], title=title[:200] if self._quotes_sent else ""
        )
        refusal.hint = self._hints.get(status, "")
        raise refusal


def _refusal(content: Mapping[str, Any]) -> tuple[str, str]:
    """Read code and text of an error.

    Most have ``error``, ``description`` and ``details`` ("Requests and responses", error format);
    those of the webhooks have a list, ``errors``, as the Conversations API has.
    """
    errors = content.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    if isinstance(first, Mapping):
        code, title = first.get("code"), first.get("title")
    else:
        code, title = content.get("error"), _details(content) or content.get("description")
    word = code if isinstance(code, str) and code.isalnum() else ""
    return word, title if isinstance(title, str) else ""


def _details(content: Mapping[str, Any]) -> str:
    details = content.get("details")
    parts = [
        str(each.get("description"))
        for found in (details.values() if isinstance(details, Mapping) else ())
        for each in (found if isinstance(found, list) else ())
        if isinstance(each, Mapping)
    ]
    return "; ".join(parts)
