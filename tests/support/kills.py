"""Kills of a server at a place, and the comparison of the places with the table."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.support.kill_places import BY_TIMING, PLACES
from tests.support.killable import ARMED, PASSED
from tests.support.recovery import TAKEOVER
from tests.support.waiting import until

DATABASES = ("sqlite", "postgresql")
#: Of so many places `make test` kills at one.
_EVERY = 18
#: Looks, a tenth of a second apart, at which no place was passed and no server had anything to do:
#: then all are quiet. On a busy machine a server may wait for a processor longer than that.
_QUIET = 4


def kills(scenario):
    """Parametrize a test: without a kill, and with one at every place; on both databases.

    Without a kill the places that are passed are compared with the table. `make kills` runs all;
    `make test` runs each scenario without a kill, and kills at every eighteenth place once, on the
    databases in turn.
    """
    cases = []
    for database in DATABASES:
        marks = () if _RECORDED[scenario] == database else pytest.mark.exhaustive
        cases.append(pytest.param(database, None, id=f"{database}-recorded", marks=marks))
    for place in places_of(scenario):
        for database in DATABASES:
            marks = () if _CHOSEN.get((scenario, place)) == database else pytest.mark.exhaustive
            cases.append(pytest.param(database, place, id=f"{database}-{place}", marks=marks))

    def decorate(test):
        return pytest.mark.kills(scenario)(
            pytest.mark.parametrize(("database", "place"), cases)(test)
        )

    return decorate


def places_of(scenario):
    """List the places of a scenario."""
    return next(part[scenario] for part in PLACES.values() if scenario in part)


def _choose():
    """Choose a scenario and a database for each place at which `make test` kills."""
    seen = {}
    for part in PLACES.values():
        for scenario, places in part.items():
            for place in places:
                seen.setdefault(place, scenario)
    return {
        (scenario, place): DATABASES[number % len(DATABASES)]
        for number, (place, scenario) in enumerate(list(seen.items())[::_EVERY])
    }


_CHOSEN = _choose()
_SCENARIOS = [scenario for part in PLACES.values() for scenario in part]
_RECORDED = {each: DATABASES[number % 2] for number, each in enumerate(_SCENARIOS)}


def _state(pid):
    """Read the state of a process, as proc(5) names them."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def disarm(stack):
    """Let no process kill itself any more."""
    (stack.folder / ARMED).unlink(missing_ok=True)


class Kill:
    """A run of a scenario: a server is killed at a place (SIGKILL), or none is.

    The block of ``async with`` holds the scenario's action. Nothing is passed before it but what
    the test has prepared; after it, the killed server has been started again.

    Args:
        stack: The servers.
        scenario: The name in the table of places.
        place: The place of the kill; without one, all places are passed and compared.
    """

    def __init__(self, stack, scenario="", place=None):
        self.place = place
        #: The places that were passed before the kill.
        self.passed_before = set()
        self._stack = stack
        self._scenario = scenario
        self._armed = stack.folder / ARMED
        self._passed = stack.folder / PASSED

    async def __aenter__(self):
        self._passed.touch()
        await self._is_quiet()
        self._passed.write_text("")
        if self.place:
            self._armed.write_text(self.place)
        return self

    async def __aexit__(self, kind, error, traceback):
        if kind is not None:
            return
        if self.place:
            await self._is_dead(self.place)
            self.passed_before = self.passed()
            self._stack.let_claims_expire()
            await self.restart(self.place)
        else:
            await self._are_all_passed()

    @asynccontextmanager
    async def before(self, place):
        """Kill a server while the scenario is prepared; the test restarts it."""
        self._passed.write_text("")
        self._armed.write_text(place)
        yield
        await self._is_dead(place)

    async def restart(self, place):
        """Start the process of a place again; where it is to die again, it may do so at once."""
        process, is_armed = self._process(place), self._armed.exists()
        process.stop()
        try:
            await asyncio.to_thread(process.start)
        except RuntimeError:
            if not is_armed or self._armed.exists():
                raise

    def may_be_repeated(self, answer):
        """Tell whether an answer with pending messages was sent, and that may not have been noted.

        A commit can be done although the process was killed before it had passed the place.
        """
        is_noted = "rasa: PendingMessages.mark_delivered" in self.passed_before
        return self.place is not None and bool(answer) and not is_noted

    async def is_at(self, place):
        """Wait until a process has passed a place, since the last kill was prepared."""

        async def is_passed():
            return place in self.passed()

        await until(is_passed, timeout=TAKEOVER)

    def passed(self):
        """List the places that were passed; of several passes, the second one ends with #2."""
        times = Counter()
        found = set()
        for place in self._passed.read_text().splitlines():
            times[place] += 1
            is_first = times[place] == 1 or place in BY_TIMING
            found.add(place if is_first else f"{place}#{times[place]}")
        return found

    async def _are_all_passed(self):
        expected = set(places_of(self._scenario))

        async def all_are():
            return expected <= self.passed()

        with suppress(AssertionError):
            await until(all_are, timeout=TAKEOVER)
        await self._is_quiet()
        passed = self.passed()
        missing, new = expected - passed, passed - expected - BY_TIMING.keys()
        assert not missing, f"in the table, and not passed: {sorted(missing)}"
        assert not new, f"passed, and not in the table: {sorted(new)}"

    async def _is_dead(self, place):
        async def is_dead():
            return self._process(place).has_ended()

        await until(is_dead, timeout=TAKEOVER)
        assert not self._armed.exists(), "the server ended for another reason"

    async def _is_quiet(self):
        before, looks = None, 0
        while looks < _QUIET:
            now = self.passed() - BY_TIMING.keys()
            looks = looks + 1 if now == before and not self._is_any_running() else 0
            before = now
            await asyncio.sleep(0.1)

    def _is_any_running(self):
        """Tell whether a server runs, or would if it had a processor."""
        pids = [each.running.pid for each in self._stack.processes.values() if each.running]
        return any(_state(pid) == "R" for pid in pids)

    def _process(self, place):
        return self._stack.processes[place.partition(":")[0]]
