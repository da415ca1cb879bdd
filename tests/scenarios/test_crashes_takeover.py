"""SIGKILL twice: the server that takes an opening over is killed too, at each of its failpoints."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HUMAN, STARTED
from tests.support.crashes import connector_for, is_opened_once, try_to_say
from zendesk_handoff import failpoints

#: Every test restarts a server twice, which is slow on a busy machine.
pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("failpoint", failpoints.OPENING[1:])
async def test_second_crash_while_the_opening_is_taken_over(crash, sim, new_user, stack, failpoint):
    connector = connector_for(failpoint)
    user = new_user(workspace=None if connector == "support" else connector)
    crash.arm("opening.taken_up")
    replies = await try_to_say(user, ASK_HUMAN)
    assert not any(STARTED in text for text in replies), "not confirmed too early"
    await crash.restart("rasa", then=failpoint)
    await crash.restart("rasa")
    await is_opened_once(sim, stack, user, connector=connector)
