"""Control of a conversation: pass, offer, accept, release, and the default integration.

Conversations API: Switchboard Actions. The rules for repeated calls are from the changelog of
Zendesk's clients (9.12.0). The effect on tickets is in `tickets`.
"""

from __future__ import annotations

from . import tickets
from .errors import ApiError, bad_request, forbidden
from .records import AGENT_WORKSPACE, App, Conversation, Json, Switchboard, SwitchboardIntegration
from .state import Control, State


def assign_default(app: App, conversation: Conversation) -> None:
    """Make the default integration active if none is (at any activity, without an event)."""
    switchboard = app.switchboard
    if switchboard is None or not switchboard.enabled:
        return
    if app.switchboard_integration(conversation.active_id) is None:
        conversation.active_id = switchboard.default_id


def pass_control(
    state: State,
    app: App,
    conversation: Conversation,
    target: str,
    *,
    metadata: Json | None = None,
    caller: str | None = None,
    reason: str | None = None,
) -> None:
    """Make the target active and all others standby (Conversations API: `PassControl`).

    Args:
        state: The simulator's state.
        app: The app of the conversation.
        conversation: The conversation to pass.
        target: Id, name or type of a switchboard integration, or `next`.
        metadata: Sent with the event; the Agent Workspace reads its `dataCapture.*` keys.
        caller: Id of the calling integration; None for an app key.
        reason: Why Zendesk itself passes control.

    Raises:
        ApiError: No such target.
    """
    switchboard = _enabled(app)
    if target == "next":
        assign_default(app, conversation)
        own = switchboard.of_integration(caller) if caller else None
        active = app.switchboard_integration(conversation.active_id)
        # A repeated call can be recognised only from an integration's own key.
        if own and own.next_id and own.next_id == conversation.active_id and own is not active:
            return
        found = app.switchboard_integration(active.next_id if active else None)
    else:
        found = _find_target(switchboard, target)
        if found and found.id == conversation.active_id:
            if app.switches.repeat_emits_event:
                _emit_action(state, app, conversation, "passControl", metadata=metadata)
            return
    if found is None:
        message = f"Cannot pass control to {target}: no such switchboardIntegration"
        _emit_failure(
            state,
            app,
            conversation,
            "passControl",
            "switchboard_invalid_target",
            message,
            metadata=metadata,
        )
        return
    before = _move(conversation, found.id)
    if not app.switches.pass_clears_pending and before[1] != found.id:
        conversation.pending_id = before[1]
    if found.integration_type == AGENT_WORKSPACE:
        conversation.capture = dict(metadata or {})
    _emit_action(
        state, app, conversation, "passControl", metadata=metadata, reason=reason, before=before
    )
    tickets.open_if_due(state, app, conversation)


def offer_control(
    state: State,
    app: App,
    conversation: Conversation,
    target: str,
    *,
    metadata: Json | None = None,
) -> None:
    """Make the target pending, replacing another one (Conversations API: `OfferControl`)."""
    switchboard = _enabled(app)
    assign_default(app, conversation)
    active = app.switchboard_integration(conversation.active_id)
    if target == "next":
        found = app.switchboard_integration(active.next_id if active else None)
    else:
        found = _find_target(switchboard, target)
    if found is None or found is active:
        message = (
            "Cannot offer control to the active switchboardIntegration"
            if found
            else f"Cannot offer control to {target}: no such switchboardIntegration"
        )
        _emit_failure(
            state,
            app,
            conversation,
            "offerControl",
            "switchboard_invalid_target",
            message,
            metadata=metadata,
        )
        return
    before: Control = (conversation.active_id, conversation.pending_id)
    conversation.pending_id = found.id
    _emit_action(state, app, conversation, "offerControl", metadata=metadata, before=before)


def accept_control(
    state: State,
    app: App,
    conversation: Conversation,
    *,
    metadata: Json | None = None,
    caller: str | None = None,
) -> None:
    """Make the pending integration active (Conversations API: `AcceptControl`).

    Raises:
        ApiError: 403 for an integration that is not the pending one.
    """
    switchboard = _enabled(app)
    pending = app.switchboard_integration(conversation.pending_id)
    if caller is not None and (pending is None or pending != switchboard.of_integration(caller)):
        raise forbidden()
    if pending is None:
        _emit_failure(
            state,
            app,
            conversation,
            "acceptControl",
            "switchboard_invalid_action",
            "There is no pendingSwitchboardIntegration",
            metadata=metadata,
        )
        return
    before = _move(conversation, pending.id)
    if pending.integration_type == AGENT_WORKSPACE:
        conversation.capture = dict(metadata or {})
    _emit_action(state, app, conversation, "acceptControl", metadata=metadata, before=before)
    tickets.open_if_due(state, app, conversation)


def release_control(
    state: State,
    app: App,
    conversation: Conversation,
    *,
    metadata: Json | None = None,
    caller: str | None = None,
    reason: str | None = None,
) -> None:
    """Leave no integration active or pending (Conversations API: `ReleaseControl`).

    Raises:
        ApiError: 403 for an integration that is not the active one.
    """
    switchboard = _enabled(app)
    if caller is not None:
        own = switchboard.of_integration(caller)
        if own is None or own.id != conversation.active_id:
            raise forbidden()
    if conversation.active_id is None and conversation.pending_id is None:
        return
    before = _move(conversation, None)
    _emit_action(
        state, app, conversation, "releaseControl", metadata=metadata, reason=reason, before=before
    )


def _enabled(app: App) -> Switchboard:
    if app.switchboard is None or not app.switchboard.enabled:
        raise bad_request("The switchboard is not enabled")
    return app.switchboard


def _find_target(switchboard: Switchboard, target: str) -> SwitchboardIntegration | None:
    """Find a target by id, then name, then type; a type that two have is an error."""
    candidates = list(switchboard.integrations.values())
    for one in candidates:
        if one.id == target:
            return one
    for one in candidates:
        if one.name == target:
            return one
    of_type = [one for one in candidates if one.integration_type == target]
    if len(of_type) > 1:
        raise bad_request(f"More than one switchboardIntegration is of type {target}")
    return of_type[0] if of_type else None


def _move(conversation: Conversation, active_id: str | None) -> Control:
    """Set the active integration, clear the pending one; return both as they were."""
    before = (conversation.active_id, conversation.pending_id)
    conversation.formerly_active_id = conversation.active_id
    conversation.active_id = active_id
    conversation.pending_id = None
    return before


def _emit_action(
    state: State,
    app: App,
    conversation: Conversation,
    action: str,
    *,
    metadata: Json | None,
    reason: str | None = None,
    before: Control | None = None,
) -> None:
    rest: Json = {}
    if metadata:
        rest["metadata"] = dict(metadata)
    if reason:
        rest["reason"] = reason
    state.emit(
        app, f"switchboard:{action}", lambda _: rest, conversation=conversation, before=before
    )
    state.record_change("control", app, conversation)


def _emit_failure(
    state: State,
    app: App,
    conversation: Conversation,
    action: str,
    code: str,
    message: str,
    *,
    metadata: Json | None,
) -> None:
    """Emit the failure event; the switch decides the status, which is not documented."""
    rest: Json = {"error": {"code": code, "message": message}}
    if metadata:
        rest["metadata"] = dict(metadata)
    state.emit(app, f"switchboard:{action}:failure", lambda _: rest, conversation=conversation)
    status = app.switches.refused_action_status
    if status >= 400:
        raise ApiError(status, "bad_request", message)
    return None
