"""The route to which platforms report what has become of messages that they had taken."""

from __future__ import annotations

import structlog
from sanic import Blueprint
from sanic.exceptions import PayloadTooLarge
from sanic.request import Request
from sanic.response import HTTPResponse, empty

from zendesk_handoff.channels.error_responses import error_response
from zendesk_handoff.channels.unproven import may_log_call
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.channels import REPORT_PATH
from zendesk_handoff.rasa.outputs import exit_as_error
from zendesk_handoff.rasa.request_body import MAX_SMALL_BODY, read_body, respond_unread

log = structlog.get_logger(__name__)


def add_report_route(blueprint: Blueprint) -> None:
    """Add the route.

    Args:
        blueprint: The plugin's; its app's context has the runtime.
    """

    @blueprint.post(REPORT_PATH + "/<channel:str>", name="delivery_report", stream=True)
    async def report(request: Request, channel: str) -> HTTPResponse | None:
        try:
            await read_body(request, MAX_SMALL_BODY)
        except PayloadTooLarge:
            text = f"A report may have {MAX_SMALL_BODY} bytes."
            return await respond_unread(request, error_response(413, text))
        return await receive_report(request, channel)


async def receive_report(request: Request, channel: str) -> HTTPResponse:
    """Settle the message of a report that is proved to be the platform's.

    Args:
        request: Of the platform, or of anybody; its body has been read.
        channel: The channel's name in the address.

    Returns:
        403 if it is not the platform's, 503 if the platform is to report again, else 204; also for
        messages that nobody knows, such as the bot's own.
    """
    runtime = request.app.ctx.zendesk_handoff
    if not runtime.channels.serves(channel):
        return error_response(404, "There is no such channel.")
    try:
        with exit_as_error():
            found = runtime.channels.adapter(channel).read_report(request)
    except Exception as error:
        if may_log_call(request.app):
            log.warning("handoff.report.unreadable", **error_fields(error))
        return error_response(400, "The report cannot be read.")
    if found is None:
        if may_log_call(request.app):
            log.warning("handoff.report.not_signed", channel=channel)
        return error_response(403, "The report is not signed by the channel's platform.")
    if found.outcome is not None:
        try:
            await runtime.outcomes.settle(channel, found.reference, found.outcome)
        except StoreUnavailable as error:
            log.error("handoff.report.store_unavailable", channel=channel, error=str(error))
            return error_response(503, "The store did not answer.")
    return empty()
