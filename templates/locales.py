"""Locales: what `--locale` may say, and how a prompt names the language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import babel
from babel.core import parse_locale as split_tag
from babel.localedata import locale_identifiers

from templates.errors import UserError, nearest

_ENGLISH = babel.Locale("en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Locale:
    """A language, with its script and territory where they matter."""

    #: BCP 47 tag in its usual case: `de-DE`, `zh-Hans`, `es-419`.
    tag: str
    #: English name: `German (Germany)`.
    name: str

    def __str__(self) -> str:
        return self.tag


@cache
def parse_locale(tag: str) -> Locale:
    """Read a locale tag, in any case and with `-` or `_`.

    Raises:
        UserError: there is no such language, script or territory.
    """
    try:
        language, territory, script, variant = split_tag(tag.strip().replace("_", "-"), sep="-")[:4]
    except ValueError as error:
        raise _unknown(tag) from error
    known = (
        language in _ENGLISH.languages
        and (territory is None or territory in _ENGLISH.territories)
        and (script is None or script in _ENGLISH.scripts)
        and variant is None
    )
    if not known:
        raise _unknown(tag)
    details = [_ENGLISH.scripts[script]] if script else []
    details += [_ENGLISH.territories[territory]] if territory else []
    name = _ENGLISH.languages[language]
    return Locale(
        tag="-".join(part for part in (language, script, territory) if part),
        name=f"{name} ({', '.join(details)})" if details else name,
    )


@cache
def _usual_tags() -> dict[str, str]:
    """Every usual tag, and every English language name with its tag."""
    tags = {tag: tag for tag in sorted(each.replace("_", "-") for each in locale_identifiers())}
    return tags | {_ENGLISH.languages[tag].casefold(): tag for tag in tags if tag in _ENGLISH.languages}


def _unknown(tag: str) -> UserError:
    usual = _usual_tags()
    named = usual.get(tag.strip().casefold())
    same = [each for each in usual if each.startswith(f"{tag[:2].casefold()}-")]
    hint = f' Did you mean "{named}"?' if named else nearest(tag, same or usual)
    return UserError(
        f'locale "{tag}": there is no such language.{hint}',
        fix="Give a language with or without a country, for example de, de-DE, en-GB, fr-CA, es-419 or zh-Hans.",
        code="locale",
    )
