"""The language of the documentation, and of the code's docstrings and comments."""

from __future__ import annotations

import io
import re
import tokenize

import pytest

from tests.support.pages import PAGES, ROOT, name_of

#: Terms that have a plainer or a more exact word in the glossary.
AVOIDED = re.compile(
    r"\b(gates?|lanes?|pokes?|patience|upkeep|backlog|farewell|own(?:s|ed)? up|in doubt|"
    r"(?:set |put )?aside|faults?|lest|anew|whoever|see to|wish(?:es|ed)?|claims on|held for|"
    r"mend(?:s|ed)?|in the name of|taken for dead|now and then|in so many words)\b",
    re.IGNORECASE,
)
#: Terms that a folder needs, in lower case.
NEEDED = {
    "zendesk_handoff": set(),
    "simulator/src": {"fault", "faults"},  # its rules for failures: `add_fault`, `/sim/faults`
}


def avoided(text: str) -> list[str]:
    """Find avoided terms outside of code, quoted examples and the targets of links."""
    plain = re.sub(r'`[^`]*`|"[^"\n]*"|\]\([^)]*\)', "", text)
    return [found.lower() for found in AVOIDED.findall(plain)]


@pytest.mark.parametrize("page", [each for each in PAGES if each.name != "names.md"], ids=name_of)
def test_the_words_of_the_pages_are_the_glossarys(page):
    assert avoided(page.read_text()) == []


def prose(code: str) -> list[tuple[int, str]]:
    """Extract the docstrings and comments of a module, each with its line."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return [
        (token.start[0], token.string.strip('"'))
        for token in tokens
        if token.type == tokenize.COMMENT or token.string.startswith('"""')
    ]


def test_prose_is_found_in_docstrings_and_comments():
    code = '"""Wait at the gate."""\nx = "lane"  # lest it fail\n'
    assert [avoided(text) for _, text in prose(code)] == [["gate"], ["lest"]]


@pytest.mark.parametrize("folder", NEEDED)
def test_the_words_of_the_code_are_the_glossarys(folder):
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    found = {
        f"{file.relative_to(ROOT)}:{line}": words
        for file in files
        for line, text in prose(file.read_text("utf-8"))
        if (words := sorted(set(avoided(text)) - NEEDED[folder]))
    }
    assert found == {}
