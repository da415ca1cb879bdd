"""The estimate of a number of different values."""

from __future__ import annotations

import zlib

import pytest

from tests.support.names import SENDERS
from zendesk_handoff.domain.distinct import Distinct


def users(first, last):
    found = Distinct()
    for number in range(first, last):
        found.add(f"user {number}")
    return found


def test_nothing_was_added():
    assert Distinct().estimate() == 0


@pytest.mark.parametrize("count", [1, 10, 100, 1_000])
def test_few_are_counted_almost_exactly(count):
    assert users(0, count).estimate() == pytest.approx(count, rel=0.01, abs=0.5)


@pytest.mark.parametrize("count", [5_000, 20_000, 100_000])
def test_many_are_counted_within_five_in_a_hundred(count):
    """Three standard errors, at sizes where simpler estimators are biased."""
    assert users(0, count).estimate() == pytest.approx(count, rel=0.05)


def test_a_value_counts_once():
    found = users(0, 500)
    before = found.pack()
    assert not any(found.add(f"user {number}") for number in range(500))
    assert found.pack() == before


def test_sets_are_joined_without_counting_twice():
    joined = users(0, 600)
    joined.merge(users(300, 900))
    assert joined.pack() == users(0, 900).pack()


def test_a_set_is_kept_in_little_room_and_read_again():
    for count in (0, 50, 100_000):
        packed = users(0, count).pack()
        assert len(packed) < 3_500
        assert Distinct(packed).pack() == packed


def test_no_id_can_be_read_from_it():
    found = Distinct()
    for sender in SENDERS:
        found.add(sender)
    registers = zlib.decompress(found.pack())
    assert not any(sender[:8].encode() in registers for sender in SENDERS)
    assert found.estimate() == len(SENDERS)


def test_any_text_can_be_added():
    assert Distinct().add("\ud800") and Distinct().add("")


@pytest.mark.parametrize("packed", [b"x", zlib.compress(b""), zlib.compress(b"\xff" * 4096)])
def test_what_is_no_set_is_refused(packed):
    with pytest.raises(ValueError, match="no packed set"):
        Distinct(packed)
