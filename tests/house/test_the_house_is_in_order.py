from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import click
import pytest

from console.main import cli

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("templates", "jobs", "worker", "outputs", "console")
MODULES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def code_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_is_longer_than_400_lines(path):
    assert code_lines(path) <= 400


def test_the_median_module_is_at_most_150_lines():
    assert median(code_lines(path) for path in MODULES if path.name != "__init__.py") <= 150


def test_no_module_is_a_drawer_for_everything():
    assert not [path.name for path in MODULES if re.search(r"util|helper|misc|manager|common", path.name)]


def test_the_tree_has_no_other_top_level_package():
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split("/")[0] for line in tracked.splitlines()} <= {*PACKAGES, "tests", "bench", "docs"}


def walk(command: click.Command, path: str = "skuscribe"):
    context = click.Context(command, info_name=path)
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from walk(command.get_command(context, name), f"{path} {name}")


COMMANDS = dict(walk(cli))


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_says_what_it_is_for(path):
    command = COMMANDS[path]
    assert command.help or command.short_help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.opts}"


def test_the_commands_page_shows_the_help_as_it_is():
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    made = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "make_commands.py"), "--print"], capture_output=True, text=True, check=True
    ).stdout
    assert page == made, "docs/commands.md is behind: run `python docs/make_commands.py`"


def test_links_between_the_pages_lead_somewhere():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
