"""Rich text in words: HTML and Markdown become plain text that keeps the addresses of its links.

Nothing of the result is markup: what looks like a tag in it was text in the source. Addresses that
are not of the web are left out; the words of the link stay.
"""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from zendesk_handoff.domain.links import web_address

#: Twice the longest text that is documented. The time of parsing can grow with the square of it.
MAX_MARKUP = 8_192

_BLOCKS = frozenset(
    "address article aside blockquote center dd details dialog div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section summary "
    "table tbody tfoot thead tr ul".split()
)
_HIDDEN = frozenset({"head", "noscript", "script", "style", "template", "title"})
_SPACES = re.compile(r"[ \t\n\r\f]+")
_TAG = re.compile(r"<[^<>]*>")
_BULLET = re.compile(r" *(?:-|\d+\.) ")
_MARKDOWN_LINK = re.compile(
    r"!?\[([^\[\]\n]*)\]\(\s*<?([^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)*)>?[^()\n]*\)"
)


def html_to_text(markup: str) -> str:
    """Convert HTML to plain text.

    Blocks and items of lists become lines, a link is followed by its address in brackets, an image
    becomes its description and its address. Scripts and styles are left out.

    Args:
        markup: HTML, valid or not. Of one that is longer than ``MAX_MARKUP`` only the tags are
            removed.
    """
    if len(markup) > MAX_MARKUP:
        return unescape(_TAG.sub(" ", markup)).strip()
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader.text()


def markdown_to_text(text: str) -> str:
    """Write the links and images of Markdown as words with addresses; all else stays as it is.

    Args:
        text: Markdown.
    """
    return _MARKDOWN_LINK.sub(lambda found: with_address(found[1], found[2]) or found[0], text)


def with_address(label: str, address: object) -> str:
    """Write a link in words.

    Args:
        label: Its words.
        address: Where it leads; left out unless it is a web address, or one for mail or telephone.
    """
    label = label.strip()
    shown = web_address(address) or _contact(address)
    if shown is None or _is_same(label, shown):
        return label if shown is None else shown
    return f"{label} ({shown})" if label else shown


def _contact(address: object) -> str | None:
    """Return the mail address or the number of a ``mailto:`` or ``tel:`` link."""
    scheme, _, rest = str(address).strip().partition(":")
    if scheme.lower() not in {"mailto", "tel"}:
        return None
    rest = rest.partition("?")[0].strip()
    return rest if rest and rest.isprintable() else None


def _is_same(label: str, address: str) -> bool:
    bare = re.compile(r"^(?:https?://)?(?:www\.)?", re.IGNORECASE)
    return bare.sub("", label).rstrip("/") == bare.sub("", address).rstrip("/")


class _Reader(HTMLParser):
    """Collects lines; a link is written when it ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._hidden: list[str] = []
        self._links: list[tuple[str, int, int]] = []  # address, and where its words begin
        self._counters: list[int | None] = []  # of nested lists; ``None`` for one without numbers
        self._preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden or tag in _HIDDEN:
            if tag in _HIDDEN:
                self._hidden.append(tag)
            return
        values = dict(attrs)
        if tag == "br":
            self._lines.append("")
        elif tag in _BLOCKS:
            self._break()
        if tag in {"ul", "menu"}:
            self._counters.append(None)
        elif tag == "ol":
            start = values.get("start") or ""
            self._counters.append(int(start) if start.isdecimal() and len(start) < 9 else 1)
        elif tag == "li":
            self._lines[-1] = self._bullet()
        elif tag in {"td", "th"} and self._lines[-1].strip():
            self._lines[-1] = f"{self._lines[-1].rstrip()} | "
        elif tag == "pre":
            self._preformatted += 1
        elif tag == "a":
            self._end_link()
            self._links.append((values.get("href") or "", len(self._lines), len(self._lines[-1])))
        elif tag == "img":
            self._add(with_address(values.get("alt") or "", values.get("src")))

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag == self._hidden[-1]:
                self._hidden.pop()
            return
        if tag == "a":
            self._end_link()
        elif tag == "pre":
            self._preformatted = max(0, self._preformatted - 1)
        elif tag in {"ul", "ol", "menu"} and self._counters:
            self._counters.pop()
        if tag in _BLOCKS:
            self._break()

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        if self._preformatted:
            first, *others = data.split("\n")
            self._lines[-1] += first
            self._lines += others
            return
        self._add(_SPACES.sub(" ", data))

    def text(self) -> str:
        self._end_link()
        lines = [line.replace("\u00a0", " ").rstrip() for line in self._lines]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def _add(self, text: str) -> None:
        line = self._lines[-1]
        self._lines[-1] += text.lstrip(" ") if not line or line.endswith(" ") else text

    def _break(self) -> None:
        if self._lines[-1].strip() and not _BULLET.fullmatch(self._lines[-1]):
            self._lines.append("")

    def _bullet(self) -> str:
        indent = "  " * max(0, min(len(self._counters), 8) - 1)
        number = self._counters[-1] if self._counters else None
        if number is None:
            return f"{indent}- "
        self._counters[-1] = number + 1
        return f"{indent}{number}. "

    def _end_link(self) -> None:
        """Write the address of the open link behind its words."""
        if not self._links:
            return
        address, line, column = self._links.pop()
        words = "\n".join([self._lines[line - 1][column:], *self._lines[line:]])
        ends_block = len(self._lines) > line and not self._lines[-1].strip()
        if ends_block:
            self._lines.pop()  # the address belongs to the block
        if len(self._lines) == line:
            self._lines[-1] = self._lines[-1][:column]
            lead = " " if words[:1] == " " else ""
            trail = " " if words.strip() and words[-1:] == " " else ""
            self._lines[-1] += f"{lead}{with_address(words, address)}{trail}"
        elif shown := with_address("", address):
            self._lines[-1] += f" ({shown})"
        if ends_block:
            self._lines.append("")
