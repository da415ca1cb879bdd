"""Files from users: names, limits, and the headers of a download."""

from __future__ import annotations

import pytest

from tests.support.names import AGENTS, SENDERS, TEXTS
from zendesk_handoff.domain.media import download_headers
from zendesk_handoff.domain.untrusted_text import is_shown
from zendesk_handoff.webchat.error_responses import RequestError
from zendesk_handoff.webchat.uploads import (
    MAX_BYTES,
    check_file,
    clean_name,
)

PDF = b"%PDF-1.4"


@pytest.mark.parametrize(
    ("name", "data", "status", "code"),
    [
        ("a.pdf", b"", 400, "empty"),
        ("a.pdf", PDF + bytes(MAX_BYTES), 413, "too_large"),
        ("a.exe", b"MZ", 415, "kind"),
        ("pdf", PDF, 415, "kind"),
        ("a.pdf.exe", PDF, 415, "kind"),
        ("a.", PDF, 415, "kind"),
        ("", PDF, 415, "kind"),
    ],
)
def test_a_file_is_refused_with_a_reason(name, data, status, code):
    with pytest.raises(RequestError) as raised:
        check_file(name, data)
    assert (raised.value.status, raised.value.code) == (status, code)


def test_the_extension_counts_in_any_case_and_the_largest_file_is_accepted():
    file = check_file("../Receipt.PDF", PDF + bytes(MAX_BYTES - len(PDF)))
    assert (file.name, file.media_type) == ("Receipt.PDF", "application/pdf")


def test_names_and_content_are_not_in_the_representation():
    assert repr(check_file("private.txt", b"secret")) == "UploadedFile(media_type='text/plain')"


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\Jo\\photo.png", "photo.png"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\r\nSet-Cookie: b.txt", "aSet-Cookie: b.txt"),
        ("  .hidden. ", "hidden"),
        ("e\u0301.txt", "é.txt"),
        ("王 小明.pdf", "王 小明.pdf"),
        ("...", "file"),
    ],
)
def test_a_name_is_cleaned(name, cleaned):
    assert clean_name(name) == cleaned


@pytest.mark.parametrize("name", [*AGENTS, *SENDERS, *TEXTS])
def test_any_name_is_short_printable_and_keeps_its_extension(name):
    cleaned = clean_name(f"{name}.pdf")
    assert cleaned.endswith(".pdf")
    assert all(map(is_shown, cleaned))
    assert len(cleaned) <= 120
    assert not {"/", "\\"} & set(cleaned)
    for value in download_headers(cleaned, "application/pdf").values():
        assert value.isascii() and value.isprintable()
        assert value.count('"') == 0


def test_only_images_are_shown_in_place():
    def disposition(media_type):
        headers = download_headers("a", media_type)
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        return headers["Content-Disposition"].split(";")[0]

    assert disposition("image/png") == "inline"
    assert disposition("image/svg+xml") == "attachment"
    assert disposition("text/plain") == "attachment"
