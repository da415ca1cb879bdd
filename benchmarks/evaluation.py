"""Evaluation sets, which are not part of the project: checks that a benchmark has its files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tools.paths import SHARED_VARIABLE


def is_complete(benchmark: str, folder: Path, names: Iterable[str]) -> bool:
    """Check that every set is there, and print the ones that are left out.

    Args:
        benchmark: The name of the benchmark.
        folder: The folder of the sets.
        names: File names, or glob patterns.

    Returns:
        Whether nothing is missing.
    """
    missing = [name for name in names if not any(folder.glob(name))]
    if missing:
        print(
            f"{benchmark}: not measured without the evaluation sets {', '.join(missing)}, which are"
            f" not in {folder} (option --data, or the variable {SHARED_VARIABLE})"
        )
    return not missing
