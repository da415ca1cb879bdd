"""Calls of a trigger's webhook: signatures, times and bodies that a test does not choose."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from tests.support.fuzzing import ODD_TEXTS
from tests.support.ticket_triggers import signed, solved
from zendesk_handoff.errors import InvalidPayload, InvalidSignature
from zendesk_handoff.zendesk.ticket_events import (
    REPLAY_WINDOW,
    SIGNATURE_HEADER,
    TAG_PREFIX,
    TIMESTAMP_HEADER,
    parse_ticket_event,
    verify_signature,
)

#: A lone surrogate is none: the decoder refuses it.
TEXTS_OF_JSON = [text for text in ODD_TEXTS if text != "\ud800"]
NOW = 1_800_000_000.0
SECRET, OTHER = "a signing secret of some length", "another signing secret"
REFERENCE, SECOND = "0123456789abcdef" * 2, "f" * 32


def headers(body, secret=SECRET, at=NOW):
    found = {name.lower(): value for name, value in signed(body, secret, at=at).items()}
    return found[SIGNATURE_HEADER], found[TIMESTAMP_HEADER]


def verify(given, timestamp, body, *secrets):
    return verify_signature(given, timestamp, body, secrets or (SECRET,), now=NOW)


def test_a_signature_is_valid_with_each_secret_while_they_are_rotated():
    body = solved(REFERENCE)
    assert verify(*headers(body), body) == NOW
    assert verify(*headers(body, OTHER), body, SECRET, OTHER) == NOW


def test_a_fixed_signature():
    """Over the timestamp and then the body, as Zendesk's page on verifying webhooks says."""
    found = verify_signature(
        "Rry/4TtIdFyawtXXp8QdI6tlAUUQ/5kL1OTp5qo/ZIk=",
        "2021-07-25T10:00:00Z",
        b'{"say": "hello"}',
        ["HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA="],
        now=1627207201.0,
    )
    assert found == 1627207200.0


@pytest.mark.parametrize("given", [None, "", "x", "ä", "\udcff", *ODD_TEXTS])
def test_anything_else_is_no_signature(given):
    body = solved(REFERENCE)
    with pytest.raises(InvalidSignature):
        verify(given, headers(body)[1], body)


def test_another_body_time_or_secret_is_not_signed():
    body = solved(REFERENCE)
    given, timestamp = headers(body)
    for wrong in (
        (given, timestamp, body + b" "),
        (given, timestamp.replace("Z", "+00:00"), body),
        (headers(body, OTHER)[0], timestamp, body),
    ):
        with pytest.raises(InvalidSignature, match="signing secret"):
            verify(*wrong)


def test_the_signed_bytes_cannot_be_divided_otherwise():
    body = solved(REFERENCE)
    given, timestamp = headers(body)
    with pytest.raises(InvalidSignature, match="five minutes"):
        verify(given, "", timestamp.encode() + body)


@pytest.mark.parametrize("seconds", [REPLAY_WINDOW + 1, -REPLAY_WINDOW - 1, 1e9])
def test_a_call_of_another_time_is_refused(seconds):
    body = solved(REFERENCE)
    with pytest.raises(InvalidSignature, match="five minutes"):
        verify(*headers(body, at=NOW - seconds), body)


def test_a_time_that_is_none_is_refused_however_well_it_is_signed():
    body = solved(REFERENCE)
    for timestamp in ("", "yesterday", "1800000000", "2027-01-15T08:00:00+99:00"):
        digest = hmac.new(SECRET.encode(), timestamp.encode() + body, hashlib.sha256).digest()
        with pytest.raises(InvalidSignature):
            verify(base64.b64encode(digest).decode(), timestamp, body)


def parse(body, signed_at=NOW):
    return parse_ticket_event(body, signed_at=signed_at)


def test_a_reference_in_a_field():
    event = parse(solved(REFERENCE))
    assert (event.kind, event.references) == ("solved", (REFERENCE,))


@pytest.mark.parametrize(
    "tags",
    [
        f"vip {TAG_PREFIX}{REFERENCE} rasa_handoff {TAG_PREFIX}{SECOND}",
        f"{TAG_PREFIX}{REFERENCE},{TAG_PREFIX}{SECOND},{TAG_PREFIX}{REFERENCE}",
        [f"{TAG_PREFIX}{REFERENCE}", "vip", f"{TAG_PREFIX}{SECOND}"],
    ],
)
def test_references_among_tags(tags):
    assert parse(solved(tags=tags)).references == (REFERENCE, SECOND)


@pytest.mark.parametrize(
    "value", [*TEXTS_OF_JSON, 7, None, True, [], {}, [None, 7], REFERENCE[:-1]]
)
def test_what_has_not_the_form_of_a_reference_is_none(value):
    assert parse(solved(value, tags=value)).references == ()


def test_a_call_names_a_bounded_number_of_sessions():
    tags = " ".join(f"{number:032x}" for number in range(10_000))
    assert len(parse(solved(tags=tags)).references) == 100


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b"7", b'"solved"', b"{}", b'{"event": null}', b"\xff\xfe"),
        *(
            b'{"event": "\\ud800"}',
            b'{"event": 7}',
            b"[" * 100_000,
            b'{"event": "solved", "tags": ' + b"[" * 100_000,
        ),
    ],
)
def test_other_bodies_are_refused(body):
    with pytest.raises(InvalidPayload):
        parse(body)


def test_the_same_call_has_the_same_id_and_another_has_not():
    body = solved(REFERENCE)
    assert parse(body).id == parse(body).id
    assert len({parse(body).id, parse(body, NOW + 1).id, parse(solved(SECOND)).id}) == 3


@pytest.mark.parametrize(
    ("updated_at", "at"),
    [
        (None, NOW + 1),
        *((text, NOW + 1) for text in ("", "soon", "9999-99-99", "x" * 5_000, ["2027"], 7)),
        # An hour before, to the minute or to the second; and after the signature, which cannot be.
        ("2027-01-15T07:00Z", NOW - 3600 + 60),
        ("2027-01-15T07:00:00Z", NOW - 3600 + 1),
        ("2027-01-15T07:00:00.500Z", NOW - 3600 + 1),
        ("2027-01-15T09:00:00Z", NOW + 1),
    ],
)
def test_the_time_of_the_update_is_taken_to_its_end(updated_at, at):
    assert parse(json.dumps({"event": "solved", "updated_at": updated_at}).encode()).at == at
