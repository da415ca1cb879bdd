"""The page and its files: read once, served with hashes, under a strict content policy."""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from zendesk_handoff.webchat.file_types import EXTENSIONS
from zendesk_handoff.webchat.messages import MAX_TEXT
from zendesk_handoff.webchat.page_settings import PageSettings, localized
from zendesk_handoff.webchat.uploads import MAX_BYTES, MAX_FILES
from zendesk_handoff.webchat.words import LAUNCHER, languages, words_in

HERE = Path(__file__).parent / "static"
BUNDLE = "deepChat.bundle.js"
#: In a wheel the bundle lies beside the page; in a checkout npm has put it here.
_BUNDLE_PATHS = (HERE / BUNDLE, HERE / "node_modules/deep-chat/dist" / BUNDLE)
_WIDGET = "widget.js"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PLACEHOLDER = re.compile(r"\{\{([\w.]+)\}\}")
NOT_INSTALLED = (
    "The chat page is not installed: its component deep-chat is missing. "
    "Run `npm ci` in zendesk_handoff/webchat/static and start the server again."
)


@dataclass(frozen=True)
class Asset:
    """A file of the page.

    Args:
        content_type: For example ``text/css; charset=utf-8``.
        data: The content.
        gzipped: The content, compressed.
        etag: The hash of the content, quoted.
    """

    content_type: str
    data: bytes = field(repr=False)
    gzipped: bytes = field(repr=False)
    etag: str


class Page:
    """The page as it is served.

    Args:
        settings: The page's settings.
        bundle: The file with deep-chat; one of the usual paths by default.
    """

    def __init__(self, settings: PageSettings, *, bundle: Path | None = None) -> None:
        """Read the files."""
        self._bundle = bundle or next((path for path in _BUNDLE_PATHS if path.is_file()), None)
        self.assets = {path.name: _asset(path.suffix, path.read_bytes()) for path in self._files()}
        hashes = "".join(asset.etag for asset in self.assets.values())
        #: Part of the files' addresses: a changed file has a new one, so that caches may keep it.
        self.version = hashlib.sha256(hashes.encode()).hexdigest()[:16]
        #: The page in each language.
        self.html = {each: self._fill(settings, each) for each in languages()}
        #: The launcher for other sites; its address has no version.
        self.widget = _widget(settings)
        self.policy = _policy(settings)

    @property
    def is_installed(self) -> bool:
        """Whether the file with deep-chat was found."""
        return self._bundle is not None

    def _files(self) -> Iterator[Path]:
        files = (path for path in HERE.iterdir() if path.suffix in _TYPES)
        yield from sorted(path for path in files if path.name != _WIDGET)
        if self._bundle is not None and self._bundle.parent != HERE:
            yield self._bundle

    def _fill(self, settings: PageSettings, language: str) -> bytes:
        words = words_in(language)
        title = localized(settings.title, language) or words["title"]
        script = {
            "words": words,
            "language": language,
            "greeting": localized(settings.greeting, language) or words["greeting"],
            "extensions": EXTENSIONS,
            "maxText": MAX_TEXT,
            "maxFiles": MAX_FILES,
            "maxBytes": MAX_BYTES,
            "embedOrigins": list(settings.embed_origins),
        }
        values = {
            **{f"words.{key}": text for key, text in words.items()},
            "version": self.version,
            "language": language,
            "title": title,
            "name": settings.theme.name or title,
            "logo": settings.theme.logo,
            "settings": _json(script),
            "style": _style(settings),
        }
        template = (HERE / "index.html").read_text(encoding="utf-8")
        # JSON and style have no mark-up: their values are escaped or checked.
        literal = {"settings", "style"}
        return _PLACEHOLDER.sub(
            lambda match: (
                values[match[1]] if match[1] in literal else html.escape(values[match[1]])
            ),
            template,
        ).encode()


def _json(value: Any) -> str:
    """Write JSON that may stand within an element ``script``, and within a script."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _style(settings: PageSettings) -> str:
    """Write the theme's variables."""
    light, dark = (
        "".join(f"{name}:{value};" for name, value in settings.theme.variables[scheme].items())
        for scheme in ("light", "dark")
    )
    return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _widget(settings: PageSettings) -> Asset:
    words = {
        language: {
            key.removeprefix(LAUNCHER): text
            for key, text in words_in(language).items()
            if key.startswith(LAUNCHER)
        }
        for language in languages()
    }
    values = {
        "words": words,
        "title": {each: localized(settings.title, each) for each in languages()},
        "position": settings.theme.position,
        "style": settings.theme.variables["light"],
    }
    script = (HERE / _WIDGET).read_text(encoding="utf-8").replace('"{{settings}}"', _json(values))
    return _asset(".js", script.encode())


def _asset(suffix: str, data: bytes) -> Asset:
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    return Asset(_TYPES[suffix], data, gzip.compress(data, mtime=0), etag)


def _policy(settings: PageSettings) -> str:
    """Forbid every script, style, image and connection that is not this server's.

    deep-chat sets styles from its script, which needs ``unsafe-inline``. Its Markdown also renders
    links that run a script; ``script-src`` blocks those that the page itself has not removed.
    """
    images = [*settings.image_sources]
    if settings.theme.logo.startswith("https:"):
        images.append(f"https://{urlsplit(settings.theme.logo).netloc}")
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            " ".join(["img-src 'self' data: blob:", *images]),
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            " ".join(["frame-ancestors 'self'", *settings.embed_origins]),
        ]
    )
