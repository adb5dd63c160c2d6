"""Which of a job's fields and of its source's columns go where in a publish file; settled before anything is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from jobs.sheet import Column, SheetInfo
from outputs.publish.amazon import AMAZON
from outputs.publish.google import GOOGLE
from outputs.publish.layout import Headers, Target, TargetColumn
from outputs.publish.shopify import SHOPIFY
from outputs.publish.woocommerce import WOOCOMMERCE
from templates.errors import UserError
from templates.fields import Field, Template

TARGETS: Mapping[str, Target] = MappingProxyType(
    {target.name: target for target in (SHOPIFY, WOOCOMMERCE, GOOGLE, AMAZON)}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A publish file's columns, each with the source's column that it may take."""

    target: Target
    columns: tuple[TargetColumn, ...]
    #: In step with `columns`; None where the source has none.
    sources: tuple[Column | None, ...]
    #: All columns of the source.
    headers: Headers
    #: Role -> the template, by `name@version`, and its field that fills it.
    fields: Mapping[str, tuple[str, Field]]


def bind(name: str, info: SheetInfo, templates: Sequence[Template], locales: Sequence[str]) -> Binding:
    """Settle a publish file's columns.

    Raises:
        UserError: no field of the templates is for this platform, two are for one of its columns, there are several
            locales, or the source has no column by which the platform finds a product (code "publish").
    """
    target, headers = TARGETS[name], Headers(info.columns)
    if len([locale for locale in locales if locale]) > 1:
        raise _refused(
            target, f"its file holds one language, and there are {len(locales)}", "Run once for each --locale."
        )
    laid_out = target.lay_out(headers)
    _refuse_keyless(target, laid_out, headers, info)
    fields = _fields(target, laid_out, templates)
    used = {column.role for column in laid_out if column.role} & fields.keys()
    if not used:
        _refuse_roles(target, laid_out, templates)
    columns = tuple(column for column in laid_out if _belongs(column, used))
    return Binding(
        target=target,
        columns=columns,
        headers=headers,
        sources=tuple(headers.find(*column.source) for column in columns),
        fields={role: found for role, found in fields.items() if role in used | _joined(columns)},
    )


def _belongs(column: TargetColumn, used: set[str]) -> bool:
    if column.role and not column.is_needed:
        return column.role in used
    return not column.comes_with or any(role in used for role in column.comes_with)


def _joined(columns: Sequence[TargetColumn]) -> set[str]:
    """Give the roles that join another's text: bullets stand below a description."""
    return {column.also for column in columns if column.also}


def _fields(
    target: Target, columns: Sequence[TargetColumn], templates: Sequence[Template]
) -> dict[str, tuple[str, Field]]:
    takes = {column.role for column in columns if column.role} | _joined(columns)
    found: dict[str, tuple[str, Field]] = {}
    for template in templates:
        for field in template.fields:
            if field.role not in takes:
                continue
            if field.role in found:
                raise _refused(
                    target,
                    f'{found[field.role][0]} and {template.ref} both write its "{field.role}"',
                    "Run the templates one after the other, each with --publish.",
                )
            found[field.role] = (template.ref, field)
    return found


def _refuse_keyless(target: Target, columns: Sequence[TargetColumn], headers: Headers, info: SheetInfo) -> None:
    keys = [column for column in columns if column.is_key]
    missing = [column for column in columns if column.is_needed and not headers.find(*column.source)]
    if not any(headers.find(*column.source) for column in keys):
        wanted = " or ".join(f'"{name}"' for name in dict.fromkeys(name for key in keys for name in key.source[:2]))
    elif missing:
        wanted = f'"{missing[0].header}"'
    else:
        return
    raise _refused(
        target,
        f"{info.path.name} has no column {wanted}, without which it cannot find the products",
        f"Start from an export of {target.label}, or leave --publish {target.name} out.",
    )


def _refuse_roles(target: Target, columns: Sequence[TargetColumn], templates: Sequence[Template]) -> None:
    if (
        any(field.role == "alt_text" for template in templates for field in template.fields)
        and target.name == "shopify"
    ):
        raise _refused(
            target,
            'the source has no column "Image Src", and an alternative text needs its picture\'s address',
            "Export the products with their pictures, or leave --publish shopify out.",
        )
    takes = ", ".join(dict.fromkeys(column.role for column in columns if column.role))
    given = ", ".join(template.ref for template in templates)
    raise _refused(
        target,
        f"no field of {given} has a role that it takes ({takes})",
        "Choose another template, or give the field its role in template.toml.",
    )


def _refused(target: Target, why: str, fix: str) -> UserError:
    return UserError(f"--publish {target.name}: {why}.", fix=fix, code="publish")
