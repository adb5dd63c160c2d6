"""A template from its three source texts, checked before anything is sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from templates.columns import with_usual_columns
from templates.contracts import read_fields
from templates.errors import UserError, nearest
from templates.fields import Template, Variable
from templates.program import Program
from templates.short_forms import spelt_out
from templates.strict_toml import Table, parse_toml, refuse

SOURCE_FILES = ("template.toml", "system.j2", "user.j2")
#: Names that the renderer gives to both Jinja files.
LANGUAGE_NAMES = frozenset({"target_language", "target_locale"})
#: The callable that user.j2 has: the lines `Label: value`.
FACTS = "facts"
_RESERVED = LANGUAGE_NAMES | {FACTS, "loop", "range", "namespace", "self", "caller", "varargs", "kwargs"}
_VARIABLE = re.compile(r"[a-z][a-z0-9_]*")
#: A line that names a field's role: no prompt has it, so that a new role must not make the bought copy stale.
_ROLE_LINE = re.compile(r"^[ \t]*role[ \t]*=.*(?:\n|\Z)", re.MULTILINE)
_CODE = "template"


def load_sources(name: str, sources: Mapping[str, str], *, where: str = "") -> Template:
    """Make a template from the texts of template.toml, system.j2 and user.j2.

    Args:
        name: The template's name.
        sources: The three texts by file name.
        where: The folder that they came from, for messages.

    Raises:
        UserError: something in them is wrong; of template.toml all problems at once.
    """
    missing = [file for file in SOURCE_FILES if file not in sources]
    if missing:
        raise UserError(f'template "{name}": {missing[0]} is missing.', fix="Restore it.", code=_CODE)
    template = _read_toml(name, sources, where)
    for file in SOURCE_FILES[1:]:
        program = Program(sources[file], where=source_name(template, file, where=where))
        _check_names(template, file, program)
    return template


def source_name(template: Template, file: str, *, where: str = "") -> str:
    """Name a source file of a template, for messages."""
    return f'template "{template.ref}", {where + "/" if where else ""}{file}'


def _read_toml(name: str, sources: Mapping[str, str], where: str) -> Template:
    file = f'template "{name}", {where + "/" if where else ""}template.toml'
    table = Table(spelt_out(parse_toml(sources["template.toml"], file=file, code=_CODE)))
    texts = {each: sources[each] for each in SOURCE_FILES}
    template = Template(
        name=name,
        version=table.whole("version", least=1, most=1_000_000, default=1),
        title=table.text("title") or _words(name),
        description=table.text("description"),
        variables=_variables(table),
        fields=read_fields(table),
        parameters=_parameters(table.table("model")),
        sources=texts,
        digest=_digest(texts),
    )
    table.close()
    refuse(file, table.problems, code=_CODE)
    return template


def _digest(texts: Mapping[str, str]) -> str:
    deciding = [_ROLE_LINE.sub("", text) if file == "template.toml" else text for file, text in texts.items()]
    return hashlib.sha256("\0".join(deciding).encode("utf-8", "surrogatepass")).hexdigest()


def _variables(table: Table) -> tuple[Variable, ...]:
    variables = []
    needs, uses = table.tables("needs"), table.tables("uses")
    for needed, group in ((True, needs), (False, uses)):
        for name, each in group.items():
            variables.append(_variable(name, each, needed=needed))
            if not needed and name in needs:
                each.note("", f"needs.{name} is the same variable")
    _refuse_shared_aliases(table, variables)
    return with_usual_columns(variables)


def _variable(name: str, table: Table, *, needed: bool) -> Variable:
    if not _VARIABLE.fullmatch(name):
        table.note("", 'a variable is named in small letters, digits and "_", a letter first')
    elif name in _RESERVED:
        table.note("", "this name is taken by the renderer")
    variable = Variable(
        name=name,
        label=table.text("label") or _words(name),
        aliases=table.texts("aliases"),
        needed=needed,
        varies=table.flag("varies"),
        is_code=table.flag("code"),
    )
    table.close()
    return variable


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").capitalize()


def _refuse_shared_aliases(table: Table, variables: list[Variable]) -> None:
    owner: dict[str, str] = {}
    for variable in variables:
        for alias in {alias.casefold() for alias in variable.aliases}:
            if alias in owner:
                table.note("", f'{owner[alias]} and {variable.name} both have the alias "{alias}"')
            owner[alias] = variable.name


def _parameters(table: Table) -> dict[str, float]:
    given = {name: table.number(name, least=0, most=1) for name in ("temperature", "top_p")}
    table.close()
    return {name: value for name, value in given.items() if value is not None}


def _check_names(template: Template, file: str, program: Program) -> None:
    declared = {variable.name for variable in template.variables}
    known = LANGUAGE_NAMES if file == "system.j2" else declared | LANGUAGE_NAMES | {FACTS}
    for name in sorted(program.names - known):
        if name in declared | {FACTS}:
            raise UserError(
                f'{program.where}: it uses "{name}", but it is the same for every product.',
                fix=f'Move what depends on "{name}" to user.j2.',
                code=_CODE,
            )
        raise UserError(
            f'{program.where}: it uses "{name}", which template.toml does not declare.{nearest(name, known)}',
            fix=f"Declare it as [needs.{name}] or [uses.{name}] in template.toml, or correct the name.",
            code=_CODE,
        )
