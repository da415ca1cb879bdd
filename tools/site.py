"""MkDocs' hook for the site: pages of the repository outside of ``docs/``, and foreign resources.

A page of `PAGES` becomes a page of the site under ``repository/``, where its folders are the
repository's. Links between pages are written for the repository, where they can be followed too,
and are rewritten here. Everything that does not resolve is MkDocs' to report: ``--strict`` fails.
"""

from __future__ import annotations

import logging
import posixpath
import re
from typing import TYPE_CHECKING

from tools.paths import ROOT

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

#: Pages outside of ``docs/``, by their path in the repository.
PAGES = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "simulator/README.md",
    "zendesk_handoff/store/engine/migrations/README.md",
)
_FOLDER = "repository/"
_FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s#:]+)(#[^)\s]*)?\)")
#: What a browser loads by itself, from another host than the page's.
_FOREIGN = re.compile(
    r"<(?:script|link|img|iframe|source|video|audio|object)\b[^>]*?"
    r"\b(?:src|href|data)=[\"']?((?:https?:)?//[^\"'\s>]+)"
)
#: MkDocs counts the warnings of loggers below its own.
_log = logging.getLogger("mkdocs.hooks.site")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages outside of ``docs/``."""
    from mkdocs.structure.files import File

    for path in PAGES:
        files.append(File.generated(config, _FOLDER + path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite a page's links from the repository's folders to the site's."""
    del config, files
    parts = _FENCED.split(markdown)
    parts[::2] = [rewrite(part, page.file.src_uri) for part in parts[::2]]
    return "".join(parts)


def rewrite(text: str, uri: str) -> str:
    """Rewrite the links of a text.

    Args:
        text: Markdown without fenced blocks.
        uri: The page's path in the site.
    """
    own = in_repository(uri)

    def of_site(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(own), link[1]))
        known = in_site(target)
        if known is None:
            return link[0]
        relative = posixpath.relpath(known, posixpath.dirname(uri) or ".")
        return f"]({relative}{link[2] or ''})"

    return _LINK.sub(of_site, text)


def in_repository(uri: str) -> str:
    """Map a path in the site to the path in the repository."""
    return uri.removeprefix(_FOLDER) if uri.startswith(_FOLDER) else f"docs/{uri}"


def in_site(path: str) -> str | None:
    """Map a path in the repository to the path in the site, if the site has the file."""
    if path in PAGES:
        return _FOLDER + path
    return path.removeprefix("docs/") if path.startswith("docs/") else None


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Warn of resources that a page would load from another host."""
    del config
    for address in foreign(output):
        _log.warning("%s loads %s", page.file.src_uri, address)
    return output


def foreign(html: str) -> list[str]:
    """Find the addresses at other hosts from which a browser would load something."""
    return _FOREIGN.findall(html)
