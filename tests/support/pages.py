"""The documentation's pages, and the parts of them that tests read."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: Flags of patterns for blocks, whose ends stand at the beginning of a line.
WHOLE = re.DOTALL | re.MULTILINE
README = ROOT / "README.md"
PAGES = (README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md")))
#: Pages beside the code that they describe.
FOLDER_PAGES = (
    ROOT / "simulator" / "README.md",
    ROOT / "zendesk_handoff" / "store" / "engine" / "migrations" / "README.md",
)


def name_of(page: Path) -> str:
    """Name a page for a test's id."""
    return page.relative_to(ROOT).as_posix()


def section(text: str, heading: str) -> str:
    """Extract the text under a heading, up to the next heading of the same or a higher level."""
    [start] = re.findall(rf"^(#+) {re.escape(heading)}\n", text, re.MULTILINE)
    rest = text.partition(f"{start} {heading}\n")[2]
    return re.split(rf"^#{{1,{len(start)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Extract the rows of all tables, without their headings."""
    found: list[list[str]] = []
    for table in re.findall(r"(?:^\|.*\|\n)+", text + "\n", re.MULTILINE):
        _, _, *body = table.splitlines()
        found += [[cell.strip() for cell in row.strip("|").split(" | ")] for row in body]
    return found


def quoted(cell: str) -> list[str]:
    """Extract the code that a cell or a text quotes."""
    return re.findall(r"`([^`\n]+)`", cell)


def files_of(page: Path) -> dict[str, str]:
    """Extract the files that a page shows whole: blocks whose first line names the file."""
    blocks = re.findall(r"^```(?:yaml|python)\n# ([\w/]+\.\w+)\n(.*?)^```", page.read_text(), WHOLE)
    return dict(blocks)


def without_blocks(text: str) -> str:
    """Remove the fenced blocks of a page."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
