"""Tests that read the optional folder ``../shared``, which a clone does not have.

Such a test is marked ``shared`` and skipped where its data are missing; ``tools/test.py`` counts
and names them at the end of a run.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.paths import SHARED

#: Key of the property that says in a test's report what became of it: `RAN` or `LEFT_OUT`.
PROPERTY = "shared"
RAN, LEFT_OUT = "ran", "left out"


def needs_shared(*patterns: str | Path) -> pytest.MarkDecorator:
    """Mark a test, a class or a module (``pytestmark``) that reads files of the folder.

    Args:
        *patterns: Paths or glob patterns relative to the folder. An absolute path must lie in it.
    """
    assert patterns, "name the files that are needed"
    return pytest.mark.shared(*(_relative(pattern) for pattern in patterns))


def missing(*patterns: str | Path) -> list[str]:
    """List the patterns that match no file of the folder."""
    return [name for name in map(_relative, patterns) if not any(SHARED.glob(name))]


def check_shared(item: pytest.Item) -> None:
    """Skip a test whose marker names files that are missing, and note what became of it.

    Only a folder that is missing as a whole excuses a test in CI: one in which a file is missing
    is an error of that machine, and its skip is reported like any other.
    """
    patterns = [name for mark in item.iter_markers("shared") for name in mark.args]
    if not patterns:
        return
    if not SHARED.is_dir():
        item.user_properties.append((PROPERTY, LEFT_OUT))
        pytest.skip(f"needs the folder ../shared: {', '.join(patterns)}")
    if absent := missing(*patterns):
        pytest.skip(f"missing in the folder ../shared: {', '.join(absent)}")
    item.user_properties.append((PROPERTY, RAN))


def _relative(pattern: str | Path) -> str:
    path = Path(pattern)
    return str(path.relative_to(SHARED) if path.is_absolute() else path)
