"""All contact with Rasa's internals: the router, the lock, the tracker, output channels."""

from zendesk_handoff.bounds import require

require("rasa", extra="rasa", by=__name__)
