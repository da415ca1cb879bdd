"""A minimal Conversations API for load: it stores messages, with the latency of a network.

    python -m benchmarks.speed.api PORT MILLISECONDS

It implements posting and listing messages and reading a conversation, without any validation.
``GET /arrivals`` returns the messages since its last call, each with its time by the machine's
monotonic clock, which all processes share. Messages pushed to ``/push`` are recorded too.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections import defaultdict
from typing import Any

import msgspec
import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_PAGE = 100
_OTHER = b"{}"


class Account:
    """The messages of the API.

    Args:
        latency: Seconds between a request and its answer.
    """

    def __init__(self, latency: float) -> None:
        """Start empty."""
        self.latency = latency
        self.messages: defaultdict[str, list[bytes]] = defaultdict(list)
        self.batches: list[tuple[str, float]] = []
        self._count = 0

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Answer a request.

        Args:
            method: The HTTP method.
            path: With the query.
            body: The request body.
        """
        path = path.partition("?")[0]
        parts = path.strip("/").split("/")
        if path == "/arrivals":
            batches, self.batches = self.batches, []
            return 200, msgspec.json.encode(batches)
        if path == "/push":
            self.batches.append((msgspec.json.decode(body).get("text") or "", time.monotonic()))
            return 200, _OTHER
        if parts[-1] == "messages" and method == "POST":
            return 201, self._keep(parts[-2], msgspec.json.decode(body))
        if parts[-1] == "messages":
            page = b",".join(self.messages[parts[-2]][-_PAGE:])
            return 200, b'{"messages":[' + page + b'],"meta":{"hasMore":false}}'
        if parts[-2] == "conversations" and method == "GET":
            switchboard = {"id": "agents", "name": "zd-agentWorkspace", "integrationType": "zd"}
            conversation = {"id": parts[-1], "activeSwitchboardIntegration": switchboard}
            return 200, msgspec.json.encode({"conversation": conversation})
        return 200, _OTHER

    def _keep(self, conversation_id: str, post: dict[str, Any]) -> bytes:
        self._count += 1
        self.batches.append((post["content"].get("text", ""), time.monotonic()))
        message = {
            "id": post.pop("id", f"{self._count:024x}"),
            "received": "2030-01-01T00:00:00.000Z",
            "source": {"type": "api:conversations"},
            **post,
        }
        raw = msgspec.json.encode(message)
        self.messages[conversation_id].append(raw)
        return b'{"messages":[' + raw + b"]}"


class Connection(asyncio.Protocol):
    """A persistent connection.

    Args:
        account: Answers the requests.
    """

    def __init__(self, account: Account) -> None:
        """Store the arguments."""
        self._account = account
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        """Store the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        self._received += data
        while True:
            head, found, rest = self._received.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            wanted = int(length[1]) if length else 0
            if not found or len(rest) < wanted:
                return
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            self._received = rest[wanted:]
            status, body = self._account.answer(method, path, rest[:wanted])
            answer = (
                f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode() + body
            if "/v2/" in path and self._account.latency:
                loop = asyncio.get_running_loop()
                loop.call_later(self._account.latency, self._transport.write, answer)
            else:
                self._transport.write(answer)


async def serve(port: int, latency: float) -> None:
    """Serve until stopped."""
    account = Account(latency)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(account), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
