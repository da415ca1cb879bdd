"""The store: what must outlive a process. SQLite by default, PostgreSQL for several servers."""

from zendesk_handoff.store.store import Store, open_store

__all__ = ["Store", "open_store"]
