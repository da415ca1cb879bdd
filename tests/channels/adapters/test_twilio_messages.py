"""Reading of Twilio's calls."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.support.names import TEXTS
from zendesk_handoff.channels.adapters.twilio_messages import (
    body_for_bot,
    content_of,
    media_path,
    read_form,
)
from zendesk_handoff.domain.user_content import Place, UserFile

PATH = f"/2010-04-01/Accounts/AC{'a' * 32}/Messages/MM{'b' * 32}/Media/ME{'c' * 32}"
URL = f"https://api.twilio.com{PATH}"
SID = "SM" + "1" * 32


def form(**fields):
    sent = {"From": "whatsapp:+49170", "MessageSid": SID, "Body": "", **fields}
    return read_form(urlencode(sent).encode())


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_texts(text):
    found = content_of(form(Body=text))
    assert (found.text, found.key, found.lost) == (text, f"twilio:{SID}", False)


def test_an_inverted_exclamation_mark_is_spanish_in_whatsapp_and_a_networks_at_sign_in_sms():
    assert content_of(form(Body="¡Hola!")).text == "¡Hola!"
    assert content_of(form(Body="jo¡x.example", From="+49170")).text == "jo@x.example"
    assert body_for_bot(form(Body="jo¡x.example")) == "jo@x.example"


def test_files_with_a_caption():
    found = content_of(
        form(
            Body="look at the lid",
            NumMedia="3",
            MediaUrl0=URL,
            MediaContentType0="image/jpeg",
            MediaUrl1=URL,
            MediaContentType1="audio/ogg; codecs=opus",
            MediaUrl2="https://api.twilio.com/2010-04-01/Accounts.json",
        )
    )
    assert found.text == "look at the lid"
    assert found.files == (
        UserFile(reference=PATH, media_type="image/jpeg"),
        UserFile(reference=PATH, media_type="audio/ogg"),
    )
    assert found.lost, "the third file"


def test_places():
    fields = {"Latitude": "52.5", "Longitude": "13.4", "Label": "Home", "Address": "A street 1"}
    found = content_of(form(**fields))
    assert found.places == (Place(52.5, 13.4, name="Home", address="A street 1"),)
    assert (found.text, found.lost) == ("", False)
    assert body_for_bot(form(**fields)) == "/locationData{'Latitude': 52.5,'Longitude': 13.4}"
    assert content_of(form(Latitude="nan", Longitude="x")).places == ()
    assert content_of(form(Latitude="nan", Longitude="3")).places == ()


def test_buttons_are_read_by_their_titles():
    assert content_of(form(Body="Yes", ButtonText="Yes", ButtonPayload="/yes")).title == "Yes"
    assert content_of(form(Body="red", ListTitle="The red one", ListId="r")).title == "The red one"


def test_what_twilio_cannot_read_is_lost():
    assert content_of(form(MessageType="unsupported")).lost


def test_what_is_not_a_form():
    assert content_of(read_form(b"\xff\xfe")).key is None
    assert read_form(b"&".join(b"a=%d" % each for each in range(500))) == {}


@pytest.mark.parametrize(
    "url",
    [
        "https://api.twilio.com/2010-04-01/Accounts.json",
        URL + "/../../Messages.json",
        "http://[",
        f"ftp://api.twilio.com{PATH}",
        f"https://user@api.twilio.com{PATH}",
    ],
)
def test_addresses_that_are_not_files(url):
    assert media_path(url) is None


def test_the_addresss_query_is_left_out():
    assert media_path(URL + "?x=1") == PATH
