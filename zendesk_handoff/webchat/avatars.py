"""The route of agents' own pictures, which are read once and kept for a while."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.domain.media import download_headers
from zendesk_handoff.webchat.error_responses import (
    SAFE_HEADERS,
    RequestError,
    with_error_responses,
)
from zendesk_handoff.webchat.file_types import FILE_TYPES
from zendesk_handoff.zendesk.avatars import signed_address

#: Bytes of all pictures that are kept: several hundred agents'.
_MAX_BYTES = 8 * 1024 * 1024
#: Seconds for which a picture is kept, and for which one that cannot be read is not asked for.
_KEPT, _FAILED = 3600.0, 60.0
#: Seconds for which a browser keeps a picture: its address is another one once it changes.
_IN_BROWSERS = 24 * 3600
_IMAGES = [FILE_TYPES[each] for each in ("png", "jpg", "gif", "webp")]

Load = Callable[[], Awaitable[bytes | None]]


class Picture(NamedTuple):
    """A picture.

    Args:
        media_type: By its content, whatever its host says.
        data: The file.
    """

    media_type: str
    data: bytes


class AvatarCache:
    """Pictures in memory, each read by one request at a time.

    Args:
        clock: Tells the time in seconds.
        max_bytes: The size of all pictures together; the one that was used first goes first.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, max_bytes: int = _MAX_BYTES
    ) -> None:
        """Begin without pictures."""
        self._clock = clock
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, tuple[float, Picture | None]] = OrderedDict()
        self._loading: dict[str, asyncio.Task[Picture | None]] = {}

    async def get(self, address: str, load: Load) -> Picture | None:
        """Return a picture, from memory where it is there.

        Args:
            address: Its address.
            load: Reads it; ``None`` where it cannot be read.
        """
        expires_at, picture = self._kept.get(address, (0.0, None))
        if expires_at > self._clock():
            self._kept.move_to_end(address)
            return picture
        task = self._loading.get(address)
        if task is None:
            task = asyncio.create_task(self._load(address, load), name="avatar")
            self._loading[address] = task
            task.add_done_callback(lambda _: self._loading.pop(address, None))
        # A browser that goes away takes the picture from nobody else.
        return await asyncio.shield(task)

    async def _load(self, address: str, load: Load) -> Picture | None:
        picture = picture_of(await load())
        lifetime = _KEPT if picture else _FAILED
        self._kept.pop(address, None)
        self._kept[address] = (self._clock() + lifetime, picture)
        while sum(map(_size, self._kept.items())) > self._max_bytes:
            self._kept.popitem(last=False)
        return picture


def _size(entry: tuple[str, tuple[float, Picture | None]]) -> int:
    address, (_, picture) = entry
    return len(address) + (len(picture.data) if picture else 0)


def picture_of(data: bytes | None) -> Picture | None:
    """Recognize a picture that browsers show; ``None`` for anything else.

    Args:
        data: A file, from anywhere.
    """
    for each in _IMAGES if data else ():
        if data and each.matches(data):
            return Picture(each.media_type, data)
    return None


def add_avatar_route(blueprint: Blueprint, cache: AvatarCache | None = None) -> None:
    """Add the route.

    Args:
        blueprint: The channel's blueprint; its app's context has the runtime.
        cache: Keeps the pictures.
    """
    kept = cache or AvatarCache()

    async def avatar(
        request: Request, connector_id: str, signature: str, address: str
    ) -> HTTPResponse:
        runtime: Any = getattr(request.app.ctx, "zendesk_handoff", None)
        connector = runtime and runtime.settings.connectors.get(connector_id)
        found = connector and signed_address(connector, signature, address)
        picture = found and await kept.get(
            found, lambda: runtime.clients.avatars.read(found, connector)
        )
        if not picture:
            raise RequestError(404, "There is no such picture.", code="not_found")
        headers = {
            **SAFE_HEADERS,
            **download_headers("avatar", picture.media_type),
            "Cache-Control": f"private, max-age={_IN_BROWSERS}",
        }
        return response.raw(picture.data, content_type=picture.media_type, headers=headers)

    path = "/avatars/<connector_id:str>/<signature:str>/<address:str>"
    # Not `add_route`, by which Sanic reads the body of a GET request, too.
    blueprint.get(path, name="avatar")(with_error_responses(avatar))
