"""Who is in control: pass, offer, accept and release, and the default that fills the gap.

SPEC, Switchboard Actions; the rules about repeats are those of the official clients' changelog
(9.12.0), and what happens to a ticket is in `tickets`.
"""

from __future__ import annotations

from . import tickets
from .errors import ApiError, bad_request, forbidden
from .records import AGENT_WORKSPACE, App, Conversation, Json, Switchboard, SwitchboardIntegration
from .world import Control, World


def assign_default(app: App, conversation: Conversation) -> None:
    """Give control to the default integration if nobody has it (at any activity, silently)."""
    switchboard = app.switchboard
    if switchboard is None or not switchboard.enabled:
        return
    if app.seat(conversation.active_id) is None:
        conversation.active_id = switchboard.default_id


def pass_control(
    world: World,
    app: App,
    conversation: Conversation,
    target: str,
    *,
    metadata: Json | None = None,
    caller: str | None = None,
    reason: str | None = None,
) -> None:
    """Make the target active and everybody else standby (SPEC PassControl).

    Args:
        world: Where events go.
        app: The app of the conversation.
        conversation: The conversation to pass.
        target: Id, name or type of a switchboard integration, or `next`.
        metadata: Goes with the event; the Agent Workspace reads its `dataCapture.*` keys.
        caller: Id of the integration that calls, if an integration does.
        reason: Why Zendesk itself passes control.

    Raises:
        ApiError: No such target.
    """
    switchboard = _enabled(app)
    if target == "next":
        assign_default(app, conversation)
        own = switchboard.of_integration(caller) if caller else None
        active = app.seat(conversation.active_id)
        # Only a caller who is known as an integration can be seen to repeat itself.
        if own and own.next_id and own.next_id == conversation.active_id and own is not active:
            return
        seat = app.seat(active.next_id if active else None)
    else:
        seat = _match(switchboard, target)
        if seat and seat.id == conversation.active_id:
            if app.switches.repeat_emits_event:
                _tell(world, app, conversation, "passControl", metadata=metadata)
            return
    if seat is None:
        message = f"Cannot pass control to {target}: no such switchboardIntegration"
        _refuse(
            world,
            app,
            conversation,
            "passControl",
            "switchboard_invalid_target",
            message,
            metadata=metadata,
        )
        return
    before = _move(conversation, seat.id)
    if not app.switches.pass_clears_pending and before[1] != seat.id:
        conversation.pending_id = before[1]
    if seat.integration_type == AGENT_WORKSPACE:
        conversation.capture = dict(metadata or {})
    _tell(world, app, conversation, "passControl", metadata=metadata, reason=reason, before=before)
    tickets.open_if_due(world, app, conversation)


def offer_control(
    world: World,
    app: App,
    conversation: Conversation,
    target: str,
    *,
    metadata: Json | None = None,
) -> None:
    """Make the target pending, instead of whoever was (SPEC OfferControl)."""
    switchboard = _enabled(app)
    assign_default(app, conversation)
    active = app.seat(conversation.active_id)
    if target == "next":
        seat = app.seat(active.next_id if active else None)
    else:
        seat = _match(switchboard, target)
    if seat is None or seat is active:
        message = (
            "Cannot offer control to the active switchboardIntegration"
            if seat
            else f"Cannot offer control to {target}: no such switchboardIntegration"
        )
        _refuse(
            world,
            app,
            conversation,
            "offerControl",
            "switchboard_invalid_target",
            message,
            metadata=metadata,
        )
        return
    before: Control = (conversation.active_id, conversation.pending_id)
    conversation.pending_id = seat.id
    _tell(world, app, conversation, "offerControl", metadata=metadata, before=before)


def accept_control(
    world: World,
    app: App,
    conversation: Conversation,
    *,
    metadata: Json | None = None,
    caller: str | None = None,
) -> None:
    """Make the pending integration active (SPEC AcceptControl).

    Raises:
        ApiError: 403 for an integration that is not the pending one.
    """
    switchboard = _enabled(app)
    pending = app.seat(conversation.pending_id)
    if caller is not None and (pending is None or pending != switchboard.of_integration(caller)):
        raise forbidden()
    if pending is None:
        _refuse(
            world,
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
    _tell(world, app, conversation, "acceptControl", metadata=metadata, before=before)
    tickets.open_if_due(world, app, conversation)


def release_control(
    world: World,
    app: App,
    conversation: Conversation,
    *,
    metadata: Json | None = None,
    caller: str | None = None,
    reason: str | None = None,
) -> None:
    """Leave nobody active or pending (SPEC ReleaseControl).

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
    _tell(
        world, app, conversation, "releaseControl", metadata=metadata, reason=reason, before=before
    )


def _enabled(app: App) -> Switchboard:
    if app.switchboard is None or not app.switchboard.enabled:
        raise bad_request("The switchboard is not enabled")
    return app.switchboard


def _match(switchboard: Switchboard, target: str) -> SwitchboardIntegration | None:
    """Find a target by id, then name, then type; two of a type are an error."""
    seats = list(switchboard.integrations.values())
    for seat in seats:
        if seat.id == target:
            return seat
    for seat in seats:
        if seat.name == target:
            return seat
    of_type = [seat for seat in seats if seat.integration_type == target]
    if len(of_type) > 1:
        raise bad_request(f"More than one switchboardIntegration is of type {target}")
    return of_type[0] if of_type else None


def _move(conversation: Conversation, active_id: str | None) -> Control:
    """Change who is active, clear the offer; return who it was before."""
    before = (conversation.active_id, conversation.pending_id)
    conversation.formerly_active_id = conversation.active_id
    conversation.active_id = active_id
    conversation.pending_id = None
    return before


def _tell(
    world: World,
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
    world.emit(
        app, f"switchboard:{action}", lambda _: rest, conversation=conversation, before=before
    )
    world.note("control", app, conversation)


def _refuse(
    world: World,
    app: App,
    conversation: Conversation,
    action: str,
    code: str,
    message: str,
    *,
    metadata: Json | None,
) -> None:
    """Emit the failure event; answer as the switch says, for SPEC names no status."""
    rest: Json = {"error": {"code": code, "message": message}}
    if metadata:
        rest["metadata"] = dict(metadata)
    world.emit(app, f"switchboard:{action}:failure", lambda _: rest, conversation=conversation)
    status = app.switches.refused_action_status
    if status >= 400:
        raise ApiError(status, "bad_request", message)
    return None
