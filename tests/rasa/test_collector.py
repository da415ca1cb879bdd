"""What the garbage collector looks at while a server runs."""

from __future__ import annotations

import gc
import weakref

import pytest

from zendesk_handoff.rasa.collector import (
    collect_all_again,
    leave_out_loaded,
    paused_collector,
)


class Ring:
    def __init__(self):
        self.itself = self


@pytest.fixture
def running():
    leave_out_loaded()
    yield
    collect_all_again()


def test_what_is_loaded_is_left_out_and_later_garbage_is_collected(running):
    assert gc.get_freeze_count() > 10_000
    assert len(gc.get_objects()) < gc.get_freeze_count() / 10
    ring = weakref.ref(Ring())
    gc.collect()
    assert ring() is None


def test_garbage_of_the_start_is_collected():
    ring = weakref.ref(Ring())
    leave_out_loaded()
    collect_all_again()
    assert ring() is None
    assert gc.get_freeze_count() == 0


def test_pauses_overlap():
    with paused_collector():
        with paused_collector():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
