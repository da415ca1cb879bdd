"""Refusal of HTTP requests whose length is ambiguous, before Sanic reads their bodies.

Sanic 21.12, which Rasa 3.6 needs, accepts any ``Content-Length`` that Python's ``int`` accepts. A
negative one makes its reader loop without end, which blocks the whole server. The rules are those
of RFC 9112, sections 2.2, 5 and 6; where it leaves a choice, the request is refused.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from httptools import HttpParserInvalidURLError
from rasa.shared.exceptions import RasaException
from sanic import Sanic, headers
from sanic.exceptions import InvalidUsage
from sanic.http import Http
from sanic.request import Request
from sanic.server import HttpProtocol

from zendesk_handoff.rasa.middleware import add_middleware

_HEAD = re.compile(
    rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [^\x00-\x20\x7f]+ HTTP/1\.[01]"
    rb"(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r]*)*"
)
_FRAMING = re.compile(rb"\r\n((?:content-length|transfer-encoding):[^\r]*)", re.IGNORECASE)
#: Sanic compares "chunked" as it stands, so other cases of it and spaces behind it are not read.
_READABLE = re.compile(
    rb"(?i:content-length):[ \t]*[0-9]{1,15}[ \t]*|(?i:transfer-encoding):[ \t]*chunked"
)
#: Sanic accepts the NUL; RFC 9110 does not. Harmless where the guard does not work.
_PROBE = b"GET / HTTP/1.1\r\nHost: localhost\r\nProbe: \x00\r\n\r\n"
_PROBE_TIMEOUT = 10.0
#: The list of the media types that a client accepts; Sanic 23.3 has given it another name.
_AcceptList: Any = getattr(headers, "AcceptList", None) or headers.AcceptContainer


class UnguardedServer(RasaException):
    """The installed Sanic reads requests without the guard's check; the server does not start."""


class StrictRequest(Request):
    """A Sanic request whose head can be read in only one way.

    Sanic creates it with the raw head before it reads the body's length.
    """

    __slots__ = ()

    # The parameters are spelled out as Sanic passes them: it is faster, and runs at every request.
    def __init__(
        self,
        url_bytes: bytes,
        headers: Any,
        version: str,
        method: str,
        transport: Any,
        app: Sanic,
        head: bytes = b"",
    ) -> None:
        """Check the head.

        Raises:
            InvalidUsage: Answered with 400; Sanic then closes the connection.
        """
        if head:
            check_head(head)
        elif method == "NONE":  # Sanic's stand-in, to answer a refused request
            url_bytes = b"*"
        try:
            super().__init__(url_bytes, headers, version, method, transport, app, head)
        except HttpParserInvalidURLError:
            raise InvalidUsage("The request's target is not a URL.") from None

    @property
    def accept(self) -> Any:
        """Read the media types that the client accepts; none if they cannot be read.

        Sanic asks for them when it answers with an error. A header without a slash would turn each
        404 or 405 into a 500.
        """
        try:
            return super().accept
        except (InvalidUsage, ValueError):
            return _AcceptList()


def check_head(head: bytes) -> None:
    """Refuse a request head that two readers could understand differently.

    Args:
        head: The request line and the header lines, without the empty line that ends them.

    Raises:
        InvalidUsage: Its text repeats nothing of the request.
    """
    # In a match each CR precedes an LF, so that any other LF is a bare one. Counting is three times
    # as fast as excluding LF and NUL from the values in the expression.
    if _HEAD.fullmatch(head) is None or head.count(b"\n") != head.count(b"\r") or b"\x00" in head:
        raise InvalidUsage("The request line or a header line is malformed.")
    framing = _FRAMING.findall(head)
    if len(framing) > 1:
        raise InvalidUsage("A request has one Content-Length or one Transfer-Encoding.")
    if framing and _READABLE.fullmatch(framing[0]) is None:
        raise InvalidUsage("Content-Length must be digits, Transfer-Encoding must be chunked.")


def close_after_chunks(request: Request) -> None:
    """Read no second request from a connection that sent a chunked one.

    Sanic accepts chunk sizes and trailers that proxies read differently: the rest of such a body
    could pass for the next request.
    """
    if request.stream is not None and "transfer-encoding" in request.headers:
        request.stream.keep_alive = False


async def install(app: Sanic) -> None:
    """Check every request of a Sanic app from now on; to be called before the app serves.

    Args:
        app: An app whose routes are complete. Its own request class, if it has one, is kept.

    Raises:
        UnguardedServer: If a malformed request is still accepted afterwards.
    """
    own = app.request_class or Request
    if not issubclass(own, StrictRequest):
        is_default = own is Request
        app.request_class = (
            StrictRequest if is_default else type("StrictRequest", (StrictRequest, own), {})
        )
        add_middleware(app, close_after_chunks, "request", is_first=True)
    if not await _refuses(app, _PROBE):
        raise UnguardedServer(
            "The installed Sanic reads requests in a way that the plugin cannot check, and a "
            "single malformed request could stop the server. Install the Sanic that Rasa needs."
        )


async def _refuses(app: Sanic, head: bytes) -> bool:
    """Pass a request head to Sanic's own reader, without a socket and without middleware."""
    try:
        protocol = HttpProtocol(loop=asyncio.get_running_loop(), app=app)
        protocol.recv_buffer = bytearray(head)
        reader = Http(protocol)
        reader.init_for_request()
        await asyncio.wait_for(reader.http1_request_header(), _PROBE_TIMEOUT)
    except InvalidUsage:
        return True
    except Exception:  # Sanic's internals have changed
        return False
    return False
