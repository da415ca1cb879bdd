"""Tokens of the site around the chat page."""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest

from tests.support.identity import IDENTITY_SECRET, OTHER_SECRET, identity
from tests.support.names import AGENTS, SENDERS
from zendesk_handoff.domain.identity import KnownUser, Origin
from zendesk_handoff.webchat.conversation import read_profile
from zendesk_handoff.webchat.error_responses import RequestError
from zendesk_handoff.webchat.identity import read_identity

SECRETS = (OTHER_SECRET, IDENTITY_SECRET)
#: The tokens of a parametrized test are signed when its module is read, which may be long before.
NOW = int(time.time())
DAY = 86_400


def unsigned(header, claims):
    parts = [json.dumps(header), json.dumps(claims)]
    encoded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, ""])


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("name", AGENTS)
def test_a_signed_user_is_proven_by_each_secret(secret, name):
    token = identity("customer-1", secret=secret, name=name, email="jo@example.com", other=1)
    user = read_identity(token, SECRETS)
    assert user == KnownUser(name=name, email="jo@example.com", subject="customer-1")
    assert user.origin is Origin.PROVEN


@pytest.mark.parametrize("subject", [each for each in SENDERS if len(each) <= 256])
def test_any_id_is_a_subject(subject):
    assert read_identity(identity(subject), SECRETS).subject == subject


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        None,
        712_633_471_209,  # in no time of the log, either
        ["a"],
        "x" * 100_000,
        identity(secret="a secret of nobody that is long enough"),
        identity(exp=None),
        identity(exp="soon"),
        identity(expires_in=-60),
        identity(nbf=NOW + DAY, exp=NOW + 2 * DAY),
        identity(aud="another service"),
        identity(None),
        identity(""),
        identity(" "),
        identity("a\nb"),
        identity("a\u202eb"),
        identity("s" * 257),
        identity(name=["Jo"]),
        identity(email=5),
        identity()[:-2],
        unsigned({"alg": "none"}, {"sub": "1", "exp": NOW + DAY}),
        unsigned({"alg": "HS256"}, {"sub": "1", "exp": NOW + DAY}),
    ],
    ids=lambda _token: "token",  # the tokens depend on the time; each worker makes its own
)
def test_everything_else_is_refused_in_words_without_the_token(token, caplog):
    with pytest.raises(RequestError) as raised:
        read_identity(token, SECRETS)
    assert raised.value.status == 401
    assert "open the chat from the site again" in raised.value.message
    assert not token or str(token) not in raised.value.message + caplog.text


WITH_JOINER = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("n" * 300, "n" * 128),
        (" Jo\n Doe\t", "Jo Doe"),
        ("\u202eJo\x00", "Jo"),
        ('{"name": "Jo"}', '{"name": "Jo"}'),
        ("<b>Jo</b>", "<b>Jo</b>"),
        (
            "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
            "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        ),
    ],
)
def test_no_name_or_address_keeps_a_user_from_signing_in(name, known):
    user = read_identity(identity("7", name=name, email="jo at home"), SECRETS)
    assert user == KnownUser(name=known, subject="7")
    assert read_profile({"name": name, "email": "jo@home"}) == {"name": known}


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_the_algorithm_is_not_the_tokens_to_choose(algorithm):
    secret = IDENTITY_SECRET * 2
    token = jwt.encode({"sub": "1", "exp": NOW + DAY}, secret, algorithm=algorithm)
    with pytest.raises(RequestError):
        read_identity(token, (secret,))
    assert read_identity(identity(secret=secret), (secret,)).subject


def test_a_clock_may_differ_by_a_few_seconds():
    assert read_identity(identity(expires_in=-5), SECRETS).subject


def test_without_a_secret_no_token_is_taken():
    with pytest.raises(RequestError) as raised:
        read_identity(identity(), ())
    assert raised.value.status == 400
