"""The picture of a soak."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

from .record import AGENT, BOT, INTERVAL, Record, percentile


def draw(record: Record, path: Path, *, limit: float) -> None:
    """Draw latencies, memory and attacks over time.

    Args:
        record: The measurements.
        path: The SVG to write.
        limit: The latency to be kept, in seconds.
    """
    figure, (latency, memory, attacks) = plt.subplots(
        3, 1, sharex=True, figsize=(9, 7.5), constrained_layout=True
    )
    for what, label, colour in ((BOT, "the bot's", "C0"), (AGENT, "agents'", "C1")):
        groups = record.by_interval(sorted(record.latencies[what]))
        minutes = [at / 60 for at, _values in groups]
        for share, style in ((0.5, ":"), (0.95, "-")):
            values = [percentile(each, share) * 1000 for _at, each in groups]
            name = f"{label}, p{share * 100:.0f}"
            latency.plot(minutes, values, style, color=colour, label=name)
    latency.axhline(limit * 1000, color="grey", linestyle="--", linewidth=0.8)
    latency.set_ylabel("until the page shows it (ms)")
    latency.set_ylim(bottom=0)
    latency.legend(loc="upper right", ncol=4)
    memory.plot([at / 60 for at, _each in record.memory], [each for _at, each in record.memory])
    memory.set_ylabel("Rasa server's memory (MB)")
    memory.set_ylim(bottom=0)
    counts = record.by_interval([(at, 1.0) for at in sorted(record.attack_times)])
    attacks.plot([at / 60 for at, _each in counts], [len(each) / INTERVAL for _at, each in counts])
    attacks.set_ylabel("attackers' requests per second")
    attacks.set_ylim(bottom=0)
    attacks.set_xlabel("minutes")
    for each in (latency, memory, attacks):
        each.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
