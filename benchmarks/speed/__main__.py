"""Measure the table of docs/performance.md, or the named rows.

python -m benchmarks.speed [storing …]
"""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module

import uvloop

ROWS = (
    *("storing", "dialogue", "outgoing", "long_session", "long_tracker", "opening", "connected"),
    *("start", "page"),
)


def main(names: list[str]) -> int:
    """Measure and print.

    Args:
        names: Rows to measure; all of them if empty.

    Returns:
        The exit code 0: a goal that is not reached is a result, not an error.
    """
    uvloop.install()
    for name in names or ROWS:
        module = import_module(f".{name}", __package__)
        for row in asyncio.run(module.measure()):
            verdict = {True: "reached", False: "NOT reached", None: "not measured"}[row.reached]
            print(f"{row.what}\n  against {row.against}")
            print(f"  {row.ratio}, to reach {row.goal}: {verdict}  ({row.detail})", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
