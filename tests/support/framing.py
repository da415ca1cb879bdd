"""Requests with ambiguous framing, and a client that sends them unchanged."""

from __future__ import annotations

import socket

#: Limits a failing test on a server that hangs; a passing test never waits so long.
_TIMEOUT = 10.0


def post(path: str, *lines: str, body: bytes = b"", version: str = "HTTP/1.1") -> bytes:
    head = "\r\n".join([f"POST {path} {version}", "Host: localhost", *lines])
    return head.encode() + b"\r\n\r\n" + body


#: Header lines and a body, all to be refused with 400.
REFUSED = {
    "negative length": (["Content-Length: -1"], b"x"),
    "negative length of more than the body": (["Content-Length: -5"], b"x"),
    "negative zero": (["Content-Length: -0"], b""),
    "plus sign": (["Content-Length: +5"], b"hello"),
    "underscore": (["Content-Length: 1_0"], b"helloworld"),
    "hexadecimal": (["Content-Length: 0x5"], b"hello"),
    "decimal point": (["Content-Length: 5.0"], b"hello"),
    "Arabic digit": (["Content-Length: ٣"], b"abc"),
    "fullwidth digit": (["Content-Length: ５"], b"hello"),
    "no-break space": (["Content-Length:\u00a05"], b"hello"),
    "vertical tab": (["Content-Length:\x0b5"], b"hello"),
    "space inside": (["Content-Length: 1 0"], b"helloworld"),
    "list": (["Content-Length: 5, 5"], b"hello"),
    "empty": (["Content-Length:"], b""),
    "thousands of digits": (["Content-Length: " + "0" * 4000 + "5"], b"hello"),
    "more than fifteen digits": (["Content-Length: " + "9" * 16], b"hello"),
    "equal lengths": (["Content-Length: 5", "Content-Length: 5"], b"hello"),
    "two lengths": (["Content-Length: 5", "content-length: 0"], b"hello"),
    "one length of another case": (["CONTENT-LENGTH: -1"], b"x"),
    "length and chunked": (["Content-Length: 5", "Transfer-Encoding: chunked"], b"0\r\n\r\n"),
    "chunked and length": (["transfer-encoding: chunked", "Content-Length: 5"], b"0\r\n\r\n"),
    "chunked twice": (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], b"0\r\n\r\n"),
    "identity": (["Transfer-Encoding: identity"], b""),
    "identity and length": (["Transfer-Encoding: identity", "Content-Length: 5"], b"hello"),
    "gzip, chunked": (["Transfer-Encoding: gzip, chunked"], b"0\r\n\r\n"),
    "unknown encoding": (["Transfer-Encoding: xchunked"], b"0\r\n\r\n"),
    "vertical tab before chunked": (["Transfer-Encoding:\x0bchunked"], b"0\r\n\r\n"),
    "space before the colon": (["Content-Length : 5"], b"hello"),
    "space before the name": ([" Content-Length: 5"], b"hello"),
    "folded line": (["X-Folded: one", " two: three"], b""),
    "folded length": (["X-Folded: one", "\tContent-Length: 5"], b"hello"),
    "NUL in a value": (["X-Value: a\x00b"], b""),
    "NUL in a length": (["Content-Length: 5\x00"], b"hello"),
    "bare LF in a value": (["X-Value: a\nContent-Length: 5"], b"hello"),
    "bare CR in a value": (["X-Value: a\rContent-Length: 5"], b"hello"),
    "no name": ([": value"], b""),
    "name with a control character": (["Content-Length\x0b: 5"], b"hello"),
}

#: Header lines and a body of five bytes or none, all to be served.
SERVED = {
    "no body": ([], b""),
    "length": (["Content-Length: 5"], b"hello"),
    "length without a space": (["content-length:5"], b"hello"),
    "optional white space": (["Content-Length: \t 5 \t "], b"hello"),
    "leading zeros": (["Content-Length: 005"], b"hello"),
    "length of zero": (["Content-Length: 0"], b""),
    "chunked": (["Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\n\r\n"),
    "chunk extension": (["Transfer-Encoding: chunked"], b"5;a=b\r\nhello\r\n0\r\n\r\n"),
    "empty value": (["X-Empty:", "Content-Length: 5"], b"hello"),
    "value beyond ASCII": (["X-Name: Jörg, 王, Content-Length: -1"], b""),
}

#: Chunked bodies that Sanic accepts and other servers read differently: no request may follow.
CHUNKS = {
    "plus sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "hexadecimal prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "spaces": b" 5 \r\nhello\r\n0\r\n\r\n",
    "negative zero": b"-0\r\n\r\n",
    "no line end behind the data": b"5\r\nhelloxx0\r\n\r\n",
    "trailer": b"0\r\nX:",
    "well formed": b"5\r\nhello\r\n0\r\n\r\n",
}


def exchange(address: tuple[str, int], request: bytes) -> bytes:
    """Send bytes and read until the server closes the connection."""
    with socket.create_connection(address, timeout=_TIMEOUT) as connection:
        connection.sendall(request)
        answer = b""
        while received := connection.recv(65_536):
            answer += received
        return answer


def statuses(answers: bytes) -> list[int]:
    """Read the status codes of a connection's answers, whose bodies name no HTTP version."""
    return [int(each[:3]) for each in answers.split(b"HTTP/1.1 ")[1:]]
