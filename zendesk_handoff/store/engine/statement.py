"""Statements that are run for every message: made once, and on SQLite given to the driver.

SQLAlchemy writes the SQL and knows how a column's values are kept. What it does besides for every
execution costs ten times what SQLite does, and each message needs about ten of them. To PostgreSQL
everything goes through SQLAlchemy: there the way to the server is what takes the time.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import IntegrityError

Values = Mapping[str, Any]
_Convert = Callable[[Any], Any]


class Statement:
    """A statement whose parameters have names.

    Args:
        clause: Of SQLAlchemy's; lists as parameters are more than it can take.
    """

    def __init__(self, clause: Any) -> None:
        """Prepare nothing before the first run, which tells the database."""
        self.clause = clause
        self._for_driver: _ForDriver | None = None

    def rows(self, connection: Connection, **values: Any) -> list[Any]:
        """Read all rows, whose columns are attributes.

        Args:
            connection: In a transaction.
            **values: The parameters'.
        """
        driver = self._driver(connection)
        if driver is None:
            return list(connection.execute(self.clause, values))
        return driver.rows(connection, values)

    def first(self, connection: Connection, **values: Any) -> Any:
        """Read the first row, or ``None``; the arguments are those of ``rows``."""
        found = self.rows(connection, **values)
        return found[0] if found else None

    def run(self, connection: Connection, values: Sequence[Values]) -> None:
        """Change something, once for each set of parameters.

        Args:
            connection: In a transaction.
            values: The sets; with none nothing happens.

        Raises:
            IntegrityError: One of the database's rules would be broken.
        """
        driver = self._driver(connection)
        if driver is not None:
            driver.run(connection, values)
        elif values:
            connection.execute(self.clause, list(values))

    def _driver(self, connection: Connection) -> _ForDriver | None:
        if connection.dialect.name != "sqlite":
            return None
        if self._for_driver is None:
            self._for_driver = _ForDriver(self.clause, connection.dialect)
        return self._for_driver


def new_rows(table: sa.Table, *names: str) -> Statement:
    """Make an insert of rows with these columns that leaves alone what is there already.

    Args:
        table: Which table.
        names: Its columns that every row has.
    """
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    words = f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING"
    typed = [sa.bindparam(name, type_=table.c[name].type) for name in names]
    return Statement(sa.text(words).bindparams(*typed))


class _ForDriver:
    """A statement as Python's own sqlite3 takes it, and what becomes of values on their way."""

    def __init__(self, clause: Any, dialect: Dialect) -> None:
        made = clause.compile(dialect=dialect)
        self._words = str(made)
        # What the clause has values for itself, such as a state that is asked for.
        self._own = {
            name: bind.effective_value for name, bind in made.binds.items() if not bind.required
        }
        self._parameters = [
            (name, made.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in made.positiontup
        ]
        columns = list(clause.selected_columns) if clause.is_select else []
        names = [column.key for column in columns]
        row: Any = namedtuple("Row", names)  # type: ignore[misc]  # the names come from elsewhere
        self._make_row: Callable[[Sequence[Any]], Any] = row._make
        readers = [
            (place, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for place, column in enumerate(columns)
        ]
        self._readers = [(place, read) for place, read in readers if read is not None]

    def rows(self, connection: Connection, values: Values) -> list[Any]:
        found = _driver_connection(connection).execute(self._words, self._ordered(values))
        return [self._make_row(self._read(row)) for row in found.fetchall()]

    def run(self, connection: Connection, values: Sequence[Values]) -> None:
        rows = [self._ordered(each) for each in values]
        try:
            _driver_connection(connection).executemany(self._words, rows)
        except sqlite3.IntegrityError as error:  # called as it is on the way through SQLAlchemy
            raise IntegrityError(self._words, None, error, hide_parameters=True) from None

    def _ordered(self, values: Values) -> list[Any]:
        given = {**self._own, **values} if self._own else values
        return [
            given[name] if convert is None else convert(given[name])
            for name, convert in self._parameters
        ]

    def _read(self, row: Sequence[Any]) -> Sequence[Any]:
        if not self._readers:
            return row
        read = list(row)
        for place, convert in self._readers:
            read[place] = convert(read[place])
        return read


def _driver_connection(connection: Connection) -> Any:
    return connection.connection.dbapi_connection
