"""Actions of an agent, as methods of the kit."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class AgentActions:
    """Actions of an agent in a conversation.

    `agent` is a name (known names keep their id; a new name becomes an agent; `""` is an agent
    without a display name). `force` writes although the ticket is closed or control is elsewhere.
    """

    async def _act(
        self, conversation_id: str, verb: str, body: Json, *, file: tuple[str, bytes] | None = None
    ) -> Json:
        raise NotImplementedError

    async def agent_text(
        self,
        conversation_id: str,
        text: str,
        *,
        agent: str | None = None,
        html_text: str | None = None,
        force: bool = False,
    ) -> str | None:
        """Write a text; return the message's id, or None for a `%((switchboard:…))%` command."""
        body = {"text": text, "agent": agent, "html_text": html_text, "force": force or None}
        return _message_id(await self._act(conversation_id, "text", body))

    async def agent_image(
        self,
        conversation_id: str,
        data: bytes,
        *,
        filename: str = "picture.png",
        text: str | None = None,
        agent: str | None = None,
    ) -> str | None:
        """Send a picture; return the message's id."""
        body = {"text": text, "agent": agent}
        file = (filename, data)
        return _message_id(await self._act(conversation_id, "image", body, file=file))

    async def agent_file(
        self,
        conversation_id: str,
        data: bytes,
        *,
        filename: str = "document.pdf",
        text: str | None = None,
        alt_text: str | None = None,
        agent: str | None = None,
    ) -> str | None:
        """Send a file; `alt_text` is its `altText`. Return the message's id."""
        body = {"text": text, "alt_text": alt_text, "agent": agent}
        file = (filename, data)
        return _message_id(await self._act(conversation_id, "file", body, file=file))

    async def agent_content(
        self, conversation_id: str, content: Json, *, agent: str | None = None, force: bool = False
    ) -> str | None:
        """Send content of any type (carousel, form, something unknown); return the id."""
        body = {"content": content, "agent": agent, "force": force or None}
        return _message_id(await self._act(conversation_id, "content", body))

    async def agent_typing(
        self, conversation_id: str, *, on: bool = True, agent: str | None = None
    ) -> None:
        """Start or stop typing."""
        await self._act(conversation_id, "typing", {"on": on, "agent": agent})

    async def agent_read(self, conversation_id: str, *, agent: str | None = None) -> None:
        """Mark the conversation as read by the agent."""
        await self._act(conversation_id, "read", {"agent": agent})

    async def solve(self, conversation_id: str) -> None:
        """Solve the ticket; control stays."""
        await self._act(conversation_id, "solve", {})

    async def close(self, conversation_id: str) -> None:
        """Close the ticket; control moves by the switch `on_ticket_close`."""
        await self._act(conversation_id, "close", {})

    async def end_session(self, conversation_id: str) -> None:
        """End the messaging session; control is released."""
        await self._act(conversation_id, "end_session", {})

    async def end_by_user(self, conversation_id: str) -> None:
        """End the session as the user of a Zendesk widget would; control is released."""
        await self._act(conversation_id, "end_by_user", {})

    async def transfer_to_email(self, conversation_id: str) -> None:
        """Continue by email; control moves as for `close`, with the reason `transferToEmail`."""
        await self._act(conversation_id, "transfer_to_email", {})

    async def automation(
        self, conversation_id: str, text: str, *, name: str | None = None
    ) -> str | None:
        """Send a trigger's message, without an agent's id; return the message's id.

        Args:
            conversation_id: The conversation.
            text: The text.
            name: Its display name, "Automated Response" by default; `""` for none.
        """
        body = {"text": text, "name": name}
        return _message_id(await self._act(conversation_id, "automation", body))

    async def csat(self, conversation_id: str) -> str | None:
        """Send the satisfaction survey; return the message's id."""
        return _message_id(await self._act(conversation_id, "csat", {}))

    async def merge_user(
        self, conversation_id: str, surviving: str, *, conversations: bool = False
    ) -> None:
        """Merge the conversation's user into another (by either kind of id).

        Args:
            conversation_id: A conversation of the user to discard.
            surviving: The user to keep.
            conversations: Merge the default conversations too.
        """
        body = {"surviving": surviving, "conversations": conversations}
        await self._act(conversation_id, "merge", body)

    async def delete_message(self, conversation_id: str, message_id: str) -> None:
        """Delete a message; no event reports that."""
        await self._act(conversation_id, "delete_message", {"message_id": message_id})

    async def delete_conversation(self, conversation_id: str) -> None:
        """Delete the conversation (`conversation:remove`)."""
        await self._act(conversation_id, "delete", {})

    async def remove_user(self, conversation_id: str) -> None:
        """Delete the conversation's user (`user:remove`)."""
        await self._act(conversation_id, "remove_user", {})


def _message_id(answer: Json) -> str | None:
    found = answer["message_id"]
    return None if found is None else str(found)
