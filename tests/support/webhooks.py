"""Calls of Zendesk's webhook, made by a test itself."""

from __future__ import annotations

#: Both routes that take calls of a connector.
ROUTES = ("/api/v1/connectors/{}/webhook", "/webhooks/zendesk/{}/webhook")


def webhook_url(stack, connector="support", route=ROUTES[0]):
    return stack.rasa_url + route.format(connector)


def agent_event(conversation_id, text, *, message_id="5" * 24, event_id="6" * 24):
    """Make the event of an agent's message."""
    return {
        "id": event_id,
        "type": "conversation:message",
        "createdAt": "2026-01-05T10:00:00.000Z",
        "payload": {
            "conversation": {"id": conversation_id, "type": "personal"},
            "message": {
                "id": message_id,
                "received": "2026-01-05T10:00:00.000Z",
                "author": {"type": "business", "displayName": "Ana"},
                "content": {"type": "text", "text": text},
                "source": {"type": "zd:agentWorkspace"},
                "metadata": {"__zendesk_msg.agent.id": "900000000001"},
            },
        },
    }


async def post_events(http, stack, *events, connector="support", key=None, route=ROUTES[0]):
    """Post events in one call, with the connector's key or another; return the status."""
    secret = stack.connectors[connector]["webhook_secret"]
    body = {"app": {"id": "a"}, "webhook": {"id": "b", "version": "v2"}, "events": list(events)}
    url = webhook_url(stack, connector, route)
    async with http.post(url, json=body, headers={"X-API-Key": key or secret}) as answer:
        return answer.status
