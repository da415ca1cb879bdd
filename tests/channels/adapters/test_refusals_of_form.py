"""Refusals: those of a message's form, and those after which no other message is taken either."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from aiogram.utils import exceptions

from zendesk_handoff.channels.adapters import facebook_errors, slack, telegram, twilio_errors
from zendesk_handoff.channels.adapters.refusals import http_refusal


def by_facebook(code, subcode=0):
    return facebook_errors.refusal({"code": code, "error_subcode": subcode}, 400, None)


def by_slack(error):
    return slack._refusal(SimpleNamespace(status_code=200, data={"error": error}, headers={}))


@pytest.mark.parametrize(
    ("refusal", "is_of_form"),
    [
        (by_facebook(100), True),
        (by_facebook(100, 2018109), True),
        (by_facebook(10, 2018278), False),
        (by_facebook(551, 1545041), False),
        (by_facebook(190), False),
        (by_facebook(4), False),
        (twilio_errors.refusal(400, 21617), True),
        (twilio_errors.refusal(400, 12300), True),
        (twilio_errors.refusal(400, 63016), False),
        (twilio_errors.refusal(400, 21610), False),
        (twilio_errors.refusal(429, 20429), False),
        (telegram._refusal(exceptions.PhotoDimensions("x")), True),
        (telegram._refusal(exceptions.BadRequest("not enough rights to send photos")), True),
        (telegram._refusal(exceptions.BotBlocked("x")), False),
        (telegram._refusal(exceptions.ChatNotFound("x")), False),
        (telegram._refusal(exceptions.BadRequest("message thread not found")), False),
        (by_slack("invalid_blocks"), True),
        (by_slack("is_archived"), False),
        (by_slack("ratelimited"), False),
        (http_refusal(400), True),
        (http_refusal(413), True),
        (http_refusal(401), False),
        (http_refusal(503), False),
    ],
)
def test_what_a_refusal_concerns(refusal, is_of_form):
    assert refusal.is_of_form is is_of_form
