"""The store's tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from zendesk_handoff.domain.session import OPEN_NAMES


class _SafeText(sa.types.TypeDecorator[str]):
    """Text from outside, without the characters that PostgreSQL refuses: NUL and lone surrogates.

    A summary that contains one must not make the handover fail. SQLite stores the same text.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Any) -> str | None:
        """Remove NUL, replace lone surrogates."""
        if value is None or (value.isascii() and "\x00" not in value):
            return value
        return value.replace("\x00", "").encode("utf-8", "replace").decode()


metadata = sa.MetaData()

# Conditions of partial indexes. SQLite uses such an index only for a query with the same condition
# in the same words, without parameters: hence queries use these, too.
is_open = sa.text("state IN ({})".format(", ".join(f"'{state}'" for state in OPEN_NAMES)))
is_current = sa.text("NOT finalized")
is_end_unnotified = sa.text("NOT end_notified")
#: Few of all stored messages are undelivered: they are found without reading the others.
is_undelivered = sa.text("state <> 'done'")
# The same in queries over several tables.
is_undelivered_in_outbox = sa.text(f"outbox.{is_undelivered.text}")
is_undelivered_in_inbox = sa.text(f"inbox.{is_undelivered.text}")
has_ticket_to_set = sa.text("ticket_due_at IS NOT NULL")
_is_leased = sa.text("lease_owner IS NOT NULL")
_seconds = sa.Float(53)

#: Sessions, one for each handover.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("connector_id", sa.String(64), nullable=False),
    sa.Column("workspace", _SafeText, nullable=False),
    sa.Column("sender_id", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", _SafeText, nullable=False, server_default=""),
    sa.Column("end_reason", sa.String(32)),
    # By which Zendesk's triggers name the session; empty if a version without the column made it.
    sa.Column("reference", sa.String(32)),
    sa.Column("summary", _SafeText, nullable=False, server_default=""),
    # In messages for the agent; empty unless the settings ask for it.
    sa.Column("transcript", sa.JSON, nullable=False, server_default="[]"),
    # What the user has left for the agents while nobody was there; NULL for a handover.
    sa.Column("message", _SafeText),
    sa.Column("profile", sa.JSON, nullable=False),
    # Who has told the profile's values, and the id of the user at the site that vouches for them.
    sa.Column("origins", sa.JSON(none_as_null=True)),
    sa.Column("subject", _SafeText),
    # The fields of the ticket; empty for sessions from before. When the ticket is to be looked at
    # again, since Zendesk may not have taken them; empty where that is done, or cannot be. And
    # since when there is something to set.
    sa.Column("ticket", sa.JSON(none_as_null=True)),
    sa.Column("ticket_due_at", _seconds),
    sa.Column("ticket_since", _seconds),
    # Where in the channel the conversation takes place, and what an agent offers to choose from.
    sa.Column("address", sa.JSON(none_as_null=True)),
    sa.Column("choices", sa.JSON(none_as_null=True)),
    sa.Column("user_id", sa.String(64)),
    # By which Zendesk knows the user; empty if a version without the column has made the user.
    sa.Column("external_id", _SafeText),
    sa.Column("conversation_id", sa.String(64)),
    sa.Column("summary_message_id", sa.String(64)),
    sa.Column("transcript_message_id", sa.String(64)),
    sa.Column("step", sa.String(16)),
    sa.Column("pending_step", sa.String(16)),
    sa.Column("agent_id", sa.String(64)),
    sa.Column("agent_name", _SafeText),
    sa.Column("created_at", _seconds, nullable=False),
    # Until when a Rasa server may take the request up, by the clock of ``Database.now``.
    sa.Column("take_up_until", _seconds, nullable=False, server_default="0"),
    sa.Column("connected_at", _seconds),
    sa.Column("answered_at", _seconds),
    sa.Column("ended_at", _seconds),
    # Whether user and tracker know that the session is with the agents.
    sa.Column("start_notified", sa.Boolean, nullable=False, server_default=sa.false()),
    # For the inactivity rules: the last messages, the last reminder, the last offer.
    sa.Column("user_spoke_at", _seconds),
    sa.Column("agent_spoke_at", _seconds),
    sa.Column("reminded_at", _seconds),
    sa.Column("offered_at", _seconds),
    # When the user was last told that a message has not reached the agents.
    sa.Column("delay_notified_at", _seconds),
    # When the inactivity rules are to be looked at again, at the latest; 0 is at once.
    sa.Column("next_deadline", _seconds, nullable=False, server_default="0"),
    # When Zendesk was last asked for events that may be missing.
    sa.Column("reconciled_at", _seconds, nullable=False, server_default="0"),
    # When the connector's webhook was first known to be called since then, and when it was logged
    # that it is not.
    sa.Column("heard_at", _seconds),
    sa.Column("silence_logged_at", _seconds),
    sa.Column("end_notified", sa.Boolean, nullable=False, server_default=sa.false()),
    # When the user was asked for a rating, and the rating from 1 to 5.
    sa.Column("rating_asked_at", _seconds),
    sa.Column("rating", sa.Integer),
    sa.Column("finalized", sa.Boolean, nullable=False, server_default=sa.false()),
    # The process with the lease, and when it expires.
    sa.Column("lease_owner", sa.String(32)),
    sa.Column("lease_expires_at", _seconds, nullable=False, server_default="0"),
    sa.Index(
        "one_open_session_a_sender",
        "sender_id",
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    ),
    # All four columns: with fewer SQLite takes it in place of the partial indexes.
    sa.Index("sessions_of_a_sender", "sender_id", "connector_id", "channel", "created_at"),
    sa.Index(
        "current_sessions",
        "sender_id",
        sqlite_where=is_current,
        postgresql_where=is_current,
    ),
    sa.Index(
        "sessions_by_deadline",
        "next_deadline",
        sqlite_where=is_end_unnotified,
        postgresql_where=is_end_unnotified,
    ),
    sa.Index(
        "leased_sessions", "lease_owner", sqlite_where=_is_leased, postgresql_where=_is_leased
    ),
    sa.Index(
        "tickets_to_set",
        "ticket_due_at",
        sqlite_where=has_ticket_to_set,
        postgresql_where=has_ticket_to_set,
    ),
    sa.Index("sessions_of_a_conversation", "conversation_id"),
    sa.Index("sessions_by_reference", "reference"),
    sa.Index("sessions_by_state", "connector_id", "state", "end_reason"),
    sa.Index("sessions_by_connection", "connector_id", "connected_at"),
    sa.Index(
        "open_sessions_to_reconcile",
        "reconciled_at",
        sqlite_where=is_open,
        postgresql_where=is_open,
    ),
)

#: Messages to the agents, in the order of ``id``.
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("session_id", sa.ForeignKey("sessions.id"), nullable=False),
    sa.Column("marker", sa.String(32), nullable=False, unique=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("state", sa.String(8), nullable=False, server_default="new"),
    sa.Column("error", _SafeText),
    sa.Column("created_at", _seconds, nullable=False),
    sa.Column("done_at", _seconds),
    sa.Index(
        "outbox_undelivered",
        "session_id",
        "state",
        sqlite_where=is_undelivered,
        postgresql_where=is_undelivered,
    ),
    sa.Index("outbox_of_a_session", "session_id", "state", "id"),
)

#: Events from Zendesk and notices, for the user. An event is stored once, and so is a message.
inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("connector_id", sa.String(64), nullable=False),
    sa.Column("event_id", sa.String(64), nullable=False),
    sa.Column("message_id", sa.String(64)),
    sa.Column("session_id", sa.ForeignKey("sessions.id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    # Messages of a session are ordered by Zendesk's clock, not by their arrival.
    sa.Column("sent_at", sa.Text, nullable=False),
    sa.Column("state", sa.String(8), nullable=False, server_default="new"),
    sa.Column("media_token", sa.String(48), unique=True),
    sa.Column("created_at", _seconds, nullable=False),
    sa.Column("done_at", _seconds),
    sa.UniqueConstraint("connector_id", "event_id"),
    sa.UniqueConstraint("connector_id", "message_id"),
    sa.Index(
        "inbox_undelivered",
        "session_id",
        "state",
        sqlite_where=is_undelivered,
        postgresql_where=is_undelivered,
    ),
    sa.Index("inbox_of_a_session", "session_id", "state", "sent_at", "id"),
)

#: Messages for users whose channel cannot push: they are sent with the next request.
pending_messages = sa.Table(
    "pending_messages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("sender_id", sa.Text, nullable=False),
    # The channel of the session that it belongs to: the same sender id on another is not the user.
    sa.Column("channel", sa.Text),
    # The message's id, so that a step repeated after a crash does not store it twice.
    sa.Column("key", sa.String(128)),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("created_at", _seconds, nullable=False),
    # When a response claimed it, and when that response had been sent.
    sa.Column("claimed_at", _seconds),
    sa.Column("delivered_at", _seconds),
    sa.UniqueConstraint("sender_id", "key"),
    sa.Index(
        "pending_for_a_sender",
        "sender_id",
        "id",
        sqlite_where=sa.text("delivered_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL"),
    ),
)

#: Parts of messages that a channel has taken. A message in one part that the platform confirms at
#: once has none.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("session_id", sa.ForeignKey("sessions.id"), nullable=False),
    # The agent's message of which it is a part.
    sa.Column("event_id", sa.ForeignKey("inbox.id")),
    sa.Column("key", sa.String(192), nullable=False),
    sa.Column("part", sa.Integer, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    # The platform's id of the message, by which it reports what became of it.
    sa.Column("reference", sa.String(128)),
    # ``taken``: waits for the report. ``delivered``, ``failed`` and ``unconfirmed`` (by a channel
    # that confirms nothing) are final. ``closed``: failed, and nothing goes before the user writes.
    sa.Column("state", sa.String(16), nullable=False),
    # The message, until it is delivered: one that fails later goes with the user's next message.
    # The reason, where it is ``closed``.
    sa.Column("body", sa.JSON(none_as_null=True)),
    sa.Column("created_at", _seconds, nullable=False),
    sa.UniqueConstraint("session_id", "key", "part"),
    sa.Index("deliveries_by_reference", "channel", "reference"),
    sa.Index("deliveries_of_an_event", "event_id"),
    sa.Index(
        "deliveries_to_confirm",
        "created_at",
        sqlite_where=sa.text("state = 'taken'"),
        postgresql_where=sa.text("state = 'taken'"),
    ),
)

#: The history of chat pages, from which a page that reconnects loads the items it missed.
chat = sa.Table(
    "chat",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("sender_id", sa.Text, nullable=False),
    sa.Column("request_id", sa.String(128)),
    # Whether the item carries the user's profile, and is not shown.
    sa.Column("starts", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("body", sa.JSON, nullable=False),
    # The data for passing the message to the bot; NULL once that has happened.
    sa.Column("work", sa.JSON(none_as_null=True)),
    sa.Column("created_at", _seconds, nullable=False),
    sa.UniqueConstraint("sender_id", "request_id"),
    sa.Index("chat_of_a_sender", "sender_id", "id"),
    sa.Index(
        "chat_to_hand_over",
        "sender_id",
        "id",
        sqlite_where=sa.text("work IS NOT NULL"),
        postgresql_where=sa.text("work IS NOT NULL"),
    ),
)

#: Files that users sent from the chat page.
uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("sender_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("created_at", _seconds, nullable=False),
)

#: How many users have written to the bot on a day, in UTC: see ``store.daily_users``.
daily_users = sa.Table(
    "daily_users",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("channel", sa.String(64), primary_key=True),
    sa.Column("users", sa.LargeBinary, nullable=False),
)

#: Test conversations of ``zendesk-handoff check --round-trip`` whose event is awaited.
probes = sa.Table(
    "probes",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("created_at", _seconds, nullable=False),
    sa.Column("heard_at", _seconds),
)

#: Conversations at Zendesk in which the bot answers itself: see ``domain.native``.
native_conversations = sa.Table(
    "native_conversations",
    metadata,
    sa.Column("sender_id", sa.String(160), primary_key=True),
    sa.Column("connector_id", sa.String(64), nullable=False),
    sa.Column("conversation_id", sa.String(64), nullable=False),
    sa.Column("user_id", sa.String(64)),
    # The channel by Zendesk's name, of the user's last message.
    sa.Column("source", sa.String(64), nullable=False, server_default=""),
    # The first message since the bot has had control, and the last one that it was given.
    sa.Column("first_message_id", sa.String(64)),
    sa.Column("last_message_id", sa.String(64)),
    # Messages in a row that came too fast to be a person's, and the end of the bot's last turn.
    sa.Column("fast_turns", sa.Integer, nullable=False, server_default="0"),
    sa.Column("answered_at", _seconds),
    sa.Column("created_at", _seconds, nullable=False),
    sa.Column("lease_owner", sa.String(32)),
    sa.Column("lease_expires_at", _seconds, nullable=False, server_default="0"),
    sa.Column("control_moved_at", _seconds),  # by Zendesk's clock, as far as events have told it
    sa.Column("reconciled_at", _seconds, nullable=False, server_default="0"),
    sa.UniqueConstraint("connector_id", "conversation_id", name="one_row_a_native_conversation"),
    sa.Index("native_conversations_of_a_user", "connector_id", "user_id"),
    sa.Index("native_conversations_by_activity", "answered_at", "reconciled_at"),
    sa.Index(
        "leased_native_conversations",
        "lease_owner",
        sqlite_where=_is_leased,
        postgresql_where=_is_leased,
    ),
)

#: What users have written in native conversations, for the bot. Each event and message once.
user_messages = sa.Table(
    "user_messages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("sender_id", sa.ForeignKey("native_conversations.sender_id"), nullable=False),
    sa.Column("connector_id", sa.String(64), nullable=False),
    sa.Column("event_id", sa.String(64), nullable=False),
    sa.Column("message_id", sa.String(64)),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("sent_at", sa.Text, nullable=False),
    sa.Column("state", sa.String(8), nullable=False, server_default="new"),
    sa.Column("created_at", _seconds, nullable=False),
    sa.Column("done_at", _seconds),
    sa.UniqueConstraint("connector_id", "event_id", name="user_messages_once_an_event"),
    sa.UniqueConstraint("connector_id", "message_id", name="user_messages_once_a_message"),
    sa.Index(
        "user_messages_to_handle",
        "sender_id",
        "id",
        sqlite_where=is_undelivered,
        postgresql_where=is_undelivered,
    ),
)

#: What the bot says in native conversations, in the order of ``id``. Each key once.
bot_messages = sa.Table(
    "bot_messages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("sender_id", sa.ForeignKey("native_conversations.sender_id"), nullable=False),
    sa.Column("key", sa.String(192), nullable=False),
    sa.Column("marker", sa.String(32), nullable=False, unique=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("state", sa.String(8), nullable=False, server_default="new"),
    sa.Column("error", _SafeText),
    sa.Column("created_at", _seconds, nullable=False),
    sa.Column("done_at", _seconds),
    sa.UniqueConstraint("sender_id", "key", name="bot_messages_once_a_key"),
    sa.Index(
        "bot_messages_to_post",
        "sender_id",
        "id",
        sqlite_where=is_undelivered,
        postgresql_where=is_undelivered,
    ),
)
