"""One of a template's two Jinja files, compiled: values in, text out, within the limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from types import TracebackType
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.exceptions import SecurityError

from templates.errors import UserError
from templates.metering import Meter, RenderLimits, TooMuchError
from templates.sandbox import Sandbox

DEFAULT_LIMITS = RenderLimits()


@cache
def _sandbox(limits: RenderLimits) -> Sandbox:
    return Sandbox(limits)


class Program:
    """A compiled Jinja file; any number of threads may run it at once.

    Raises:
        UserError: it has a syntax error, or uses what a template must not.
    """

    def __init__(
        self,
        source: str,
        *,
        where: str,
        limits: RenderLimits = DEFAULT_LIMITS,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        #: Template and file, as messages name them.
        self.where = where
        self._limits = limits
        self._clock = clock
        sandbox = _sandbox(limits)
        try:
            #: Names that the text uses and does not set itself.
            self.names = frozenset(meta.find_undeclared_variables(sandbox.parse(source))) - set(sandbox.globals)
            self._template = sandbox.from_string(source)
        except jinja2.TemplateSyntaxError as error:
            raise self._defect(str(error.message or error).rstrip("."), error.lineno) from error
        except (RecursionError, SyntaxError, MemoryError, ValueError) as error:
            raise self._defect(f"it is nested too deeply or holds a number that is too long ({error})", 0) from error

    def run(self, values: Mapping[str, Any]) -> str:
        """Render the text.

        Raises:
            UserError: the template fails with these values, or takes too much.
        """
        meter = Meter(self._limits, self._clock)
        template = self._template
        sandbox = template.environment
        context = sandbox.context_class(sandbox, {**template.globals, **values}, template.name, {})
        context.meter = meter  # type: ignore[attr-defined] # context_class says which class it is
        size, parts = 0, []
        try:
            for part in template.root_render_func(context):
                size += len(part)
                if size > self._limits.characters:
                    meter.made(size)
                parts.append(part)
        except Exception as error:
            raise self._defect(_said(error), self._line(error.__traceback__)) from error
        return "".join(parts)

    def _line(self, trace: TracebackType | None) -> int:
        """Find the line of the template where an error came up, 0 when none is known."""
        line = 0
        while trace is not None:
            if "__jinja_template__" in trace.tb_frame.f_globals:
                line = self._template.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return line

    def _defect(self, problem: str, line: int) -> UserError:
        at = f", line {line}" if line else ""
        return UserError(f"{self.where}{at}: {problem}.", fix="Mend the template there.", code="template")


def _said(error: Exception) -> str:
    if isinstance(error, TooMuchError):
        return f"the template {error}"
    if isinstance(error, RecursionError):
        return "the template calls itself too often"
    if isinstance(error, SecurityError | jinja2.UndefinedError):
        return str(error.message).rstrip(".")
    return f"{error}".rstrip(".") or type(error).__name__
