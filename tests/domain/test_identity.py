"""Origins: what may stand for the requester, and what may not."""

from __future__ import annotations

import pytest

from tests.support.names import AGENTS
from zendesk_handoff.domain.identity import (
    TRUSTED,
    KnownUser,
    Origin,
    gather,
    requester_profile,
    user_of_platform,
)

PROFILE = {"givenName": "Jo", "surname": "Doe", "email": "jo@example.com", "locale": "de"}


@pytest.mark.parametrize("origins", [None, {}, {"name": "told", "email": "told"}, {"name": "x"}])
def test_what_is_told_or_of_no_known_origin_is_no_requester(origins):
    assert requester_profile(PROFILE, origins) == {"locale": "de"}
    everything = TRUSTED | {Origin.TOLD}
    if origins != {"name": "x"}:
        assert requester_profile(PROFILE, origins, allowed=everything) == PROFILE


@pytest.mark.parametrize("origin", ["proven", "channel"])
def test_each_value_has_an_origin_of_its_own(origin):
    kept = requester_profile(PROFILE, {"name": origin, "email": "told"})
    assert kept == {"givenName": "Jo", "surname": "Doe", "locale": "de"}
    kept = requester_profile(PROFILE, {"name": "told", "email": origin})
    assert kept == {"email": "jo@example.com", "locale": "de"}


@pytest.mark.parametrize("name", AGENTS)
def test_a_platforms_name_is_known_to_the_channel_and_not_proven(name):
    user = user_of_platform(name=f"  {name} ")
    assert user.origin is Origin.CHANNEL
    found = gather(user, [{"name": "told"}])
    assert (found.facts[0].value, found.origins()) == (name, {"name": "channel"})


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["a"], {}])
def test_a_platform_that_tells_nothing_makes_no_user(name):
    assert user_of_platform(name=name) is None


def test_a_user_is_written_and_read_without_loss():
    user = KnownUser(name="Jo", subject="customer-1")
    assert KnownUser.from_json(user.to_json()) == user
    assert "Jo" not in repr(user), "nor in a log"
