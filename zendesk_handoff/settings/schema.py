"""Settings declared once: a dataclass field says how it is read, reported and documented.

```python
@dataclass(frozen=True)
class Limits:
    pause: float = setting(seconds, "Seconds between two attempts.", default=2.0)
```

`read_block` makes such an object of a YAML mapping, `markdown_table` its documentation.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar, cast

from zendesk_handoff.errors import Problem

T = TypeVar("T")

#: Stands for a text with an environment variable that is not set, which is a problem already.
UNSET: Any = object()
_ABSENT: Any = object()
_KEY = "setting"


@dataclass(frozen=True)
class Setting:
    """The declaration of one setting, kept in the metadata of its field; see `setting`."""

    read: Callable[[Any, str], Any] | type[Any]
    doc: str
    default: Any = _ABSENT
    example: str = ""
    shown: str = ""
    key: str = ""
    only_if: tuple[str, str] | None = None
    by_id: bool = False
    listed: bool = False
    for_server: bool = False


def setting(
    read: Callable[[Any, str], T],
    doc: str,
    *,
    default: Any = _ABSENT,
    computed: Callable[[Mapping[str, Any]], T] | None = None,
    example: str = "",
    shown: str = "",
    key: str = "",
    only_if: tuple[str, str] | None = None,
    secret: bool = False,
    for_server: bool = False,
) -> T:
    """Declare a setting as a dataclass field.

    Args:
        read: The reader of its value, see `zendesk_handoff.settings.values`.
        doc: One sentence for the documentation, as Markdown.
        default: The value where the key is absent; without one the setting must be written.
        computed: A default from the values read before, by field name.
        example: A right value for the report; the default where there is one.
        shown: The default as the documentation shows it, where it is no plain value.
        key: The key in YAML; by default the field's name.
        only_if: An earlier field and the value that it must have; else this one is not read, and
            an empty default says that it must be written then.
        secret: Whether the value is left out of the object's ``repr``.
        for_server: Whether only the Rasa server needs the value, and no action is given it.
    """
    needed = computed is None and (default is _ABSENT or (only_if is not None and default == ""))
    declared = Setting(
        read,
        f"{doc} Never logged." if secret else doc,
        _ABSENT if needed else computed or default,
        example or _plain(default) or "a value",
        shown or ("(needed)" if needed else _plain(default) and f"`{_plain(default)}`"),
        key,
        only_if,
        for_server=for_server,
    )
    found: Any = field(
        default=MISSING if default is _ABSENT else default,
        repr=not secret,
        metadata={_KEY: declared},
    )
    return cast(T, found)


def block(declared: type[Any], doc: str = "") -> Mapping[str, Any]:
    """Declare a block of settings inside another one, as the metadata of its field.

    Args:
        declared: The dataclass of the block.
        doc: One sentence that stands in the documentation for all of the block's settings.
    """
    return {_KEY: Setting(declared, doc, shown="(none)")}


def blocks(declared: type[T]) -> Mapping[str, T]:
    """Declare several blocks of the same kind, each under its id, as a dataclass field."""
    found: Any = field(metadata={_KEY: Setting(declared, "", by_id=True)})
    return cast("Mapping[str, T]", found)


def block_list(declared: type[T]) -> tuple[T, ...]:
    """Declare a list of blocks of the same kind as a dataclass field; it may be left out."""
    found: Any = field(default=(), metadata={_KEY: Setting(declared, "", listed=True)})
    return cast("tuple[T, ...]", found)


def settings_of(declared: type[Any]) -> list[tuple[Field[Any], Setting]]:
    """List the fields of a dataclass that are settings, with their declarations."""
    return [(item, item.metadata[_KEY]) for item in fields(declared) if _KEY in item.metadata]


def read_block(
    declared: type[T], content: Any, where: str, problems: list[Problem], **given: Any
) -> T | None:
    """Read a mapping into a dataclass, and note every problem on the way.

    Args:
        declared: The dataclass.
        content: The mapping as YAML has it.
        where: Its key with a dot behind it; empty for the outermost.
        problems: The list that gets the problems.
        given: Values of fields that are no settings.

    Returns:
        The object, or nothing where there is no mapping. A value with a problem is ``None`` in
        it: the caller reports the problems and drops the object.
    """
    if not isinstance(content, Mapping):
        problems.append(Problem(where.rstrip("."), "must be a block of settings."))
        return None
    declarations = settings_of(declared)
    known = [found.key or item.name for item, found in declarations]
    problems += [Problem(f"{where}{key}", hint) for key, hint in unknown_keys(content, known)]
    values = dict(given)
    for key, (item, found) in zip(known, declarations, strict=True):
        if not found.only_if or values[found.only_if[0]] == found.only_if[1]:
            value = content.get(key, _ABSENT)
            values[item.name] = _read(found, value, f"{where}{key}", values, problems)
    return declared(**values)


def unknown_keys(content: Iterable[Any], known: list[str]) -> Iterator[tuple[Any, str]]:
    """Yield each unknown key, with a hint at the most similar setting."""
    for key in content:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(known)}."
            yield key, f"is not a setting; {hint}"


def markdown_table(declared: type[Any]) -> str:
    """Write the documentation of a dataclass's settings as a Markdown table."""
    table = [("key", "default", "meaning"), ("---", "---", "---"), *_rows(declared, "")]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in table)


def _rows(declared: type[Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    for item, found in settings_of(declared):
        key = f"{prefix}{found.key or item.name}"
        if isinstance(found.read, type) and not found.doc:
            one = ".<id>" if found.by_id else ".<n>" if found.listed else ""
            yield from _rows(found.read, f"{key}{one}.")
        else:
            yield f"`{key}`", found.shown, found.doc


def _read(
    found: Setting, value: Any, where: str, values: Mapping[str, Any], problems: list[Problem]
) -> Any:
    if value is UNSET or (isinstance(value, list) and UNSET in value):
        return None
    if isinstance(found.read, type) and found.listed:
        return _read_list(found.read, value, where, problems)
    if isinstance(found.read, type):
        return _read_blocks(found.read, value, where, problems, by_id=found.by_id)
    if value is None and (found.default in (None, _ABSENT) or isinstance(found.default, tuple)):
        value = _ABSENT  # a key with nothing behind it
    if value is _ABSENT and found.default is not _ABSENT:
        return found.default(values) if callable(found.default) else found.default
    try:
        if value is _ABSENT:
            raise ValueError(f"is missing; write {found.example}.")
        return found.read(value, found.example)
    except ValueError as error:
        problems.append(Problem(where, str(error)))
        return None


def _read_blocks(
    declared: type[Any], value: Any, where: str, problems: list[Problem], *, by_id: bool
) -> Any:
    if not by_id:
        content = {} if value is None or value is _ABSENT else value
        return read_block(declared, content, f"{where}.", problems)
    if not isinstance(value, Mapping) or not value:
        problems.append(Problem(where, "must hold at least one block, by its id."))
        return {}
    return {
        str(name): read_block(declared, entry, f"{where}.{name}.", problems, id=str(name))
        for name, entry in value.items()
    }


def _read_list(
    declared: type[Any], value: Any, where: str, problems: list[Problem]
) -> tuple[Any, ...]:
    if value is None or value is _ABSENT:
        return ()
    if not isinstance(value, list):
        problems.append(Problem(where, "must be a list of blocks, each behind a `-`."))
        return ()
    return tuple(
        read_block(declared, entry, f"{where}.{number}.", problems)
        for number, entry in enumerate(value, 1)
    )


def _plain(default: Any) -> str:
    """Write a default as YAML has it."""
    if default is _ABSENT:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if default is None:
        return "off"
    if isinstance(default, (tuple, frozenset)):
        return f"[{', '.join(default if isinstance(default, tuple) else sorted(default))}]"
    return f"{default:g}" if isinstance(default, float) else str(default)
