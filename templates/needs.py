"""What a sheet lacks for a template, told before a cent is spent."""

from __future__ import annotations

from collections.abc import Collection

from templates.fields import Template, Variable


def missing_variables(template: Template, mapped: Collection[str]) -> list[Variable]:
    """List the variables that the template needs and that no column gives."""
    return [variable for variable in template.needs if variable.name not in mapped]
