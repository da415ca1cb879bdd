"""The command that notes why a user is handed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rasa.dialogue_understanding.commands import Command
from rasa.shared.core.events import Event, SlotSet
from rasa.shared.core.flows import FlowsList
from rasa.shared.core.trackers import DialogueStateTracker

from zendesk_handoff.rasa.explanation import REASON_SLOT


@dataclass(unsafe_hash=True)
class SetHandoffReasonCommand(Command):
    """Set the slot ``handoff_reason``.

    Rasa's own command for slots leaves out those that only actions may fill, and takes a new reason
    for the user's correction of an old one, which the bot would confirm.

    Args:
        reason: One sentence for the agent; ``None`` if the user has asked for a person.
    """

    reason: str | None

    @classmethod
    def command(cls) -> str:
        """Return the type of the command."""
        return "set handoff reason"

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> SetHandoffReasonCommand:
        """Read the command from a message.

        Raises:
            ValueError: It has no reason, which may be ``None``.
        """
        try:
            return cls(data["reason"])
        except KeyError:
            raise ValueError("A command that sets the reason of a handover has none.") from None

    def run_command_on_tracker(
        self,
        tracker: DialogueStateTracker,
        all_flows: FlowsList,
        original_tracker: DialogueStateTracker,
    ) -> list[Event]:
        """Return the event that sets the slot, where the bot has it.

        Args:
            tracker: The conversation.
            all_flows: Not used.
            original_tracker: Not used.
        """
        if REASON_SLOT not in tracker.slots or tracker.get_slot(REASON_SLOT) == self.reason:
            return []
        return [SlotSet(REASON_SLOT, self.reason)]

    def to_dsl(self) -> str:
        """Return the command as language models would write it, which none is asked to."""
        return self.command()
