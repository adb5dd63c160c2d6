"""Writes docs/commands.md from the commands' own help, so that the page cannot fall behind."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from console.main import cli

HEAD = """# Commands

Made from `--help` by `python docs/make_commands.py`; a test fails when it is behind.

Exit codes: 0 every item done, reused or locked · 2 bad input, nothing was spent · 3 some items failed or are flagged ·
4 stopped at the budget · 5 no credentials, access or model · 130 stopped by a person or a signal · 1 a defect of ours.
"""


def pages(command: click.Command, path: str) -> Iterator[str]:
    """Give the help of a command and of all below it."""
    context = click.Context(command, info_name=path, max_content_width=100, terminal_width=100)
    yield f"## `{path}`\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below:
                yield from pages(below, f"{path} {name}")


def main() -> None:
    """Write the page, or print it."""
    text = "\n".join([HEAD, *pages(cli, "skuscribe")])
    if "--print" in sys.argv:
        sys.stdout.write(text)
    else:
        (Path(__file__).parent / "commands.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
