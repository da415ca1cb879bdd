"""The database engines below the store: SQLite, PostgreSQL, migrations, change signals."""
