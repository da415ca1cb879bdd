"""Types of files from outside."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.media import download_type


@pytest.mark.parametrize("kind", ["image/png", "application/pdf", "audio/ogg", "video/mp4"])
def test_types_that_run_no_script_are_told(kind):
    assert download_type(kind) == kind


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "", "x"])
def test_others_are_not(kind):
    assert download_type(kind) == "application/octet-stream"
