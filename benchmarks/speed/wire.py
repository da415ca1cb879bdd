"""A light HTTP client for load, so that the servers are measured and not the client.

A full client costs as much for each call as the server. This one writes requests that were made in
advance and counts the answers.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass
class Load:
    """The result of a round.

    Args:
        seconds: From the first request to the last answer.
        times: Seconds each request took.
    """

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.times) / self.seconds


def post_request(path: str, body: Any, **headers: str) -> bytes:
    """Make a POST request with a JSON body.

    Args:
        path: With the leading slash.
        body: The value that is sent as JSON.
        **headers: More headers; ``_`` stands for ``-``.
    """
    content = json.dumps(body).encode()
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n{more}\r\n"
    )
    return head.encode() + content


async def send(port: int, requests: Iterable[bytes], *, at_once: int) -> Load:
    """Send requests over a number of connections, each waiting for its answer.

    Args:
        port: Of a server on this machine.
        requests: Made by ``post_request``.
        at_once: How many connections.

    Raises:
        RuntimeError: An answer was not a success, or a connection was lost.
    """
    loop = asyncio.get_running_loop()
    load, queue = Load(), iter(requests)
    ends = [loop.create_future() for _ in range(at_once)]
    began = time.perf_counter()
    for end in ends:
        await loop.create_connection(lambda end=end: _Sender(queue, load, end), "127.0.0.1", port)
    await asyncio.gather(*ends)
    load.seconds = time.perf_counter() - began
    return load


class _Sender(asyncio.Protocol):
    def __init__(self, queue: Iterator[bytes], load: Load, end: asyncio.Future[None]) -> None:
        self._queue = queue
        self._load = load
        self._end = end
        self._answer = b""
        self._began = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send_next()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._load.times.append(time.perf_counter() - self._began)
        if head.split(b" ", 2)[1][:1] != b"2":
            self._fail(self._answer[:300].decode(errors="replace"))
            return
        self._answer = b""
        self._send_next()

    def connection_lost(self, error: Exception | None) -> None:
        self._fail("The connection was lost.")

    def _send_next(self) -> None:
        request = next(self._queue, None)
        if request is not None:
            self._began = time.perf_counter()
            self._transport.write(request)
        elif not self._end.done():
            self._end.set_result(None)
            self._transport.close()

    def _fail(self, words: str) -> None:
        if not self._end.done():
            self._end.set_exception(RuntimeError(words))
            self._transport.close()
