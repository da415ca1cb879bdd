"""HTTP transport of the Conversations API: authentication, time-outs, retries, pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp

from zendesk_handoff import metrics
from zendesk_handoff.domain.untrusted_text import harmless
from zendesk_handoff.errors import ConnectionFailed, ConversationsError
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.api_responses import read_body, read_value
from zendesk_handoff.zendesk.auth import Authorization
from zendesk_handoff.zendesk.hints import failure_of, hint_for
from zendesk_handoff.zendesk.models import Page
from zendesk_handoff.zendesk.retry import RetryPolicy

#: Bytes per second, the slowest upload that is allowed for, a tenth of a small office's line: with
#: a shorter time-out a large file would be sent again from its beginning, for ever.
_SLOWEST_UPLOAD = 100_000

#: Ids and data that are given back as they were received: a change would make them another's.
_VERBATIM = frozenset({"externalId", "payload"})

Recover = Callable[[], Awaitable[dict[str, Any] | None]]


class Transport:
    """The calls of one connector.

    Args:
        connector: The account and its key.
        session: A session to borrow; without one the transport opens its own and closes it.
        timeout: Seconds that one attempt may take.
        retry: The policy for retries.
        sleep: Waits between attempts.
        quotes_sent: Whether errors may repeat what was sent, which no user wrote.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        session: aiohttp.ClientSession | None,
        timeout: float,
        retry: RetryPolicy,
        sleep: Callable[[float], Awaitable[None]],
        quotes_sent: bool = False,
    ) -> None:
        """Prepare the transport; no connection is opened before the first call."""
        self._authorization = Authorization(connector)
        self._connector = connector
        self._borrowed = session
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(timeout, 5.0))
        self._retry = retry
        self._sleep = sleep
        self._quotes_sent = quotes_sent
        self._root = f"{connector.base_url}/v2/apps/{quote(connector.app_id, safe='')}"

    async def close(self) -> None:
        """Close the transport's own session; a borrowed one stays open."""
        if self._session is not None and self._borrowed is None:
            await self._session.close()
        self._session = self._borrowed

    async def pages(
        self, path: str, params: Mapping[str, str], direction: str, *ids: str
    ) -> AsyncIterator[dict[str, Any]]:
        """Follow a listing's cursors (Conversations API: Pagination)."""
        cursor: str | None = None
        while True:
            query = {**params, **({f"page[{direction}]": cursor} if cursor else {})}
            response = await self.call("GET", path, *ids, params=query)
            yield response
            page = read_value(f"GET {path}", response.get("meta") or {}, as_type=Page)
            next_cursor = page.before_cursor if direction == "before" else page.after_cursor
            if not page.has_more or not next_cursor or next_cursor == cursor:
                return
            cursor = next_cursor

    async def call(
        self,
        method: str,
        path: str,
        *ids: str,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        form: Callable[[], aiohttp.FormData] | None = None,
        recover: Recover | None = None,
        outcome_unknown: bool = False,
    ) -> dict[str, Any]:
        """Make a call, and retry it as the policy allows.

        Args:
            method: The HTTP method.
            path: Below the app, with ``{}`` for each id: errors show it without the ids, which
                may be a person's e-mail address.
            *ids: The ids for the path, quoted here.
            json: The body. Zendesk's shorthand and direction controls are taken out of its texts:
                nearly everything in them is, or quotes, what users wrote.
            params: The query.
            form: Builds a multipart body.
            recover: Looks for the effect of an earlier attempt; called before a retry, so that a
                call does not take effect twice.
            outcome_unknown: Whether an attempt was made before this call.
        """
        call = f"{method} {path.replace('{}', '{id}') or '/'}"
        url = self._root + path.format(*(quote(each, safe="") for each in ids))
        json = None if json is None else harmless(json, verbatim=_VERBATIM)
        sent = None if form else [] if self._quotes_sent else [ids, json]
        async for attempt in self._retry.attempts(sleep=self._sleep):
            with attempt:
                if outcome_unknown and recover is not None:
                    found = await recover()
                    if found is not None:
                        return found
                try:
                    with metrics.api_call(self._connector.id, call):
                        return await self._attempt(call, method, url, json, params, form, sent)
                except ConversationsError as error:
                    error.hint = hint_for(error, self._connector)
                    # The call may have taken effect; and during the pause another process may take
                    # over the session and make it.
                    outcome_unknown = True
                    raise
        raise AssertionError("the policy re-raises")  # pragma: no cover

    async def _attempt(
        self,
        call: str,
        method: str,
        url: str,
        json: Mapping[str, Any] | None,
        params: Mapping[str, str] | None,
        form: Callable[[], aiohttp.FormData] | None,
        sent: Sequence[Any] | None,
    ) -> dict[str, Any]:
        body = form()() if form else None  # the form's payload, which has a size
        timeout = self._timeout
        if body is not None and timeout.total is not None:
            total = timeout.total + (body.size or 0) / _SLOWEST_UPLOAD
            timeout = aiohttp.ClientTimeout(total=total, connect=timeout.connect)
        try:
            async with self.open_session().request(
                method,
                url,
                json=json,
                params=params,
                data=body,
                headers={"Authorization": self._authorization.header()},
                timeout=timeout,
                allow_redirects=False,  # a redirect would drop the body of a POST
            ) as response:
                return read_body(call, response, await response.read(), sent)
        except asyncio.TimeoutError as error:
            raise ConnectionFailed(
                call, type(error).__name__, timed_out=True, failure="timeout"
            ) from None
        except aiohttp.ClientError as error:
            raise ConnectionFailed(call, type(error).__name__, failure=failure_of(error)) from None

    def open_session(self) -> aiohttp.ClientSession:
        """Return the HTTP session, opened with the first call."""
        if self._session is None:
            self._session = open_http()
        return self._session


def open_http(*, limit: int = 100) -> aiohttp.ClientSession:
    """Open an HTTP session for the API.

    It keeps no cookies: connectors share a session and must share nothing else. The caller closes
    it.

    Args:
        limit: The maximum number of connections; further requests wait for a free one.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=limit), cookie_jar=aiohttp.DummyCookieJar()
    )
