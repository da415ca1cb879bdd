"""Hand a Rasa conversation to Zendesk agents, and take it back.

The names below are the public interface. Each is imported when it is first used, so that
``import zendesk_handoff`` needs no Rasa: the client, the settings and the errors work without it.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zendesk_handoff.actions import ActionEndHandoff, ActionHumanHandoff
    from zendesk_handoff.channels import WebChatInput, ZendeskInput
    from zendesk_handoff.domain.identity import KnownUser
    from zendesk_handoff.domain.limits import Limits, MediaLimit
    from zendesk_handoff.domain.user_content import Place, UserContent, UserFile
    from zendesk_handoff.errors import (
        ConversationsError,
        HandoffError,
        NotDelivered,
        SettingsError,
    )
    from zendesk_handoff.importer import HandoffImporter
    from zendesk_handoff.nlu import HandoffRecognizer, WordClassFeaturizer
    from zendesk_handoff.policies import FrustrationPolicy
    from zendesk_handoff.rasa.adapter import ChannelAdapter, FetchedFile, Receipt
    from zendesk_handoff.rasa.lock_store import AtomicRedisLockStore
    from zendesk_handoff.settings import Settings, load_settings
    from zendesk_handoff.zendesk import ConversationsClient

    __version__: str

__all__ = [
    "ActionEndHandoff",
    "ActionHumanHandoff",
    "AtomicRedisLockStore",
    "ChannelAdapter",
    "ConversationsClient",
    "ConversationsError",
    "FetchedFile",
    "FrustrationPolicy",
    "HandoffError",
    "HandoffImporter",
    "HandoffRecognizer",
    "KnownUser",
    "Limits",
    "MediaLimit",
    "NotDelivered",
    "Place",
    "Receipt",
    "Settings",
    "SettingsError",
    "UserContent",
    "UserFile",
    "WebChatInput",
    "WordClassFeaturizer",
    "ZendeskInput",
    "__version__",
    "load_settings",
]

#: Public name to defining module.
_MODULES = MappingProxyType(
    {
        "ActionEndHandoff": "zendesk_handoff.actions",
        "ActionHumanHandoff": "zendesk_handoff.actions",
        "AtomicRedisLockStore": "zendesk_handoff.rasa.lock_store",
        "ChannelAdapter": "zendesk_handoff.rasa.adapter",
        "ConversationsClient": "zendesk_handoff.zendesk",
        "ConversationsError": "zendesk_handoff.errors",
        "FetchedFile": "zendesk_handoff.rasa.adapter",
        "FrustrationPolicy": "zendesk_handoff.policies",
        "HandoffError": "zendesk_handoff.errors",
        "HandoffImporter": "zendesk_handoff.importer",
        "HandoffRecognizer": "zendesk_handoff.nlu",
        "KnownUser": "zendesk_handoff.domain.identity",
        "Limits": "zendesk_handoff.domain.limits",
        "MediaLimit": "zendesk_handoff.domain.limits",
        "NotDelivered": "zendesk_handoff.errors",
        "Place": "zendesk_handoff.domain.user_content",
        "Receipt": "zendesk_handoff.rasa.adapter",
        "Settings": "zendesk_handoff.settings",
        "SettingsError": "zendesk_handoff.errors",
        "UserContent": "zendesk_handoff.domain.user_content",
        "UserFile": "zendesk_handoff.domain.user_content",
        "WebChatInput": "zendesk_handoff.channels",
        "WordClassFeaturizer": "zendesk_handoff.nlu",
        "ZendeskInput": "zendesk_handoff.channels",
        "load_settings": "zendesk_handoff.settings",
    }
)


def __getattr__(name: str) -> Any:
    """Import a public name.

    Raises:
        AttributeError: The package has no such name.
        ImportError: The name needs a package that is missing, such as Rasa.
    """
    value: Any
    if name == "__version__":
        value = import_module("zendesk_handoff.bounds").own_version()
    elif name in _MODULES:
        value = getattr(import_module(_MODULES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the module's names, with those that are not imported yet."""
    return sorted({*globals(), *__all__})
