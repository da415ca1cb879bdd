"""Actions of a user on Zendesk's own channels, as methods of the kit."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class UserActions:
    """Actions of a user of the widget, of WhatsApp and so on."""

    async def _do(
        self, conversation_id: str, verb: str, body: Json, *, file: tuple[str, bytes] | None = None
    ) -> Json:
        raise NotImplementedError

    async def _call(self, method: str, path: str, body: Any = None, **query: Any) -> Json:
        raise NotImplementedError

    async def user_begin(
        self,
        app_id: str,
        *,
        source: str = "web",
        name: str | None = None,
        email: str | None = None,
        locale: str | None = None,
        external_id: str | None = None,
        reason: str | None = None,
    ) -> str:
        """Begin a conversation; return its id.

        Args:
            app_id: The account.
            source: The channel: `web`, `ios`, `android`, `whatsapp`, `messenger`, `instagram`.
            name: The user's name.
            email: The user's e-mail address.
            locale: The user's language.
            external_id: An authenticated user's id; the same one is the same user.
            reason: The `creationReason`, `message` by default.
        """
        body = {
            "source": source,
            "name": name,
            "email": email,
            "locale": locale,
            "external_id": external_id,
            "reason": reason,
        }
        return str((await self._call("POST", f"/apps/{app_id}/conversations", body))["id"])

    async def user_text(self, conversation_id: str, text: str) -> str:
        """Write a text; return the message's id."""
        return str((await self._do(conversation_id, "text", {"text": text}))["message_id"])

    async def user_content(self, conversation_id: str, content: Json) -> str:
        """Send content of any type, such as a location; return the message's id."""
        return str((await self._do(conversation_id, "content", {"content": content}))["message_id"])

    async def user_image(
        self, conversation_id: str, data: bytes, *, filename: str = "photo.png", text: str = ""
    ) -> str:
        """Send a picture; return the message's id."""
        body, file = {"text": text}, (filename, data)
        return str((await self._do(conversation_id, "image", body, file=file))["message_id"])

    async def user_press(self, conversation_id: str, message_id: str, label: str) -> None:
        """Press a button of a message, by its label."""
        await self._do(conversation_id, "press", {"message_id": message_id, "label": label})

    async def user_submit(self, conversation_id: str, message_id: str, **answers: str) -> None:
        """Answer a form, by the names of its fields."""
        await self._do(conversation_id, "submit", {"message_id": message_id, "answers": answers})

    async def user_refer(self, conversation_id: str, code: str) -> None:
        """Come through a link (`conversation:referral`)."""
        await self._do(conversation_id, "refer", {"code": code})

    async def pass_control(
        self, conversation_id: str, to: str, *, metadata: Json | None = None
    ) -> None:
        """Pass control, as any integration of the account may do: `zd-answerBot`, another bot."""
        await self._control(conversation_id, "pass", to, metadata)

    async def offer_control(self, conversation_id: str, to: str) -> None:
        """Offer control, as any integration of the account may do."""
        await self._control(conversation_id, "offer", to, None)

    async def release_control(self, conversation_id: str) -> None:
        """Release control, as any integration of the account may do."""
        await self._control(conversation_id, "release", None, None)

    async def _control(
        self, conversation_id: str, action: str, to: str | None, metadata: Json | None
    ) -> None:
        body = {"action": action, "to": to, "metadata": metadata}
        await self._call("POST", f"/conversations/{conversation_id}/control", body)
