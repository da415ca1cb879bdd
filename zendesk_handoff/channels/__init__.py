"""The Rasa channels that ``credentials.yml`` names."""

from zendesk_handoff.bounds import check_bounds, require

require("rasa", extra="rasa", by=__name__)

try:
    from zendesk_handoff.channels.zendesk_input import ZendeskInput
    from zendesk_handoff.webchat import WebChatInput
except ImportError:
    check_bounds()  # a Rasa that is not supported has moved its modules; say so, not their names
    raise

__all__ = ["WebChatInput", "ZendeskInput"]
