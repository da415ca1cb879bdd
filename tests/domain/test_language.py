"""The language of a locale tag."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.language import language_of


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("de_CH", "de"),
        ("DE-de", "de"),
        ("zh-Hans-CN", "zh"),
        ("fil-PH", "fil"),
        (" es ", "es"),
        ("", "en"),
        (None, "en"),
        ("-", "en"),
    ],
)
def test_the_language_is_the_first_part_of_the_tag(locale, language):
    assert language_of(locale) == language
