"""Environment of the command `alembic`. A running server uses `engine/migrate.py` instead."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import context
from alembic.operations.ops import MigrationScript

from zendesk_handoff.store.engine import migrate


def _number(_context: object, _revision: object, directives: list[MigrationScript]) -> None:
    """Number the new revision after the last one, and drop a revision without changes."""
    script = directives[0]
    if script.upgrade_ops is None or script.upgrade_ops.is_empty():
        directives.clear()
    else:
        script.rev_id = f"{int(migrate.newest()) + 1:04d}"


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Render true and false as SQLAlchemy's constants: SQLite's 0 is no boolean in PostgreSQL."""
    word = str(getattr(item, "arg", ""))
    return f"sa.{word}()" if kind == "server_default" and word in {"true", "false"} else False


# A new migration is the difference between the result of the present ones and schema.py.
with sa.create_engine("sqlite://").begin() as connection:
    migrate.upgrade(connection)
    context.configure(
        connection=connection,
        process_revision_directives=_number,
        render_item=_render,
        **migrate.OPTIONS,
    )
    with context.begin_transaction():
        context.run_migrations()
