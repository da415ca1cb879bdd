"""Rules for a user's profile."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.profile import MAX_EMAIL, MAX_NAME, build_profile


def test_the_first_word_of_a_name_is_the_given_name():
    profile = build_profile(name="Maria del Mar", email="maria@example.com", locale="es-MX")
    assert profile == {
        "givenName": "Maria",
        "surname": "del Mar",
        "email": "maria@example.com",
        "locale": "es-MX",
    }


def test_unknown_values_are_left_out():
    assert build_profile() == {}
    assert build_profile(name="  Jo ") == {"givenName": "Jo"}


@pytest.mark.parametrize("email", ["jo", "jo@", "jo@example", "j o@example.com", "a@b@c.example"])
def test_a_text_that_is_no_address_is_left_out(email):
    assert build_profile(email=email) == {}


@pytest.mark.parametrize("locale", ["e", "de_", "en US", "<b>", "de-DE;q=0.8"])
def test_a_text_that_is_no_locale_is_left_out(locale):
    assert build_profile(locale=locale) == {}


def test_long_values_are_within_zendesks_limits():
    profile = build_profile(name="n" * 400 + " " + "s" * 400, email="e" * 400 + "@example.com")
    assert profile == {"givenName": "n" * MAX_NAME}
    email = "e" * (MAX_EMAIL - len("@example.com")) + "@example.com"
    assert build_profile(email=email) == {"email": email}
