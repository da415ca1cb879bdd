"""How a call to the Conversations API is made: proven, timed, repeated, and read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from zendesk_handoff import metrics
from zendesk_handoff.errors import ConnectionFailed, ConversationsError, InvalidResponse, refusal
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.auth import Authorization
from zendesk_handoff.zendesk.models import Page
from zendesk_handoff.zendesk.retry import RetryPolicy

#: Characters from which on what two texts share is taken for a quotation.
_PART = 8
#: Bytes a second that the way to Zendesk gives at the least, a tenth of a small office's: a file
#: whose time was up sooner would be sent again from its beginning, for ever.
_SLOWEST_UPLOAD = 100_000
_REPEATS = "(Zendesk's words are left out: they may repeat what was sent)"

T = TypeVar("T")
Recover = Callable[[], Awaitable[dict[str, Any] | None]]


class Transport:
    """One connector's calls.

    Args:
        connector: The account and its key.
        session: A session to borrow; without one it opens its own and closes it.
        timeout: Seconds one attempt may take.
        retry: The policy for repeats.
        sleep: What waits between attempts.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        session: aiohttp.ClientSession | None,
        timeout: float,
        retry: RetryPolicy,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Remember the connector; nothing is opened before the first call."""
        self.authorization = Authorization(connector)
        self._connector = connector
        self._borrowed = session
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=min(timeout, 5.0))
        self._retry = retry
        self._sleep = sleep
        self._root = f"{connector.base_url}/v2/apps/{quote(connector.app_id, safe='')}"

    async def close(self) -> None:
        """Close the session that was opened here; a borrowed one stays open."""
        if self._session is not None and self._borrowed is None:
            await self._session.close()
        self._session = self._borrowed

    async def pages(
        self, path: str, params: Mapping[str, str], direction: str, *ids: str
    ) -> AsyncIterator[dict[str, Any]]:
        """Follow a listing's cursors with bracketed parameters (SPEC, Pagination)."""
        cursor: str | None = None
        while True:
            query = {**params, **({f"page[{direction}]": cursor} if cursor else {})}
            answer = await self.call("GET", path, *ids, params=query)
            yield answer
            page = read(f"GET {path}", answer.get("meta") or {}, as_type=Page)
            following = page.before_cursor if direction == "before" else page.after_cursor
            if not page.has_more or not following or following == cursor:
                return
            cursor = following

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
        """Make a call, and repeat it as the policy allows.

        Args:
            method: The HTTP method.
            path: Below the app, with ``{}`` for each id: errors show it without the ids, which
                may be a person's address.
            *ids: What goes into the path, quoted here.
            json: The body.
            params: The query.
            form: Makes a multipart body.
            recover: Looks for what the call would do; asked before a repeat, so that nothing
                happens twice.
            outcome_unknown: Whether the very first attempt is such a repeat.
        """
        call = f"{method} {path.replace('{}', '{id}')}"
        url = self._root + path.format(*(quote(each, safe="") for each in ids))
        said = [ids, json] if form is None else None
        async for attempt in self._retry.attempts(sleep=self._sleep):
            with attempt:
                if outcome_unknown and recover is not None:
                    found = await recover()
                    if found is not None:
                        return found
                try:
                    with metrics.api_call(self._connector.id, call):
                        return await self._attempt(call, method, url, json, params, form, said)
                except ConversationsError:
                    # Zendesk may have done it all the same; and while we wait, another process
                    # may take over and do it.
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
        said: Sequence[Any] | None,
    ) -> dict[str, Any]:
        body = form()() if form else None  # the form's payload, which knows its size
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
                headers={"Authorization": self.authorization.header()},
                timeout=timeout,
                allow_redirects=False,  # a redirect would drop the body of a POST
            ) as answer:
                return _read_answer(call, answer, await answer.read(), said)
        except asyncio.TimeoutError as error:
            raise ConnectionFailed(call, type(error).__name__, late=True) from None
        except aiohttp.ClientError as error:
            raise ConnectionFailed(call, type(error).__name__) from None

    def open_session(self) -> aiohttp.ClientSession:
        """Give the HTTP session, opened with the first call."""
        if self._session is None:
            self._session = open_http()
        return self._session


def open_http(*, limit: int = 100) -> aiohttp.ClientSession:
    """Open an HTTP session for the API, which knows us by the key in each call.

    Cookies are left alone: connectors share a session and must share nothing else. The caller
    closes the session.

    Args:
        limit: How many connections there may be at once; whoever needs another one waits.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=limit), cookie_jar=aiohttp.DummyCookieJar()
    )


def read(call: str, answer: Any, *path: str | int, as_type: type[T]) -> T:
    """Take what was asked for out of an answer.

    Args:
        call: Method and path, for the error.
        answer: As ``call`` gives it.
        *path: Keys and places on the way.
        as_type: What it must be.

    Raises:
        InvalidResponse: It is not there, or of another shape.
    """
    try:
        for step in path:
            answer = answer[step]
        return msgspec.convert(answer, as_type)
    except (KeyError, IndexError, TypeError, msgspec.ValidationError):
        raise InvalidResponse(call, "the answer is not of the API's shape") from None


def _read_answer(
    call: str, answer: aiohttp.ClientResponse, body: bytes, said: Sequence[Any] | None
) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(body) if body else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        content = None
    if 200 <= answer.status < 300 and isinstance(content, dict):
        return content
    if answer.status < 400:
        hint = "the answer is not the API's; is base_url right?"
        raise refusal(call, 502 if answer.status < 300 else 400, title=hint)
    errors = content.get("errors") if isinstance(content, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else {}
    first = first if isinstance(first, dict) else {}
    title = str(first.get("title") or "")[:200]
    raise refusal(
        call,
        answer.status,
        code=str(first.get("code") or "")[:80],
        title=_REPEATS if _may_quote(title, said) else title,
        retry_after=_seconds(answer.headers.get("Retry-After")),
    )


def _texts(json: Any) -> list[str]:
    """Collect the texts in what was sent, whoever wrote them; the name of a type is not one."""
    if isinstance(json, str):
        return [json]
    if isinstance(json, Mapping):
        return [text for key in json if key != "type" for text in _texts(json[key])]
    if isinstance(json, Sequence):
        return [text for each in json for text in _texts(each)]
    return []


def _may_quote(title: str, said: Sequence[Any] | None) -> bool:
    """Tell whether Zendesk's words may repeat, in whole or in part, what was sent.

    Errors are logged and kept, and what users wrote may be in neither. Of a file and its name,
    ``None``, it cannot be told.
    """
    if said is None:
        return bool(title)
    parts = {title[start : start + _PART] for start in range(len(title) - _PART + 1)}
    texts = filter(None, _texts(said))
    return any(text in title or any(part in text for part in parts) for text in texts)


def _seconds(header: str | None) -> float | None:
    try:
        return max(0.0, float(header)) if header is not None else None
    except ValueError:
        return None  # a date; the backoff serves as well
