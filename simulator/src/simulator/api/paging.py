"""Cursor pagination by record id.

Parameters come in brackets, as documented, or as JSON, as the official client sends them.
"""

from __future__ import annotations

import bisect
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from ..errors import bad_request
from ..ids import is_id
from ..records import Json
from .call import Call


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_HasId)


@dataclass(frozen=True)
class Page:
    """A requested part of a list."""

    after: str | None = None
    before: str | None = None
    size: int = 25


def deep_object(call: Call, name: str) -> dict[str, str]:
    """Read `name[key]=value` parameters, or `name={"key": …}` (Zendesk's client 17.0.1)."""
    query = call.request.query
    found: dict[str, str] = {}
    if name in query:
        try:
            value = json.loads(query[name])
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise bad_request("Invalid query parameters")
        found = {key: str(one) for key, one in value.items() if one is not None}
    for key, one in query.items():
        if key.startswith(f"{name}[") and key.endswith("]"):
            found[key[len(name) + 1 : -1]] = one
    return found


def read_page(call: Call) -> Page:
    """Read the page parameters of a request.

    Raises:
        ApiError: 400 with the wording of `ListConversations`.
    """
    given = deep_object(call, "page")
    size = given.pop("size", "25")
    bad = (
        set(given) - {"after", "before"}
        or len(given) > 1
        or not all(is_id(one) for one in given.values())
        or not size.isdecimal()
        or not 1 <= int(size) <= 100
    )
    if bad:
        raise bad_request("Invalid page query parameters")
    return Page(given.get("after"), given.get("before"), int(size))


def cut(call: Call, records: Sequence[T], *, newest_first: bool = False) -> tuple[list[T], Json]:
    """Return one page of records that are in the order of their ids.

    Args:
        call: The request, for its page and the links.
        records: All records, oldest first.
        newest_first: Without a cursor the last page is meant, and a page is always 100
            (Conversations API: `ListMessages`).

    Returns:
        The records of the page, oldest first, and `meta` (with `links` where there are any).
    """
    page = read_page(call)
    size = 100 if newest_first else page.size
    backwards = page.before is not None or (newest_first and page.after is None)
    ids = [record.id for record in records]
    if backwards:
        stop = len(ids) if page.before is None else bisect.bisect_left(ids, page.before)
        start = max(0, stop - size)
    else:
        start = 0 if page.after is None else bisect.bisect_right(ids, page.after)
        stop = min(len(ids), start + size)
    chosen = list(records[start:stop])
    meta: Json = {"hasMore": start > 0 if backwards else stop < len(ids)}
    links: Json = {}
    if chosen and start > 0:
        meta["beforeCursor"] = chosen[0].id
        links["prev"] = _link(call, "before", chosen[0].id)
    if chosen and stop < len(ids):
        meta["afterCursor"] = chosen[-1].id
        links["next"] = _link(call, "after", chosen[-1].id)
    return chosen, {"meta": meta, "links": links} if links else {"meta": meta}


def _link(call: Call, direction: str, cursor: str) -> str:
    kept = [
        (name, value)
        for name, value in call.request.query.items()
        if name not in ("page", "page[before]", "page[after]")
    ]
    query = urlencode([*kept, (f"page[{direction}]", cursor)])
    return f"{call.request.scheme}://{call.request.host}{call.request.path}?{query}"
