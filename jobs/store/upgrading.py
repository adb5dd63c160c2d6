"""Bringing the tables up to date."""

from __future__ import annotations

from importlib.resources import files

from sqlalchemy import Connection, Engine, func, inspect, select

from templates.errors import UserError

#: Names our upgrades among a PostgreSQL server's advisory locks; any number will do.
_LOCK = 0x736B7573


def upgrade(engine: Engine) -> str | None:
    """Run the migrations that the store has not seen yet; give the revision that it had, None for an empty one.

    Raises:
        UserError: a newer version of this program made it.
    """
    # Alembic takes 0.2 s to import: only when a look at the store says that it is needed.
    with engine.connect() as connection:
        before = revision(connection)
    if before == newest_revision():
        return before
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(files("jobs.store") / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.execution_options(writes=True).begin() as connection:
        # Who comes second waits here, and then finds nothing to do. SQLite has locked its file already.
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        before = revision(connection)
        refuse_newer(before)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return before


def refuse_newer(found: str | None) -> None:
    """Raise a `UserError` when this program does not know the store's revision."""
    if found is not None and found not in _revisions():
        raise UserError(
            f"The store was upgraded by a newer Skuscribe: it is at revision {found}, this one knows "
            f"{newest_revision()}.",
            fix="Install that version on this machine as well.",
            code="store",
        )


def revision(connection: Connection) -> str | None:
    """Give the newest migration that a database has seen, None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row else None


def newest_revision() -> str:
    """Name of the newest migration: they are numbered files."""
    return max(_revisions())


def _revisions() -> set[str]:
    names = (entry.name for entry in (files("jobs.store") / "migrations" / "versions").iterdir())
    return {name.split("_")[0] for name in names if name[:4].isdigit()}
