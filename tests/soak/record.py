"""What a soak has measured: latencies, memory, and what became of the attackers' requests."""

from __future__ import annotations

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

#: Seconds of one point of the plot.
INTERVAL = 10.0
#: Seconds at the beginning and at the end whose memory is compared.
_COMPARED = 60.0

#: What is measured of ordinary users. A message is taken when the server has stored it; it is
#: answered when the page shows what the bot, or an agent, has to say.
TAKEN = "message, until it is taken"
BOT = "question, until the page shows the bot's answer"
AGENT = "agent's message, until the page shows it"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies; 0 without values."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


@dataclass
class Record:
    """Measurements, by seconds since the start."""

    started: float = field(default_factory=time.monotonic)
    #: By what was asked for: time and seconds until the answer.
    latencies: dict[str, list[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    #: The same, of the time before the attackers came.
    quiet: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    #: Time and megabytes.
    memory: list[tuple[float, float]] = field(default_factory=list)
    #: By attack: answers by status; 0 stands for a closed connection.
    attacks: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    #: Times of the attackers' answers.
    attack_times: list[float] = field(default_factory=list)
    #: Answers that no ordinary user may get, by what was asked for and status; 0 for none at all.
    failures: Counter[tuple[str, int]] = field(default_factory=Counter)

    def restart(self) -> None:
        """Begin to measure: what was measured before is dropped."""
        self.latencies.clear()
        self.failures.clear()
        self.started = time.monotonic()

    def attackers_come(self) -> None:
        """Put aside what was measured without attackers, and begin to measure with them."""
        self.quiet, self.latencies = self.latencies, self.quiet
        self.latencies.clear()
        self.started = time.monotonic()

    def now(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Measure the time of an ordinary user's request, if it is answered."""
        began = self.now()
        yield
        self.latencies[what].append((began, self.now() - began))

    def attacked(self, attack: str, status: int) -> None:
        """Count an attacker's answer."""
        self.attacks[attack][status] += 1
        self.attack_times.append(self.now())

    def growth(self) -> float:
        """Return by what share memory has grown: the last minute against the first one.

        Of a run of less than two minutes, the halves are compared.
        """
        if not self.memory:
            return 0.0
        end = self.memory[-1][0]
        compared = min(_COMPARED, end / 2)
        first = [megabytes for at, megabytes in self.memory if at <= compared]
        last = [megabytes for at, megabytes in self.memory if at >= end - compared]
        return statistics.median(last) / statistics.median(first) - 1

    def p95(self, what: str) -> float:
        """Return the seconds within which 95 of 100 answers came."""
        return percentile([seconds for _at, seconds in self.latencies[what]], 0.95)

    def by_interval(self, values: Sequence[tuple[float, float]]) -> list[tuple[float, list[float]]]:
        """Group values by intervals of the plot."""
        groups: dict[int, list[float]] = defaultdict(list)
        for at, value in values:
            groups[int(at / INTERVAL)].append(value)
        return [(number * INTERVAL, groups[number]) for number in sorted(groups)]


def resident_megabytes(pid: int) -> float:
    """Read the resident memory of a process (Linux: `/proc/<pid>/status`)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
