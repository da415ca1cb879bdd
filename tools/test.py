"""Run the tests and report the ones that this machine could not run.

With ``CI=true`` every skip is a failure. The exception are tests marked ``shared`` in a checkout
without the optional folder ``../shared``: they are counted and named at the end.
"""

from __future__ import annotations

import os
import sys
from collections import Counter

import pytest

#: Each worker starts its own servers and waits for them most of the time, hence two more workers
#: than there are cores.
_WORKERS = min((os.cpu_count() or 1) + 2, 4)
#: A file stays on one worker, with its servers (tests/support/scheduling.py). Files start in the
#: order of the collection.
_ORDER = ("--dist", "loadfile", "--no-loadscope-reorder")


class Skips:
    """The skipped tests of a run, by reason, and the tests that need ``../shared``, by file."""

    def __init__(self) -> None:
        """Start with empty counters."""
        self.reasons: Counter[str] = Counter()
        self.shared_ran: Counter[str] = Counter()
        self.shared_left_out: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test that was skipped or that needs the folder."""
        state = dict(report.user_properties).get("shared")
        file = report.nodeid.partition("::")[0]
        if report.skipped and state == "left out":
            self.shared_left_out[file] += 1
        elif report.skipped:
            self._count(report.longrepr)
        elif report.when == "call" and state == "ran":
            self.shared_ran[file] += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a module that was skipped as a whole."""
        if report.skipped:
            self._count(report.longrepr)

    def _count(self, longrepr: object) -> None:
        reason = str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
        self.reasons[reason.removeprefix("Skipped: ")] += 1

    def summary(self) -> str:
        """Format what is reported at the end of a run."""
        lines = [
            *_by_file("Tests that used ../shared", self.shared_ran),
            *_by_file("Tests left out because there is no folder ../shared", self.shared_left_out),
        ]
        if self.reasons:
            lines += ["", f"Skipped on this machine: {self.reasons.total()}"]
            lines += [f"  {count} x {reason}" for reason, count in sorted(self.reasons.items())]
        return "".join(f"{line}\n" for line in lines)


def _by_file(title: str, tests: Counter[str]) -> list[str]:
    if not tests:
        return []
    return [
        "",
        f"{title}: {tests.total()}",
        *(f"  {n} x {file}" for file, n in sorted(tests.items())),
    ]


def main() -> int:
    """Run pytest with the arguments of the command line.

    Returns:
        The exit code: pytest's, or 1 if CI skipped a test that it must run.
    """
    skips = Skips()
    arguments = sys.argv[1:] or ["-n", str(_WORKERS), *_ORDER]
    code = int(pytest.main(arguments, plugins=[skips]))
    sys.stdout.write(skips.summary())
    if skips.reasons and os.environ.get("CI") == "true":
        sys.stdout.write("CI runs every test: install what is missing.\n")
        return code or 1
    return code


if __name__ == "__main__":
    sys.exit(main())
