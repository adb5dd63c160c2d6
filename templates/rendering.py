"""Prompts from a template, a brand, a locale and a product's values."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence

from templates.blocks import brand_block, data_rule, fields_block, language_line
from templates.brand import Brand
from templates.errors import UserError
from templates.fields import Prompt, Template
from templates.locales import parse_locale
from templates.metering import RenderLimits
from templates.program import DEFAULT_LIMITS, Program
from templates.sources import FACTS, LANGUAGE_NAMES, source_name

#: A fence in a value would let the product's text out of its place in the prompt.
_FENCE = re.compile(r"<(?=\s*/?\s*product)", re.IGNORECASE)
_NOT_A_FENCE = "‹"


class Renderer:
    """Renders one template for one brand and locale; any number of threads may use it at once.

    Raises:
        UserError: the locale is wrong, or the template has a defect.
    """

    def __init__(
        self,
        template: Template,
        *,
        brand: Brand | None = None,
        locale: str = "",
        limits: RenderLimits = DEFAULT_LIMITS,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self.template = template
        language = parse_locale(locale) if locale else None
        self._given = {
            "target_language": language.name if language else "",
            "target_locale": language.tag if language else "",
        }
        self._labels = tuple((variable.name, variable.label) for variable in template.variables)
        self._blank = dict.fromkeys((variable.name for variable in template.variables), "")
        system, self._user = (
            Program(template.sources[file], where=source_name(template, file), limits=limits, clock=clock)
            for file in ("system.j2", "user.j2")
        )
        if language is None and LANGUAGE_NAMES & (system.names | self._user.names):
            raise UserError(
                f'template "{template.ref}" needs to know into which language to write.',
                fix="Give a locale, for example --locale de-DE.",
                code="locale",
            )
        blocks = [
            system.run(self._given).strip(),
            data_rule(fenced="<product" in template.sources["user.j2"]),
            brand_block(brand) if brand else "",
            language_line(language),
            fields_block(template.fields),
        ]
        self._system = "\n\n".join(block for block in blocks if block)

    @property
    def system(self) -> str:
        """The system prompt: it is the same for every product, so that it can be a cached prefix."""
        return self._system

    def user(self, values: Mapping[str, str]) -> str:
        """Render the product; variables that have no value are empty.

        Raises:
            UserError: the template fails with these values; the message does not name the row.
        """
        given: dict[str, object] = {**self._blank, **self._given}
        for name in self._blank:
            value = values.get(name, "")
            given[name] = _FENCE.sub(_NOT_A_FENCE, value) if "<" in value else value
        given[FACTS] = self._facts(given)
        text = self._user.run(given).strip()
        if not text:
            raise UserError(
                f"{source_name(self.template, 'user.j2')}: it renders to nothing, which no model takes.",
                fix="Write the product into it, such as {{ facts() }}.",
                code="template",
            )
        return text

    def prompt(self, values: Mapping[str, str]) -> Prompt:
        """Render what is sent for one product."""
        return Prompt(system=self._system, user=self.user(values))

    def _facts(self, given: Mapping[str, object]) -> Callable[..., str]:
        def facts(without: str | Sequence[str] = ()) -> str:
            """Give the lines `Label: value` of all variables that have a value, but those left out."""
            left_out = (without,) if isinstance(without, str) else without
            lines = [f"{label}: {given[name]}" for name, label in self._labels if given[name] and name not in left_out]
            return "\n".join(lines)

        return facts
