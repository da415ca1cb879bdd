"""The proof that a caller has the settings, without sending a secret."""

from __future__ import annotations

import pytest

from zendesk_handoff.checks.token import is_valid_token, make_token

SECRET, OTHER = "a-webhook-secret-of-münster", "another-webhook-secret"
NOW = 1_800_000_000.0


def test_a_token_of_any_secret_is_valid_and_does_not_contain_it():
    token = make_token(SECRET, now=NOW)
    assert is_valid_token(token, [OTHER, SECRET], now=NOW)
    assert SECRET not in token
    assert not is_valid_token(token, [OTHER], now=NOW)
    assert not is_valid_token(token, [], now=NOW)


@pytest.mark.parametrize(
    ("seconds", "valid"), [(299, True), (301, False), (-299, True), (-301, False)]
)
def test_it_is_valid_for_five_minutes(seconds, valid):
    assert is_valid_token(make_token(SECRET, now=NOW), [SECRET], now=NOW + seconds) is valid


@pytest.mark.parametrize(
    "token", [None, "", ":", "1", "x:y", "1:é", "1:\udce9", "\ud800:2", "9" * 5000]
)
def test_anything_else_is_refused(token):
    assert not is_valid_token(token, [SECRET], now=NOW)


def test_the_time_cannot_be_changed():
    stamp, _, digest = make_token(SECRET, now=NOW).partition(":")
    assert not is_valid_token(f"{int(stamp) + 600}:{digest}", [SECRET], now=NOW + 600)
