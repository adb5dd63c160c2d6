from __future__ import annotations

import os
from pathlib import Path

import click

from console.options import json_option
from console.output import print_json
from jobs.store.database import upgrade_database
from worker.settings import load_settings


@click.group("db")
def command() -> None:
    """Look after the store's database."""


@command.command("upgrade")
@json_option
def upgrade(*, as_json: bool) -> int:
    """Bring the tables of the store up to date; a file does that by itself, PostgreSQL only by this command."""
    done = upgrade_database(load_settings(os.environ, Path.cwd()).database_url)
    if as_json:
        print_json({"store": done.store, "before": done.before, "after": done.after})
    elif done.before == done.after:
        click.echo(f"The store {done.store} is up to date: revision {done.after}.")
    elif done.before is None:
        click.echo(f"The store {done.store} was empty and is now at revision {done.after}.")
    else:
        click.echo(f"The store {done.store} was at revision {done.before} and is now at {done.after}.")
    return 0
