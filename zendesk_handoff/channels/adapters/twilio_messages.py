"""Reading of Twilio's calls: text, files, places, pressed buttons, states of messages. No I/O.

Pages "Twilio's request to your incoming message webhook URL"
(https://www.twilio.com/docs/messaging/guides/webhook-request) and "Track outbound message status"
(https://www.twilio.com/docs/messaging/guides/track-outbound-message-status).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from zendesk_handoff.channels.adapters.downloads import Origin, origin
from zendesk_handoff.channels.adapters.twilio_errors import late_refusal
from zendesk_handoff.domain.identity import user_of_platform
from zendesk_handoff.domain.user_content import Place, UserContent, UserFile
from zendesk_handoff.rasa.adapter import Outcome

WHATSAPP = "whatsapp:"
#: A message has ten files at most.
_MAX_FILES = 10
_MAX_FIELDS = 200
#: The only addresses that are read with the account's credentials: any other one would lend them
#: to anybody who can post to the webhook.
_MEDIA_PATH = re.compile(
    r"/2010-04-01/Accounts/AC[0-9a-fA-F]{32}/Messages/(?:MM|SM)[0-9a-fA-F]{32}"
    r"/Media/ME[0-9a-fA-F]{32}"
)
_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")


class Form(dict[str, list[str]]):
    """The fields of a call, blank ones too: they are part of what Twilio signs."""

    def first(self, name: str) -> str:
        """Return a field's value; empty if there is none.

        Args:
            name: The field's.
        """
        return self.get(name, [""])[0]

    def getlist(self, name: str) -> list[str]:
        """Return all values of a field, as Twilio's ``RequestValidator`` asks for them.

        Args:
            name: The field's.
        """
        return self[name]


def read_form(body: bytes) -> Form:
    """Read the body of a call; empty if it is not a form.

    Args:
        body: Of Twilio's, or of anybody's.
    """
    try:
        return Form(parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError:
        return Form()


def is_whatsapp(address: object) -> bool:
    """Tell whether a user's or the bot's address is one of WhatsApp."""
    return isinstance(address, str) and address.startswith(WHATSAPP)


def body_for_bot(form: Form) -> str:
    """Return a message's text as Rasa's channel gives it to the bot; empty if it has none.

    Args:
        form: Of a user's message.
    """
    if form.first("Latitude") and form.first("Longitude"):
        latitude, longitude = form.first("Latitude"), form.first("Longitude")
        return f"/locationData{{'Latitude': {latitude},'Longitude': {longitude}}}"
    # Some networks write the sign so, as Rasa's channel knows.
    return form.first("Body").replace("¡", "@")


def content_of(form: Form) -> UserContent:
    """Read what a user has sent.

    Args:
        form: Of a user's message.
    """
    text = form.first("Body")
    if not is_whatsapp(form.first("From")):
        text = text.replace("¡", "@")  # of networks; in WhatsApp it is what the user has typed
    title = form.first("ButtonText") or form.first("ListTitle")
    files = tuple(_files(form))
    readable = tuple(each for each in files if each is not None)
    places = tuple(_places(form))
    sid = form.first("MessageSid")
    is_nothing = not (text.strip() or title or files or places)
    return UserContent(
        text=text,
        title=title or None,
        files=readable,
        places=places,
        key=f"twilio:{sid}" if _SID.fullmatch(sid) else None,
        # Twilio passes on kinds of WhatsApp's that it cannot read, as messages without anything.
        lost=len(readable) < len(files) or is_nothing,
        user=user_of_platform(name=form.first("ProfileName")),  # of WhatsApp
    )


def media_path(url: str) -> str | None:
    """Return the path of a user's file at Twilio's API; ``None`` if it is not one.

    Args:
        url: From outside.
    """
    if origin(url) is None:
        return None
    path = urlsplit(url).path
    return path if _MEDIA_PATH.fullmatch(path) else None


def may_redirect(api: Origin, target: Origin) -> bool:
    """Tell whether Twilio may keep a file at another origin, which is read without credentials.

    Args:
        api: The API's.
        target: That to which the API redirects.
    """
    return target[0] == api[0]


def outcome_of(status: object, code: object) -> Outcome | None:
    """Read the state of a message; ``None`` while it can still change.

    ``sent`` says that the network has taken it: the handset may refuse it later, and WhatsApp
    reports ``delivered`` when it is there. Where a network never does, the outcome stays unknown.

    Args:
        status: Twilio's.
        code: Twilio's code of the error, if there is one.
    """
    if status in {"delivered", "read"}:
        return Outcome(is_delivered=True)
    if status in {"failed", "undelivered", "canceled"}:
        return late_refusal(code)
    return None


def _files(form: Form) -> Iterator[UserFile | None]:
    """Yield the files of a message; ``None`` for one that cannot be read."""
    for number in range(_MAX_FILES):
        url = form.first(f"MediaUrl{number}")
        if not url:
            return
        path = media_path(url)
        kind = form.first(f"MediaContentType{number}").partition(";")[0].strip().lower()
        yield None if path is None else UserFile(reference=path, media_type=kind)


def _places(form: Form) -> Iterator[Place]:
    try:
        latitude, longitude = float(form.first("Latitude")), float(form.first("Longitude"))
    except ValueError:
        return
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        yield Place(latitude, longitude, name=form.first("Label"), address=form.first("Address"))
