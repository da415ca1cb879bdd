"""The store: all data that outlives a process, in SQLite or, for several servers, PostgreSQL."""

from zendesk_handoff.store.store import Store, open_store

__all__ = ["Store", "open_store"]
