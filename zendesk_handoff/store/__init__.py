"""The store: all data that outlives a process, in SQLite or, for several servers, PostgreSQL."""

from zendesk_handoff.store.engine.read_only import read_only
from zendesk_handoff.store.store import Store, check_openable, open_existing_store, open_store

__all__ = ["Store", "check_openable", "open_existing_store", "open_store", "read_only"]
