"""Parts of the demo bot's responses, by which scenarios recognize them."""

from __future__ import annotations

#: The user asks for a human; the bot confirms that it opened a conversation with the agents.
ASK_HUMAN = "I want to talk to a human"
STARTED = "asked a colleague to join"
#: The session is over and the bot answers again.
ENDED = "I am the bot again"
#: The user asks something that the bot answers by itself.
ASK_HOURS = "What are your opening hours?"
HOURS = "Mill Lane"
#: The bot offers an agent to a frustrated user.
OFFER = "Shall I bring in a colleague"
#: The handover has failed, and the bot goes on.
FAILED = "could not reach my colleagues"
#: Zendesk has refused a message of the user's.
NOT_PASSED_ON = "did not reach my colleague"
#: Nobody is there at that hour, and the bot goes on; it offers to take a message.
CLOSED = "not in at the moment. They are back"
OFFER_MESSAGE = "Shall I take a message"
#: A message of the user's has not reached Zendesk yet.
DELAYED = "What you wrote is safe"
#: The user may go on waiting or return to the bot.
BACK_OFFER = "come back to me"
#: An agent has deleted a message that the user has seen.
DELETED = "has taken back one of the messages"
