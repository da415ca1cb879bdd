"""Run the soak and report it.

python -m tests.soak [--quiet 2] [--minutes 10] [--pages 2000] [--sessions 200] [--picture soak.svg]
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path

import sqlalchemy as sa
import uvloop

from simulator import SimulatorClient
from tests.support.servers import Stack

from .attackers import ATTACKS, Attacker
from .plot import draw
from .record import AGENT, BOT, TAKEN, Record, percentile, resident_megabytes
from .visitors import Visitor, Visitors, lost, talk, wonder

#: Seconds: 95 of 100 answers to ordinary users take less, those of the bot and those of agents.
_LATENCY = 0.3
#: The share by which memory may grow.
_GROWTH = 0.05
#: Seconds between two messages of a conversation with an agent, and for all others together
#: between two questions to the bot.
_TALK_EVERY = 30.0
_BOT_EVERY = 1.0
#: Seconds between two visitors who ask for an agent, before the measurement.
_ASK_EVERY = 0.4
#: Seconds for the answers that are under way at the end.
_LAST_ANSWERS = 60.0
#: All visitors come within a minute, which a site of that size would allow. The other limits are
#: those by default.
_LIMITS = {"conversations": 6000, "handovers_per_connector": 1000, "handovers": 1000}


async def soak(
    stack: Stack, record: Record, *, quiet: float, minutes: float, pages: int, sessions: int
) -> int:
    """Run visitors and attackers; return how many messages were lost or doubled.

    Args:
        stack: The servers, started.
        record: Gets the measurements.
        quiet: Minutes without attackers, from the time at which all visitors are there.
        minutes: Minutes with them, after that.
        pages: The number of visitors, each of whom holds a stream.
        sessions: Those of them who talk to an agent.
    """
    visitors, end = Visitors(stack.rasa_url, record), asyncio.Event()
    everybody = [visitors.visitor(number) for number in range(pages)]
    tasks: list[asyncio.Task[None]] = []
    async with SimulatorClient(stack.simulator_url) as sim:
        for each in everybody:
            await each.begin()
            tasks.append(asyncio.create_task(each.listen()))
        _say(f"{pages} pages are open")
        talkers, others = everybody[:sessions], everybody[sessions:]
        talks = []
        for each in talkers:
            talking = talk(each, sim, partial(_conversation, stack), every=_TALK_EVERY, end=end)
            talks.append(asyncio.create_task(talking))
            await asyncio.sleep(_ASK_EVERY)
        await asyncio.gather(*(each.is_connected.wait() for each in talkers))
        _say(f"{sessions} of them have an agent; the measurement begins")
        record.restart()
        every = _BOT_EVERY * len(others)
        talks += [asyncio.create_task(wonder(each, every=every, end=end)) for each in others]
        await asyncio.sleep(quiet * 60)
        record.attackers_come()
        _say("the attackers come")
        attacks = [
            asyncio.create_task(attack(Attacker(stack.rasa_url, number, record)))
            for number, attack in enumerate(ATTACKS, 1)
        ]
        while record.now() < minutes * 60:
            record.memory.append((record.now(), resident_megabytes(stack.rasa_pid)))
            await asyncio.sleep(1)
        end.set()
        for each in attacks:
            each.cancel()
        await asyncio.gather(*attacks, return_exceptions=True)
        _say("the attackers are gone; the last answers are awaited")
        _done, late = await asyncio.wait(talks, timeout=_LAST_ANSWERS)
        for task in late:
            task.cancel()
        found = 0
        for each in talkers:
            found += await _lost(each, sim)
        for task in tasks:
            task.cancel()
        await visitors.close()
    return found


async def _conversation(stack: Stack, sender: str) -> str | None:
    """Wait for a sender's session with an agent; ``None`` if the handover has failed."""
    query = sa.text(
        "SELECT state, conversation_id FROM sessions WHERE sender_id = :sender"
        " ORDER BY created_at DESC"
    )
    engine = sa.create_engine(stack.store_url, poolclass=sa.pool.NullPool)
    for _ in range(30):
        with engine.connect() as connection:
            row = connection.execute(query, {"sender": sender}).first()
        if row is not None and row.state in {"waiting", "active"}:
            return str(row.conversation_id)
        if row is not None and row.state == "failed":
            break
        await asyncio.sleep(1)
    return None


async def _lost(visitor: Visitor, sim: SimulatorClient) -> int:
    """Count what is missing once everything should have arrived; wait for what is under way."""
    for _ in range(30):
        messages = await sim.messages(visitor.conversation)
        found = lost(visitor, [each["content"].get("text") for each in messages])
        if not found:
            return 0
        await asyncio.sleep(1)
    return found


def report(record: Record, lost_messages: int) -> bool:
    """Print what was measured; return whether it is as it should be."""
    growth = record.growth()
    print("| ordinary users | measured | p50 ms | p95 ms | p99 ms |")
    print("| --- | --- | --- | --- | --- |")
    for latencies, when in ((record.quiet, "without attackers"), (record.latencies, "with them")):
        for what in (BOT, AGENT, TAKEN):
            of_it = [seconds for _at, seconds in latencies[what]]
            shares = " | ".join(f"{percentile(of_it, s) * 1000:.0f}" for s in (0.5, 0.95, 0.99))
            print(f"| {what}, {when} | {len(of_it)} | {shares} |")
    print("\n| attack | answers by status (0: connection closed) |\n| --- | --- |")
    for attack, statuses in sorted(record.attacks.items()):
        print(f"| {attack} | {', '.join(f'{s}: {n}' for s, n in sorted(statuses.items()))} |")
    errors = sum(n for each in record.attacks.values() for s, n in each.items() if s >= 500)
    memory = [megabytes for _at, megabytes in record.memory]
    print(f"\ngoal for the p95 of each: {_LATENCY * 1000:.0f} ms")
    print(
        f"memory: {memory[0]:.0f} to {memory[-1]:.0f} MB; last minute against first "
        f"{growth:+.1%} (goal {_GROWTH:.0%})"
    )
    print(f"messages lost or doubled: {lost_messages}; answers of 5xx: {errors}")
    print(f"ordinary users' refusals: {dict(record.failures) or 'none'}")
    are_fast = all(0 < record.p95(what) < _LATENCY for what in (BOT, AGENT, TAKEN))
    is_flat = growth <= _GROWTH
    is_right = are_fast and is_flat and not (lost_messages or errors or record.failures)
    print("as it should be" if is_right else "NOT as it should be")
    return is_right


def main(arguments: list[str]) -> int:
    """Run it.

    Args:
        arguments: Of the command line.

    Returns:
        The exit code: 1 if something was not as it should be.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--quiet", type=float, default=2, help="minutes before the attackers")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--picture", type=Path, help="an SVG to write")
    options = parser.parse_args(arguments)
    uvloop.install()
    logging.getLogger("asyncio").addFilter(_is_no_refused_body)
    record = Record()
    with tempfile.TemporaryDirectory() as folder:
        with Stack(Path(folder), settings={"limits": _LIMITS}) as stack:
            counted = soak(
                stack,
                record,
                quiet=options.quiet,
                minutes=options.minutes,
                pages=options.pages,
                sessions=options.sessions,
            )
            lost_messages = asyncio.run(counted)
    is_right = report(record, lost_messages)
    if options.picture:
        draw(record, options.picture, limit=_LATENCY)
    return 0 if is_right else 1


def _is_no_refused_body(line: logging.LogRecord) -> bool:
    """Leave out what nobody waits for: the rest of a body whose sender was refused meanwhile."""
    return "exception was never retrieved" not in line.getMessage()


def _say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
