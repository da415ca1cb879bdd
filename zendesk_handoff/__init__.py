"""Hand a Rasa conversation to Zendesk agents, and take it back.

The names below are the public interface. Each is imported when it is first used, so that
``import zendesk_handoff`` needs no Rasa: the client, the settings and the errors work without it.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zendesk_handoff.actions import ActionEndHandoff, ActionHumanHandoff
    from zendesk_handoff.channels import WebChatInput, ZendeskInput
    from zendesk_handoff.errors import ConversationsError, HandoffError, SettingsError
    from zendesk_handoff.nlu import WordClassFeaturizer
    from zendesk_handoff.policies import FrustrationPolicy
    from zendesk_handoff.rasa.lock_store import AtomicRedisLockStore
    from zendesk_handoff.settings import Settings, load_settings
    from zendesk_handoff.zendesk import ConversationsClient

    __version__: str

__all__ = [
    "ActionEndHandoff",
    "ActionHumanHandoff",
    "AtomicRedisLockStore",
    "ConversationsClient",
    "ConversationsError",
    "FrustrationPolicy",
    "HandoffError",
    "Settings",
    "SettingsError",
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
        "ConversationsClient": "zendesk_handoff.zendesk",
        "ConversationsError": "zendesk_handoff.errors",
        "FrustrationPolicy": "zendesk_handoff.policies",
        "HandoffError": "zendesk_handoff.errors",
        "Settings": "zendesk_handoff.settings",
        "SettingsError": "zendesk_handoff.errors",
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
        value = _installed_version()
    elif name in _MODULES:
        value = getattr(import_module(_MODULES[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the module's names, with those that are not imported yet."""
    return sorted({*globals(), *__all__})


def _installed_version() -> str:
    try:
        return version("zendesk-handoff")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "0+unknown"
