"""Multipart bodies with files: read piece by piece into temporary files."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, Any, cast

from aiohttp import BodyPartReader, MultipartReader
from aiohttp.hdrs import CONTENT_TYPE
from sanic.exceptions import PayloadTooLarge

from zendesk_handoff.webchat.error_responses import RequestError

#: Bytes that are parsed at once: some microseconds of the event loop.
_PIECE = 64 * 1024
#: Bytes of a file that are collected before a thread writes them.
_BLOCK = 1024 * 1024
_MAX_LINE = 8 * 1024
_MAX_FIELD = 1024
_MAX_PARTS = 20


@dataclass(frozen=True)
class ReceivedFile:
    """A file as it was sent, on the disk and not checked.

    Args:
        name: The name, as the browser sent it.
        content: A temporary file without a name in any folder.
        size: Its size in bytes.
    """

    name: str = field(repr=False)
    content: IO[bytes] = field(repr=False)
    size: int


@dataclass(frozen=True)
class Form:
    """A form with files.

    Args:
        values: Its texts by their names.
        files: Its files, in order.
    """

    values: dict[str, str] = field(repr=False)
    files: list[ReceivedFile]


async def read_form(
    chunks: AsyncIterator[bytes],
    *,
    content_type: str,
    max_files: int,
    max_file_bytes: int,
    files: ExitStack,
) -> Form:
    """Read a form while it arrives; neither memory nor event loop has ever more than a piece of it.

    Args:
        chunks: The body, whose length the caller limits.
        content_type: The header ``Content-Type``.
        max_files: The largest number of files.
        max_file_bytes: The size of the largest file.
        files: Closes the temporary files, and so deletes them.

    Raises:
        RequestError: It is not a form, or has too many or too large files.
        PayloadTooLarge: By the caller's limit.
    """
    form = Form({}, [])
    try:
        reader = MultipartReader({CONTENT_TYPE: content_type}, cast(Any, _Pieces(chunks)))
        for _ in range(_MAX_PARTS):
            part = await reader.next()
            if part is None:
                return form
            if not isinstance(part, BodyPartReader):
                break
            if part.filename is None:
                form.values[part.name or ""] = await _read_text(part)
                continue
            if len(form.files) >= max_files:
                raise RequestError(400, f"Send one to {max_files} files.", code="count")
            content = files.enter_context(tempfile.TemporaryFile())
            size = await _save(part, content, max_bytes=max_file_bytes)
            form.files.append(ReceivedFile(part.filename, content, size))
    except (RequestError, PayloadTooLarge, OSError):
        raise
    except Exception:  # the parser raises errors of many kinds, which may quote the body
        raise RequestError(400, "The body is not a form with files.", code="not_form") from None
    raise RequestError(400, "The form has too many parts.", code="count")


async def _read_text(part: BodyPartReader) -> str:
    text = bytearray()
    while piece := await part.read_chunk(_PIECE):
        text += piece
        if len(text) > _MAX_FIELD:
            raise RequestError(400, "A field of the form is too long.")
    return text.decode()


async def _save(part: BodyPartReader, content: IO[bytes], *, max_bytes: int) -> int:
    """Write a part into a file, in a thread, and return its size."""
    size, block = 0, bytearray()
    while piece := await part.read_chunk(_PIECE):
        size += len(piece)
        if size > max_bytes:
            raise PayloadTooLarge("The file is too large.")
        block += piece
        if len(block) >= _BLOCK:
            await asyncio.to_thread(content.write, block)
            block = bytearray()
    await asyncio.to_thread(content.write, block)
    return size


class _Pieces:
    """A stream of chunks, with what aiohttp's reader needs of its own streams.

    A read returns as much as was asked for, but at the end: aiohttp 3.9 does not find a boundary
    that is divided between three reads.
    """

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = bytearray()
        self._is_over = False

    async def read(self, size: int) -> bytes:
        while len(self._buffer) < size and not self._is_over:
            await self._fill()
        return self._take(size)

    async def readline(self) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0 and not self._is_over:
            if len(self._buffer) > _MAX_LINE:
                raise ValueError("a line is too long")
            searched = len(self._buffer)
            await self._fill()
        return self._take(end + 1 if end >= 0 else len(self._buffer))

    def at_eof(self) -> bool:
        return self._is_over and not self._buffer

    def unread_data(self, data: bytes) -> None:
        self._buffer[:0] = data

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    async def _fill(self) -> None:
        try:
            self._buffer += await self._chunks.__anext__()
        except StopAsyncIteration:
            self._is_over = True
