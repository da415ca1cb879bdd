"""Rasa Pro's voice channels, whose users are on the phone."""

from __future__ import annotations

from zendesk_handoff.rasa.adapter import Address, ChannelAdapter


class VoiceAdapter(ChannelAdapter):
    """Refuses handovers: an agent who writes cannot talk to a caller.

    The user hears ``utter_handoff_failed``, and goes on with the bot.
    """

    can_push = False
    can_hand_over = False

    def limitations(self) -> list[str]:
        """Say that its users stay with the bot."""
        return [
            "Its users are on the phone, where an agent in Zendesk cannot write to them: no "
            "handover is opened, and they hear `utter_handoff_failed`. Transfer the call instead."
        ]

    def default_address(self, recipient_id: str) -> Address | None:
        """Return ``None``: there is no way to a user."""
        return None
