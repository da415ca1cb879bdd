"""Markup of agents' words: literal, with addresses that can be opened."""

from __future__ import annotations

import pytest

from tests.support.names import AGENTS, TEXTS
from zendesk_handoff.domain.markup import WORD_JOINER, break_mentions, escape_markdown


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("*a* _b_ `c` ~d~ [e](f)", r"\*a\* \_b\_ \`c\` \~d\~ \[e\](f)"),
        ("1. a\n  - b\n> c\n12) d\n=", "1\\. a\n  \\- b\n\\> c\n12\\) d\n\\="),
        ("https://x.example/a_b*c", r"https://x.example/a_b\*c"),
        ("see https://x.example/?a=1&b=_2_#c_d now", "see https://x.example/?a=1&b=_2_#c_d now"),
        ("[x](https://x.example/a_b)", r"\[x\](https://x.example/a_b)"),
        ("ftp_x", r"ftp\_x"),
    ],
)
def test_markdown(text, written):
    assert escape_markdown(text) == written


@pytest.mark.parametrize("text", [*AGENTS, *TEXTS])
def test_nothing_is_lost(text):
    assert escape_markdown(text).replace("\\", "") == text
    assert break_mentions(text).replace(WORD_JOINER, "") == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("@all", "@\u2060all"),
        ("hi (@mara)", "hi (@\u2060mara)"),
        ("mara@x.example", "mara@x.example"),
        ("https://x.example/@mara", "https://x.example/@mara"),
        ("a @ b", "a @ b"),
    ],
)
def test_mentions(text, written):
    assert break_mentions(text) == written
