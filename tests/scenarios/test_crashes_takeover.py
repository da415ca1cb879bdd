"""kill -9 twice: the server that takes an opening over dies as well, at every boundary of it."""

from __future__ import annotations

import pytest

from tests.support.crashes import INSIDE_ONLY, STARTED, is_opened_once
from zendesk_handoff import failpoints as b

#: Every test starts two servers anew, which takes its time on a busy machine.
pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("name", b.OPENING[1:])
async def test_the_bot_dies_too_while_it_takes_the_opening_over(crash, sim, new_user, stack, name):
    inside = any(step in name for step in INSIDE_ONLY)
    user = new_user(workspace="wholesale" if inside else None)
    crash.arm("opening.requested")
    told = await user.says("I want to talk to a human")
    assert not any(STARTED in text for text in told), "nothing is promised too early"
    await crash.happens_to("actions", then=name)
    await crash.happens_to("rasa")
    await is_opened_once(sim, stack, user, inside=inside)
