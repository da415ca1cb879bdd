"""Run every benchmark: ``make bench``."""

from __future__ import annotations

import subprocess
import sys

MODULES = (
    "benchmarks.frustration",
    "benchmarks.intent",
    "benchmarks.other_bots",
    "benchmarks.summary",
    "benchmarks.speed",
)


def main() -> int:
    """Run the benchmarks one after the other, each in a process of its own.

    Returns:
        The highest exit code.
    """
    return max(subprocess.call([sys.executable, "-m", module]) for module in MODULES)


if __name__ == "__main__":
    sys.exit(main())
