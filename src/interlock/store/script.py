"""Running several SQL statements at once inside SQLAlchemy's transaction: only the driver itself takes a script."""

from __future__ import annotations

from sqlalchemy import Connection


def run_script(connection: Connection, sql: str) -> None:
    """Run the statements of ``sql`` in the connection's present transaction."""
    connection.exec_driver_sql("SELECT 1")  # the dialect begins its transaction with the first statement
    driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.run_async(lambda asyncpg_connection: asyncpg_connection.execute(sql))
