"""Types of files from outside."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.media import download_type, name_for_upload, plain_type

UNKNOWN = "application/octet-stream"


@pytest.mark.parametrize("kind", ["image/png", "application/pdf", "audio/ogg", "video/mp4"])
def test_types_that_run_no_script_are_told(kind):
    assert download_type(kind) == kind


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "", "x"])
def test_others_are_not(kind):
    assert download_type(kind) == "application/octet-stream"


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("Image/PNG; charset=x", "image/png"),
        *(
            (each, "application/octet-stream")
            for each in ("", "x", "image/*", "a/b\r\nX: y", "a/ñ")
        ),
    ],
)
def test_a_type_becomes_a_header(given, plain):
    assert plain_type(given) == plain


@pytest.mark.parametrize(
    ("name", "kind", "written"),
    [
        ("lid.png", "image/png", "lid.png"),
        ("Rechnung Nr. 5", "application/pdf", "Rechnung Nr. 5.pdf"),
        ("v1.2", "application/pdf", "v1.2.pdf"),
        (".htaccess", "text/plain", ".htaccess.txt"),
        ("", "audio/amr", "file.amr"),
        ("\r\n\x00", "image/webp", "file.webp"),
        ('a"b\r\nX-Y: z.png', "image/png", 'a"bX-Y: z.png'),
        ("gnp.\u202eexe", "application/pdf", "gnp.exe"),
        ("عائشة 👩🏽\u200d🚒", "video/3gpp", "عائشة 👩🏽\u200d🚒.3gp"),
        ("x" * 300, "audio/x-m4a", "x" * 196 + ".m4a"),
        ("data", "application/x-nobody-knows", "data"),
    ],
)
def test_a_name_is_one_line_with_an_extension(name, kind, written):
    assert name_for_upload(name, kind) == written
