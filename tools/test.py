"""Run the tests, and say what this machine could not run.

With ``CI=true`` leaving anything out is a failure.
"""

from __future__ import annotations

import os
import sys

import pytest

#: Each has servers of its own. Stories wait more than they work: one more than there are cores.
_WORKERS = min((os.cpu_count() or 1) + 1, 4)


class LeftOut:
    """Collects the reasons for which tests were skipped."""

    def __init__(self) -> None:
        """Begin with none."""
        self.reasons: dict[str, int] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a skipped test."""
        if report.skipped:
            self._note(report.longrepr)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a skipped module."""
        if report.skipped:
            self._note(report.longrepr)

    def _note(self, longrepr: object) -> None:
        reason = str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr)
        reason = reason.removeprefix("Skipped: ")
        self.reasons[reason] = self.reasons.get(reason, 0) + 1


def main() -> int:
    """Run pytest with what was given on the command line.

    Returns:
        The exit code: pytest's, or 1 when CI had to leave something out.
    """
    left_out = LeftOut()
    # All of it at once is a matter of minutes on two cores: servers that start are waited for.
    arguments = sys.argv[1:] or ["-n", str(_WORKERS), "--dist", "loadfile"]
    code = int(pytest.main(arguments, plugins=[left_out]))
    if not left_out.reasons:
        return code
    sys.stdout.write("\nLeft out on this machine:\n")
    for reason, count in sorted(left_out.reasons.items()):
        sys.stdout.write(f"  {count} x {reason}\n")
    if os.environ.get("CI") == "true":
        sys.stdout.write("CI leaves nothing out: install what is missing.\n")
        return code or 1
    return code


if __name__ == "__main__":
    sys.exit(main())
