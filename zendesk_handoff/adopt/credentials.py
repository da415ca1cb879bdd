"""``credentials.yml``: the connector's block, and the chat page's."""

from __future__ import annotations

from pathlib import Path

from zendesk_handoff.adopt.account import Account
from zendesk_handoff.adopt.patch import NOTHING, Edits, Patch, entry_added
from zendesk_handoff.adopt.yaml_text import YamlText
from zendesk_handoff.settings import BLOCK

CHAT_PAGE = "zendesk_handoff.channels.WebChatInput"
_REST = ("rest:",)
#: Ends of the blocks' names, which their short names in older configurations share.
_ZENDESK, _WEBCHAT = "channels.ZendeskInput", "channels.WebChatInput"


def has_account(path: Path, text: str) -> bool:
    """Tell whether the plugin's block is there already.

    Raises:
        CannotPatch: The text is no YAML.
    """
    return _has(YamlText.read(path, text), _ZENDESK)


def add_channels(path: Path, text: str, account: Account | None, *, webchat: bool) -> Edits:
    """Add the connector's block, and the chat page's, where they are not there yet.

    Args:
        path: The file, for errors.
        text: Its text; empty for a new file.
        account: The account; may be missing if the block is there.
        webchat: Whether the chat page is wanted.

    Raises:
        CannotPatch: The text is no YAML.
    """
    patch = Patch(text)
    yaml = YamlText.read(path, text)
    if not yaml.data:
        # A server has the channels of this file alone, and users need one to write through.
        patch = patch.then(entry_added(yaml, "rest", None, _REST))
    if account and not _has(YamlText.read(path, patch.text), _ZENDESK):
        yaml = YamlText.read(path, patch.text)
        patch = patch.then(entry_added(yaml, BLOCK, account.block, account.lines))
    if webchat and not _has(YamlText.read(path, patch.text), _WEBCHAT):
        yaml = YamlText.read(path, patch.text)
        patch = patch.then(entry_added(yaml, CHAT_PAGE, None, (f"{CHAT_PAGE}:",)))
    return patch.edits if _adds_more_than_rest(patch) else NOTHING


def _adds_more_than_rest(patch: Patch) -> bool:
    return any(edit.new != _REST for edit in patch.edits)


def _has(yaml: YamlText, suffix: str) -> bool:
    return any(str(name).endswith(suffix) for name in yaml.data)
