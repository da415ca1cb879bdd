"""Replacement of Rasa's message handling, so that the router sees every user message.

Rasa's channels share one handler, ``Agent.handle_message``, which lets the bot answer under the
sender's lock. ``REPLACEMENTS`` lists what of this is replaced, and why. The router runs first
inside the lock: a message that arrives while the handover requested by an earlier one is under way
waits for its outcome, and nothing of Rasa's looks at a message before it is routed.

The turns of the bot are counted (`rasa.in_hand`): a session is opened by the process whose turn has
requested it.

The classes are patched, not the objects: ``PUT /model`` and ``DELETE /model`` create a new agent,
and a model server creates a new processor. Every class of Rasa's that defines a method is patched,
since tracing defines it once more in a subclass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor

from zendesk_handoff.bounds import check_bounds, check_wrapped, defining_classes, refuse
from zendesk_handoff.rasa import message_hooks, silence_hooks
from zendesk_handoff.rasa.compat import processor_classes, runs_mantle
from zendesk_handoff.rasa.hook_context import HookContext, Method
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.router import Router


@dataclass(frozen=True)
class Replacement:
    """One method of Rasa's that is replaced while the router is installed.

    Args:
        owner: ``Agent``, or ``MessageProcessor`` for all processor classes.
        method: The method's name.
        wrap: Makes the method that runs in its place out of Rasa's.
        reason: The purpose of the replacement.
        is_optional: Whether only Rasa Pro has the method.
    """

    owner: type
    method: str
    wrap: Callable[[Method, HookContext], Method]
    reason: str
    is_optional: bool = False

    def kinds(self) -> list[type]:
        """List the classes of the objects whose method is replaced."""
        kinds = [Agent] if self.owner is Agent else processor_classes()
        return [each for each in kinds if not self.is_optional or hasattr(each, self.method)]


@dataclass(frozen=True)
class _Patch:
    owner: type
    method: str
    rasas: Method
    ours: Method


#: Everything of Rasa's that is replaced.
REPLACEMENTS = (
    Replacement(
        Agent,
        "handle_message",
        message_hooks.agent_handle_message,
        reason="the router decides, under the sender's lock, whether the bot sees a message; none "
        "to a human agent is lost where a lock is refused or no model is loaded",
    ),
    Replacement(
        MessageProcessor,
        "handle_message",
        message_hooks.processor_handle_message,
        reason="the same for a message that does not come through the agent",
    ),
    Replacement(
        MessageProcessor,
        "trigger_external_user_uttered",
        silence_hooks.trigger_external_user_uttered,
        reason="reminders and external triggers do not make the bot speak during a session",
    ),
    Replacement(
        MessageProcessor,
        "execute_action",
        silence_hooks.execute_action,
        reason="an action that is executed from outside may request a session, and does not make "
        "the bot speak during one",
    ),
    Replacement(
        MessageProcessor,
        "_update_tracker_session",
        silence_hooks.update_tracker_session,
        reason="a look at the conversation from outside starts no Rasa session during ours",
    ),
    Replacement(
        MessageProcessor,
        "execute_side_effects",
        silence_hooks.execute_side_effects,
        reason="events from outside do not make the bot speak during a session",
    ),
    Replacement(
        MessageProcessor,
        "process_tracker",
        silence_hooks.process_tracker,
        reason="the answer of a sub-agent does not make the bot speak during a session",
        is_optional=True,
    ),
    Replacement(
        MessageProcessor,
        "deliver_pending_async_update",
        silence_hooks.deliver_pending_async_update,
        reason="nor does a sub-agent that has finished its work in the background",
        is_optional=True,
    ),
)

_context: HookContext | None = None
_patches: list[_Patch] = []


def check_rasa() -> None:
    """Check that this Rasa is supported, and that the methods to replace are the ones that run.

    Raises:
        UnsupportedEnvironment: Messages would bypass the router.
    """
    check_bounds()
    for each in REPLACEMENTS:
        for kind in each.kinds():
            defining_classes(kind, each.method)


def install(router: Router, in_hand: InHand) -> None:
    """Put the router in front of the bot, in this process.

    Args:
        router: Decides about every user message from now on.
        in_hand: Counts the bot's turns.

    Raises:
        UnsupportedEnvironment: Messages would bypass the router.
    """
    check_rasa()
    uninstall()
    global _context
    _context = HookContext(router, in_hand, check_agent)
    for each in REPLACEMENTS:
        found = [defining_classes(kind, each.method) for kind in each.kinds()]
        for owner in dict.fromkeys(owner for owners in found for owner in owners):
            rasas = vars(owner)[each.method]
            patch = _Patch(owner, each.method, rasas, each.wrap(rasas, _context))
            _patches.append(patch)
            setattr(owner, patch.method, patch.ours)


def check_agent(agent: Agent) -> None:
    """Check that the loaded bot uses the replaced methods.

    Args:
        agent: Rasa's ``Agent``, with or without a model.

    Raises:
        UnsupportedEnvironment: The class of ``Agent``, or its processor's, overrides one of them,
            or the bot cannot be paused.
    """
    if runs_mantle(agent.processor):
        refuse(
            "The loaded model runs on Rasa's engine Mantle (agent.yml), which cannot be paused.",
            "with a bot of config.yml and domain.yml",
        )
    for each in REPLACEMENTS:
        used = agent if each.owner is Agent else agent.processor
        ours = [patch.ours for patch in _patches if patch.method == each.method]
        if used is not None and (ours or not each.is_optional):
            check_wrapped(type(used), each.method, ours)


def uninstall() -> None:
    """Restore Rasa's methods."""
    global _context
    if _context is not None:
        _context.is_installed = False
        _context = None
    while _patches:
        patch = _patches.pop()
        setattr(patch.owner, patch.method, patch.rasas)
