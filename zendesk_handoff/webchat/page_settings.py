"""Settings of the chat page, from the channel's block of ``credentials.yml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zendesk_handoff.webchat.identity import MIN_SECRET
from zendesk_handoff.webchat.origins import is_origin
from zendesk_handoff.webchat.theme import Theme, theme_problems
from zendesk_handoff.webchat.words import languages

#: A text for every language, or one for each.
Localized = str | Mapping[str, str]


@dataclass(frozen=True)
class PageSettings:
    """Settings of the page.

    Args:
        title: The heading of the chat, and the title of the browser's tab; the built-in words of
            the user's language by default.
        greeting: Shown before the first message; the built-in words by default.
        theme: Colour, name, logo and position.
        embed_origins: The origins of other sites that may show the chat in a frame.
        image_sources: Hosts, besides this server, whose images the bot may show.
        identity_secret: The secrets with which the site around the page signs who its user is;
            several while they are rotated. Without one no token is taken.
        allowed_workspaces: The workspaces, besides `default`, that a page's address may ask for.
    """

    title: Localized = ""
    greeting: Localized = ""
    theme: Theme = field(default_factory=Theme)
    embed_origins: Sequence[str] = ()
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
        problems = list(_problems(values, cls.__dataclass_fields__))
        if problems:
            raise ValueError("zendesk_handoff.channels.WebChatInput: " + " ".join(problems))
        checked: dict[str, Any] = {key: _checked(key, value) for key, value in values.items()}
        return cls(**checked)


def localized(value: Localized, language: str) -> str:
    """Return a setting's text in a language; the first that is given where it has none in that.

    Args:
        value: The setting's value.
        language: For example ``de``.
    """
    if isinstance(value, str):
        return value
    return value.get(language) or next(iter(value.values()), "")


def _problems(values: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(map(str, values.keys() - known.keys())):
        yield f"`{key}` is not a setting; there are {', '.join(known)}."
    for key in ("title", "greeting"):
        if not _is_localized(values.get(key, "")):
            yield (
                f"`{key}` must be text, or a text for each language, such as "
                f"{{en: Chat, de: Chat}}; the languages are {', '.join(languages())}."
            )
    yield from theme_problems(values.get("theme", {}))
    if not all(map(is_origin, _listed(values.get("embed_origins", ())))):
        yield (
            "`embed_origins` must be a list of origins, without a path, such as "
            "[https://shop.example.com]."
        )
    sources = values.get("image_sources", ())
    if not isinstance(sources, (list, tuple)) or not all(map(_is_source, sources)):
        yield "`image_sources` must be a list such as [https://images.example.com]."
    if not all(map(_is_secret, _listed(values.get("identity_secret", ())))):
        yield (
            f"`identity_secret` must be a text of at least {MIN_SECRET} characters, or a list "
            "of such; write it as ${CHAT_IDENTITY_SECRET}, and set that variable."
        )
    workspaces = _listed(values.get("allowed_workspaces", ()))
    if not all(isinstance(each, str) and each for each in workspaces):
        yield "`allowed_workspaces` must be a list such as [wholesale]."


def _checked(key: str, value: Any) -> Any:
    if key == "theme":
        return Theme(**value)
    return value if key in {"title", "greeting"} else _listed(value)


def _listed(value: Any) -> tuple[Any, ...]:
    """Make a tuple of a list, or of a single value; YAML's empty value is one, too."""
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _is_localized(value: object) -> bool:
    if isinstance(value, Mapping):
        return bool(value) and all(
            key in languages() and isinstance(text, str) for key, text in value.items()
        )
    return isinstance(value, str)


def _is_secret(value: object) -> bool:
    return isinstance(value, str) and len(value) >= MIN_SECRET and not value.startswith("${")


def _is_source(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.startswith(("https://", "http://"))
        and not any(c in value for c in " ;,'\"")
    )
