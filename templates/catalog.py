"""Where templates are found: the user's folders first, the library last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from templates.errors import UserError, nearest
from templates.fields import Template
from templates.sources import SOURCE_FILES, load_sources

__all__ = ["LIBRARY", "Catalog", "load_sources"]

#: The templates that come with the program.
LIBRARY = Path(__file__).parent / "library"
_NAME = re.compile(r"[\w-]+")


class Catalog:
    """The templates of some folders, a folder that stands earlier hiding the same name in a later one.

    `<folder>/<name>/` holds the newest version, `<folder>/<name>/versions/<n>/` the old ones. A folder that does
    not exist holds none.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self._folders = (*folders, LIBRARY)

    def find(self, ref: str) -> Template:
        """Find `name`, its newest version, or `name@version`.

        Raises:
            UserError: there is no such template or version, or something in it is wrong.
        """
        name, _, version = ref.strip().partition("@")
        homes = self._homes(name)
        if not homes:
            raise UserError(
                f'template "{name}": there is no such template.{nearest(name, self._names())}',
                fix="See what there is with: skuscribe templates list",
                code="template",
            )
        if not version:
            return _load(homes[0])
        for home in homes:
            for number, folder in _versions(home):
                if version == str(number):
                    return _load(folder, name=name, version=number)
        raise _no_version(name, version, homes)

    def all(self) -> list[Template]:
        """List the newest version of every template, by name.

        Raises:
            UserError: something in one of them is wrong.
        """
        return [_load(self._homes(name)[0]) for name in self._names()]

    def _homes(self, name: str) -> list[Path]:
        if not _NAME.fullmatch(name):
            return []
        return [folder / name for folder in self._folders if (folder / name / "template.toml").is_file()]

    def _names(self) -> list[str]:
        found = {home.parent.name for folder in self._folders for home in folder.glob("*/template.toml")}
        return sorted(name for name in found if _NAME.fullmatch(name))


def _versions(home: Path) -> Iterator[tuple[int, Path]]:
    """Give the version numbers of a template with their folders: the old ones, then the newest."""
    for folder in sorted((home / "versions").glob("*/")):
        if folder.name.isdecimal() and (folder / "template.toml").is_file():
            yield int(folder.name), folder
    yield _load(home).version, home


def _no_version(name: str, version: str, homes: list[Path]) -> UserError:
    known = sorted({number for home in homes for number, _ in _versions(home)})
    return UserError(
        f'template "{name}": there is no version "{version}". There is: {", ".join(map(str, known))}.',
        fix=f"Give {name}@{known[-1]}, or {name} alone for the newest.",
        code="template",
    )


def _load(folder: Path, *, name: str = "", version: int = 0) -> Template:
    name = name or folder.name
    sources = {file: _read(folder / file, name) for file in SOURCE_FILES}
    template = load_sources(name, sources, where=str(folder))
    if version and template.version != version:
        raise UserError(
            f'template "{name}", {folder / "template.toml"}: version is {template.version}, its folder says {version}.',
            fix="Make them the same.",
            code="template",
        )
    return template


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UserError(
            f'template "{name}": {path} is missing.',
            fix=f"A template is a folder with {', '.join(SOURCE_FILES)}.",
            code="template",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f'template "{name}": {path} cannot be read: {error}.', fix="It must be a text in UTF-8.", code="template"
        ) from error
