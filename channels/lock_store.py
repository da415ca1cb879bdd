"""The plugin's lock store under the short name of this checkout."""

from zendesk_handoff.rasa.lock_store import AtomicRedisLockStore

__all__ = ["AtomicRedisLockStore"]
