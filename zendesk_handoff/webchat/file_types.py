"""File types that users may send: extension, media type, and a check of the content.

An own table, because no library fits: ``filetype`` has had no release since 2022, ``puremagic`` 1
takes any zip archive for the office document that its name says, and ``puremagic`` 2 needs
Python 3.12.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import NamedTuple


class FileType(NamedTuple):
    """A file type.

    Args:
        media_type: For example ``image/png``.
        matches: Tells whether a file's content is of this type.
    """

    media_type: str
    matches: Callable[[bytes], bool]


#: Bytes of a zip archive's directory, which takes time to read: about three thousand entries. Large
#: presentations have a thousand.
MAX_ZIP_DIRECTORY = 256 * 1024

_ZIP_SIGNATURE = b"PK\x03\x04"
_ZIP_END_SIZE = 22
_ZIP64_LOCATOR_SIZE = 20
#: ISO base media files begin with a box that names their brand; these are the still images'.
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
#: The first two bytes of a frame of MPEG 1, 2 and 2.5, layer III, with and without a checksum.
_MP3_FRAMES = (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xe3", b"\xff\xe2")


def _starts_with(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(signatures)


def _is_riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda data: data[:4] == b"RIFF" and data[8:12] == form


def _is_heif(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS


def _is_iso_media(data: bytes) -> bool:
    # There are too many brands to list, and players go by the content in any case.
    return data[4:8] == b"ftyp" and data[8:12] not in _HEIF_BRANDS


def _is_text(data: bytes) -> bool:
    head = data[:4096]
    return b"\x00" not in head and not head.startswith((b"MZ", b"\x7fELF", b"%PDF-", b"PK\x03\x04"))


def _is_office_open_xml(folder: str) -> Callable[[bytes], bool]:
    def matches(archive: zipfile.ZipFile) -> bool:
        names = archive.namelist()
        return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)

    return lambda data: _matches_zip(data, matches)


def _is_open_document(media_type: str) -> Callable[[bytes], bool]:
    # OpenDocument requires this entry to be uncompressed, so nothing is inflated here.
    def matches(archive: zipfile.ZipFile) -> bool:
        entry = archive.getinfo("mimetype")
        is_plain = entry.compress_type == zipfile.ZIP_STORED and entry.file_size < 256
        return is_plain and archive.read(entry).strip() == media_type.encode()

    return lambda data: _matches_zip(data, matches)


def _matches_zip(data: bytes, matches: Callable[[zipfile.ZipFile], bool]) -> bool:
    """Open an archive; ``zipfile`` reads no more than its directory for that."""
    end = data[-_ZIP_END_SIZE:]
    before_end = data[-_ZIP_END_SIZE - _ZIP64_LOCATOR_SIZE :]
    # With a comment, or a second directory for large archives, the size below would not be the one
    # that `zipfile` goes by. Office programs write neither.
    if not (end.startswith(b"PK\x05\x06") and end.endswith(b"\x00\x00")):
        return False
    if before_end.startswith(b"PK\x06\x07") or not data.startswith(_ZIP_SIGNATURE):
        return False
    if int.from_bytes(end[12:16], "little") > MAX_ZIP_DIRECTORY:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return matches(archive)
    except Exception:  # a malformed archive makes `zipfile` raise errors of many kinds
        return False


_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_JPEG = FileType("image/jpeg", _starts_with(b"\xff\xd8\xff"))
#: By extension, in lower case.
FILE_TYPES = {
    "png": FileType("image/png", _starts_with(b"\x89PNG\r\n\x1a\n")),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "gif": FileType("image/gif", _starts_with(b"GIF87a", b"GIF89a")),
    "webp": FileType("image/webp", _is_riff(b"WEBP")),
    "heic": FileType("image/heic", _is_heif),
    "pdf": FileType("application/pdf", _starts_with(b"%PDF-")),
    "txt": FileType("text/plain", _is_text),
    "csv": FileType("text/csv", _is_text),
    "docx": FileType(f"{_OPEN_XML}wordprocessingml.document", _is_office_open_xml("word/")),
    "xlsx": FileType(f"{_OPEN_XML}spreadsheetml.sheet", _is_office_open_xml("xl/")),
    "pptx": FileType(f"{_OPEN_XML}presentationml.presentation", _is_office_open_xml("ppt/")),
    "odt": FileType(f"{_OPEN_DOCUMENT}text", _is_open_document(f"{_OPEN_DOCUMENT}text")),
    "ods": FileType(
        f"{_OPEN_DOCUMENT}spreadsheet", _is_open_document(f"{_OPEN_DOCUMENT}spreadsheet")
    ),
    "mp4": FileType("video/mp4", _is_iso_media),
    "mov": FileType("video/quicktime", _is_iso_media),
    "m4a": FileType("audio/mp4", _is_iso_media),
    "mp3": FileType("audio/mpeg", _starts_with(b"ID3", *_MP3_FRAMES)),
    "wav": FileType("audio/wav", _is_riff(b"WAVE")),
}
#: For the page's file dialogue.
EXTENSIONS = ",".join(f".{extension}" for extension in FILE_TYPES)
