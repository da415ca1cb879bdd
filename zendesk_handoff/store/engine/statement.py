"""Statements that are run for every message: compiled once, and on SQLite run by the driver.

SQLAlchemy compiles the SQL and converts the values of columns. Its other work for each execution
costs ten times as much as SQLite's, and each message needs about ten statements. On PostgreSQL
SQLAlchemy runs them: there the round trip to the server takes most of the time.
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
    """A statement with named parameters.

    Args:
        clause: A clause of SQLAlchemy's, without expanding parameters.
    """

    def __init__(self, clause: Any) -> None:
        """Keep the clause; it is compiled for the database of the first run."""
        self.clause = clause
        self._for_driver: _ForDriver | None = None

    def rows(self, connection: Connection, **values: Any) -> list[Any]:
        """Read all rows, with columns as attributes.

        Args:
            connection: In a transaction.
            **values: The values of the parameters.
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
        """Execute the statement once for each set of parameters.

        Args:
            connection: In a transaction.
            values: The sets; without any, nothing is executed.

        Raises:
            IntegrityError: A constraint would be violated.
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
    """Make an insert of rows that leaves existing rows alone, by any of the table's unique keys.

    Args:
        table: The table.
        names: The columns with a value in every row.
    """
    columns, values = ", ".join(names), ", ".join(f":{name}" for name in names)
    sql = f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING"
    typed = [sa.bindparam(name, type_=table.c[name].type) for name in names]
    return Statement(sa.text(sql).bindparams(*typed))


class _ForDriver:
    """A statement compiled for Python's ``sqlite3``, with the conversions of values."""

    def __init__(self, clause: Any, dialect: Dialect) -> None:
        compiled = clause.compile(dialect=dialect)
        self._sql = str(compiled)
        #: The values in order; those within the clause, such as a state in a condition, are there.
        self._values: list[Any] = [None] * len(compiled.positiontup)
        #: Where the others belong: index, name and conversion.
        self._parameters: list[tuple[int, str, _Convert | None]] = []
        for index, name in enumerate(compiled.positiontup):
            bind = compiled.binds[name]
            convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if bind.required:
                self._parameters.append((index, name, convert))
            else:
                own = bind.effective_value
                self._values[index] = own if convert is None else convert(own)
        columns = list(clause.selected_columns) if clause.is_select else []
        names = [column.key for column in columns]
        row: Any = namedtuple("Row", names)  # type: ignore[misc]  # the names are not literals
        self._make_row: Callable[[Sequence[Any]], Any] = row._make
        readers = [
            (index, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for index, column in enumerate(columns)
        ]
        self._readers = [(index, read) for index, read in readers if read is not None]

    def rows(self, connection: Connection, values: Values) -> list[Any]:
        found = _driver_connection(connection).execute(self._sql, self._ordered(values))
        return [self._make_row(self._read(row)) for row in found.fetchall()]

    def run(self, connection: Connection, values: Sequence[Values]) -> None:
        rows = [self._ordered(each) for each in values]
        try:
            _driver_connection(connection).executemany(self._sql, rows)
        except sqlite3.IntegrityError as error:  # the same error as by SQLAlchemy
            raise IntegrityError(self._sql, None, error, hide_parameters=True) from None

    def _ordered(self, values: Values) -> list[Any]:
        ordered = self._values.copy()
        for index, name, convert in self._parameters:
            value = values[name]
            ordered[index] = value if convert is None else convert(value)
        return ordered

    def _read(self, row: Sequence[Any]) -> Sequence[Any]:
        if not self._readers:
            return row
        converted = list(row)
        for index, convert in self._readers:
            converted[index] = convert(converted[index])
        return converted


def _driver_connection(connection: Connection) -> Any:
    return connection.connection.dbapi_connection
