"""Kinds of messages in the outbox that are the plugin's own: the bot never answers them."""

from __future__ import annotations

#: ``closing_note``: the plugin has ended the session. ``not_delivered``: a channel has not taken an
#: agent's message. ``release``: control is to be released, since the ticket is done.
OF_THE_PLUGIN = frozenset({"closing_note", "not_delivered", "release"})
