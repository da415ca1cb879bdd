"""The policy's options in ``config.yml``: problems are reported at once."""

from __future__ import annotations

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.exceptions import InvalidConfigException

from tests.support.policy import (
    DOMAIN,
    HANDOFF,
    OFFER,
    policy,
)
from zendesk_handoff.policies import FrustrationPolicy
from zendesk_handoff.policies.options import DEFAULTS


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"treshold": 0.5}, "treshold is not a setting; did you mean `threshold`?"),
        ({"colour": 1}, "colour is not a setting; known are mode, threshold, window"),
        ({"threshold": 0}, "threshold must be a number above 0"),
        ({"threshold": "high"}, "threshold must be a number"),
        ({"threshold": True}, "threshold must be a number"),
        ({"threshold": float("nan")}, "threshold must be a number"),
        ({"window": 0}, "window must be a whole number from 1 on"),
        ({"window": 2.5}, "window must be a whole number"),
        ({"cooldown": -1}, "cooldown must be a whole number from 0 on"),
        ({"mode": "maybe"}, "mode must be `offer` or `escalate`"),
        ({"mode": False}, "mode must be `offer` or `escalate`"),
        ({"mode": ["offer"]}, "mode must be `offer` or `escalate`"),
    ],
)
@pytest.mark.parametrize("make", ["create", "load"])
def test_a_wrong_option_is_reported(config, words, make):
    with pytest.raises(InvalidConfigException) as caught:
        getattr(FrustrationPolicy, make)(
            {**DEFAULTS, **config}, None, Resource("policy"), ExecutionContext(GraphSchema({}))
        )
    assert words in str(caught.value)


def test_all_problems_are_reported_at_once():
    with pytest.raises(InvalidConfigException, match=r"mode .*; window .*; cooldown "):
        policy(window=0, cooldown="x", mode="?")


@pytest.mark.parametrize(("mode", "action"), [("offer", OFFER), ("escalate", HANDOFF)])
def test_training_reports_a_domain_without_the_action(mode, action, tmp_path):
    trained = policy(LocalModelStorage.create(tmp_path), mode=mode)
    with pytest.raises(InvalidConfigException, match=action):
        trained.train([], Domain.empty())
    assert trained.train([], DOMAIN).name == "policy"
