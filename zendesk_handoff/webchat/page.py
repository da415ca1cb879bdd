"""The page and its files: read once, served with hashes, under a strict content policy."""

from __future__ import annotations

import gzip
import hashlib
import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zendesk_handoff.webchat.file_types import EXTENSIONS
from zendesk_handoff.webchat.identity import MIN_SECRET
from zendesk_handoff.webchat.messages import MAX_TEXT
from zendesk_handoff.webchat.uploads import MAX_FILES

HERE = Path(__file__).parent / "static"
BUNDLE = "deepChat.bundle.js"
#: In a wheel the bundle lies beside the page; in a checkout npm has put it here.
_BUNDLE_PATHS = (HERE / BUNDLE, HERE / "node_modules/deep-chat/dist" / BUNDLE)
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
NOT_INSTALLED = (
    "The chat page is not installed: its component deep-chat is missing. "
    "Run `npm ci` in zendesk_handoff/webchat/static and start the server again."
)


@dataclass(frozen=True)
class PageSettings:
    """Settings of the page, from the channel's block of ``credentials.yml``.

    Args:
        title: The heading of the chat, and the title of the browser's tab.
        greeting: Shown before the first message.
        image_sources: Hosts, besides this server, whose images the bot may show.
        identity_secret: The secrets with which the site around the page signs who its user is;
            several while they are rotated. Without one no token is taken.
        allowed_workspaces: The workspaces, besides `default`, that a page's address may ask for.
    """

    title: str = "Chat with us"
    greeting: str = "Hello! How can we help you today?"
    image_sources: Sequence[str] = ()
    identity_secret: Sequence[str] = field(default=(), repr=False)
    allowed_workspaces: Sequence[str] = ()

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any] | None) -> PageSettings:
        """Check the channel's block.

        Args:
            values: The block; ``None`` where it is empty.

        Raises:
            ValueError: With every problem of the block.
        """
        values = values if isinstance(values, Mapping) else {}
        problems = [
            f"`{key}` is not a setting; there are {', '.join(cls.__dataclass_fields__)}."
            for key in sorted(map(str, values.keys() - set(cls.__dataclass_fields__)))
        ]
        for key in ("title", "greeting"):
            if not isinstance(values.get(key, ""), str):
                problems.append(f"`{key}` must be text.")
        sources = values.get("image_sources", ())
        if not isinstance(sources, (list, tuple)) or not all(map(_is_source, sources)):
            problems.append("`image_sources` must be a list such as [https://images.example.com].")
        secrets = _listed(values.get("identity_secret", ()))
        if not all(map(_is_secret, secrets)):
            problems.append(
                f"`identity_secret` must be a text of at least {MIN_SECRET} characters, or a list "
                "of such; write it as ${CHAT_IDENTITY_SECRET}, and set that variable."
            )
        workspaces = _listed(values.get("allowed_workspaces", ()))
        if not all(isinstance(each, str) and each for each in workspaces):
            problems.append("`allowed_workspaces` must be a list such as [wholesale].")
        if problems:
            raise ValueError("zendesk_handoff.channels.WebChatInput: " + " ".join(problems))
        lists = {"image_sources": tuple(sources)}
        lists |= {"identity_secret": secrets, "allowed_workspaces": workspaces}
        return cls(**{**values, **lists})


def _listed(value: Any) -> tuple[Any, ...]:
    """Make a tuple of a list, or of a single value; YAML's empty value is one, too."""
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _is_secret(value: object) -> bool:
    return isinstance(value, str) and len(value) >= MIN_SECRET and not value.startswith("${")


def _is_source(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.startswith(("https://", "http://"))
        and not any(c in value for c in " ;,'\"")
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
        self.assets = {path.name: _asset(path) for path in self._files()}
        hashes = "".join(asset.etag for asset in self.assets.values())
        #: Part of the files' addresses: a changed file has a new one, so that caches may keep it.
        self.version = hashlib.sha256(hashes.encode()).hexdigest()[:16]
        self.html = self._fill(settings).encode()
        self.policy = _policy(settings.image_sources)

    @property
    def is_installed(self) -> bool:
        """Whether the file with deep-chat was found."""
        return self._bundle is not None

    def _files(self) -> Iterator[Path]:
        yield from sorted(path for path in HERE.iterdir() if path.suffix in _TYPES)
        if self._bundle is not None and self._bundle.parent != HERE:
            yield self._bundle

    def _fill(self, settings: PageSettings) -> str:
        values = {
            "version": self.version,
            "title": settings.title,
            "greeting": settings.greeting,
            "extensions": EXTENSIONS,
            "max_text": str(MAX_TEXT),
            "max_files": str(MAX_FILES),
        }
        text = (HERE / "index.html").read_text(encoding="utf-8")
        for name, value in values.items():
            text = text.replace("{{" + name + "}}", html.escape(value))
        return text


def _asset(path: Path) -> Asset:
    data = path.read_bytes()
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    return Asset(_TYPES[path.suffix], data, gzip.compress(data, mtime=0), etag)


def _policy(image_sources: Sequence[str]) -> str:
    """Forbid every script, style, image and connection that is not this server's.

    deep-chat sets styles from its script, which needs ``unsafe-inline``. Its Markdown also renders
    links that run a script; ``script-src`` blocks those that the page itself has not removed.
    """
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            " ".join(["img-src 'self' data: blob:", *image_sources]),
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )
