"""File types: each by a file of a real program, and files that are not what they claim."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from zendesk_handoff.webchat.error_responses import RequestError
from zendesk_handoff.webchat.file_types import FILE_TYPES, MAX_ZIP_DIRECTORY
from zendesk_handoff.webchat.uploads import check_file

SAMPLES = {path.name: path for path in (Path(__file__).parent / "samples").glob("*.*")}
OFFICE = ("docx", "xlsx", "pptx", "odt", "ods")
#: One format under several names: a player does not mind which.
SAME_FORMAT = ({"mp4", "mov", "m4a"}, {"txt", "csv"}, {"jpg", "jpeg"})


def sample(extension):
    return SAMPLES[f"sample.{'jpg' if extension == 'jpeg' else extension}"].read_bytes()


def archive(*entries, compression=zipfile.ZIP_STORED, comment=b""):
    """Build a zip archive of (name, content) pairs."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as opened:
        for name, content in entries:
            opened.writestr(name, content)
        opened.comment = comment
    return file.getvalue()


DOCX = (("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<w:document/>"))
ODT = "application/vnd.oasis.opendocument.text"


@pytest.mark.parametrize("extension", FILE_TYPES)
def test_a_real_file_is_accepted_under_its_own_extension_only(extension):
    data = sample(extension)
    assert check_file(f"a.{extension}", data).media_type == FILE_TYPES[extension].media_type
    same = next((group for group in SAME_FORMAT if extension in group), {extension})
    accepted = {other for other in FILE_TYPES if FILE_TYPES[other].matches(data)}
    assert accepted == same


def test_sound_without_tags_is_accepted():
    data = SAMPLES["without-tags.mp3"].read_bytes()
    assert not data.startswith(b"ID3")
    assert check_file("a.mp3", data).media_type == "audio/mpeg"


@pytest.mark.parametrize("extension", FILE_TYPES)
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"MZ\x90\x00" + bytes(200), id="Windows program"),
        pytest.param(b"\x7fELF\x02\x01" + bytes(200), id="Linux program"),
        pytest.param(archive(("a.txt", "a")), id="zip"),
        pytest.param(archive(("META-INF/MANIFEST.MF", "a"), ("A.class", "a")), id="Java program"),
        pytest.param(bytes(64), id="zeros"),
    ],
)
def test_another_kind_of_file_is_refused_under_every_extension(extension, data):
    with pytest.raises(RequestError) as raised:
        check_file(f"a.{extension}", data)
    assert (raised.value.status, raised.value.code) == (415, "kind")


@pytest.mark.parametrize("extension", sorted(FILE_TYPES.keys() - {"txt", "csv"}))
def test_a_web_page_is_refused_as_anything_but_text(extension):
    with pytest.raises(RequestError):
        check_file(f"a.{extension}", b"<!doctype html><script>alert(1)</script>")


@pytest.mark.parametrize("extension", OFFICE)
def test_a_truncated_or_extended_office_document_is_refused(extension):
    data = sample(extension)
    for damaged in (data[:-30], data[:100], data + b"MZ", b"MZ" + data):
        assert not FILE_TYPES[extension].matches(damaged)


def test_only_the_directory_of_an_office_document_is_read():
    data = archive(*DOCX, ("word/media/bomb.bin", bytes(5_000_000)), compression=8)
    start = data.index(b"word/media/bomb.bin") + len("word/media/bomb.bin")
    damaged = data[:start] + b"\xff" * 100 + data[start + 100 :]
    with zipfile.ZipFile(io.BytesIO(damaged)) as opened, pytest.raises(zlib.error):
        opened.read("word/media/bomb.bin")
    assert FILE_TYPES["docx"].matches(damaged)


def test_an_archive_with_a_huge_directory_is_not_opened(monkeypatch):
    small = archive(*DOCX)
    names = ((f"word/{number:0100}", "") for number in range(MAX_ZIP_DIRECTORY // 140))
    large = archive(*DOCX, *names)
    assert len(large) > MAX_ZIP_DIRECTORY
    monkeypatch.setattr("zipfile.ZipFile", lambda *_: pytest.fail("the archive was opened"))
    assert not FILE_TYPES["docx"].matches(large)
    with pytest.raises(pytest.fail.Exception):
        FILE_TYPES["docx"].matches(small)


def test_an_archive_with_a_comment_is_refused():
    assert FILE_TYPES["docx"].matches(archive(*DOCX))
    assert not FILE_TYPES["docx"].matches(archive(*DOCX, comment=bytes(22)))


def test_an_archive_with_a_second_directory_size_is_refused():
    plain = archive(*DOCX)
    count, size, offset = struct.unpack("<HII", plain[-12:-2])
    zip64_end = b"PK\x06\x06" + struct.pack(
        "<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, size, offset
    )
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, len(plain) - 22, 1)
    end = plain[-22:-12] + struct.pack("<HII", count, 1, offset) + bytes(2)
    data = plain[:-22] + zip64_end + locator + end
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert len(opened.namelist()) == 2, "`zipfile` goes by the other size"
    assert not FILE_TYPES["docx"].matches(data)


@pytest.mark.parametrize(
    "entries",
    [DOCX[:1], DOCX[1:], (DOCX[0], ("words/a.xml", "")), (DOCX[0], ("a/word/b.xml", ""))],
)
def test_an_archive_without_the_parts_of_a_document_is_refused(entries):
    assert not FILE_TYPES["docx"].matches(archive(*entries))


def test_an_open_document_names_its_type_in_plain():
    matches = FILE_TYPES["odt"].matches
    assert matches(archive(("mimetype", ODT)))
    assert not matches(archive(("mimetype", ODT + "-template")))
    assert not matches(archive(("mimetype", ODT + " " * 300)))
    assert not matches(archive(("mimetype", ODT), compression=zipfile.ZIP_DEFLATED))
