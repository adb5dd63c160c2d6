"""The language of templates: Jinja without what a prompt does not need, metered, and out of reach of Python."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment, safe_range
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from templates.errors import nearest
from templates.filters import (
    OPERATORS,
    MeteredContext,
    all_filters,
    concatenate,
    counted,
    finalize,
    literal,
    loop,
)
from templates.metering import RenderLimits, TooMuchError

#: Longest source text of a template, in characters.
MOST_SOURCE = 100_000


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_REFUSED = (
    nodes.Block,
    nodes.Extends,
    nodes.FromImport,
    nodes.Import,
    nodes.Include,
    nodes.ScopedEvalContextModifier,
)
_TEXT_METHODS = _names("""
    capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit islower isnumeric isspace
    istitle isupper lower lstrip partition removeprefix removesuffix rfind rindex rpartition rsplit rstrip split
    splitlines startswith strip swapcase title upper
""")
_LOOP_NAMES = _names("changed cycle depth depth0 first index index0 last length nextitem previtem revindex revindex0")
_DICT_METHODS = frozenset({"get", "items", "keys", "values"})
#: Names of the filters that the rewriting puts in; a template cannot write them.
_LOOP, _LITERAL, _CONCATENATE = "(loop)", "(literal)", "(concatenate)"


class Sandbox(ImmutableSandboxedEnvironment):
    """Compiles templates so that every loop turn, call, filter, operator and output passes the meter.

    Programs made by it need a `MeteredContext` with a meter. One sandbox serves any number of threads.
    """

    context_class = MeteredContext
    intercepted_binops = frozenset(OPERATORS)

    def __init__(self, limits: RenderLimits) -> None:
        # not optimized: a constant expression would be worked out while compiling, where no meter runs
        super().__init__(
            undefined=StrictUndefined,
            autoescape=False,
            optimized=False,
            keep_trailing_newline=False,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=finalize,
        )
        self._limits = limits
        self.globals = {"range": safe_range, "namespace": Namespace}
        self.filters = all_filters() | {_LOOP: loop, _LITERAL: literal, _CONCATENATE: concatenate}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if len(source) > MOST_SOURCE:
            raise TemplateSyntaxError(f"the text is longer than {MOST_SOURCE:,} characters", 1)
        tree: nodes.Template = _Rewriting(self).visit(super()._parse(source, name, filename))
        tree.set_environment(self)
        return tree

    def concat(self, parts: Iterable[str]) -> str:
        """Join the output of a macro or a block."""
        texts = list(parts)
        if sum(map(len, texts)) > self._limits.characters:
            raise TooMuchError(f"makes a text of more than {self._limits.characters:,} characters")
        return "".join(texts)

    def call(self, context: MeteredContext, function: Any, /, *args: Any, **named: Any) -> Any:  # type: ignore[override] # its names begin with __ for the same reason
        """Call a macro or a method."""
        context.meter.step()
        return counted(context.meter, super().call(context, function, *args, **named))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Do an operator that could make much of little."""
        meter = context.meter  # type: ignore[attr-defined] # context_class says which class it is
        meter.step()
        return OPERATORS[operator](meter, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ARG002 - Jinja's signature
        """Allow the few methods and attributes that a prompt needs, by type."""
        if isinstance(obj, str):
            return attr in _TEXT_METHODS
        if isinstance(obj, LoopContext):
            return attr in _LOOP_NAMES
        if isinstance(obj, dict):
            return attr in _DICT_METHODS
        return isinstance(obj, Namespace) and not attr.startswith("_")

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """Stand for an attribute that is not allowed: using it fails."""
        instead = f": write |{attribute}" if attribute in self.filters else ""
        message = f'"{attribute}" of a {_kind(obj)} is not allowed in a template{instead}'
        return self.undefined(message, name=attribute, obj=obj, exc=SecurityError)

    def wrap_str_format(self, value: Any) -> None:  # noqa: ARG002 - Jinja's signature
        """Offer no `str.format`: its widths could not be metered."""
        return


class _Rewriting(NodeTransformer):
    """Refuses what is not allowed and puts the meter into the rest."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        if isinstance(node, _REFUSED):
            raise TemplateSyntaxError(f"{_statement(node)} is not allowed in a template", node.lineno)
        return super().generic_visit(node, *args, **kwargs)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja's visitor names
        if node.recursive:
            raise TemplateSyntaxError("a recursive loop is not allowed in a template", node.lineno)
        self.generic_visit(node)
        node.iter = _through(_LOOP, node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja's visitor names
        self.generic_visit(node)
        return _through(_CONCATENATE, nodes.List(node.nodes, lineno=node.lineno))

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802 - Jinja's visitor names
        return _through(_LITERAL, self.generic_visit(node))

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802 - Jinja's visitor names
        return _through(_LITERAL, self.generic_visit(node))

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802 - Jinja's visitor names
        self.generic_visit(node)
        return node if node.ctx == "store" else _through(_LITERAL, node)

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802 - Jinja's visitor names
        if node.name not in self._sandbox.filters:
            known = [name for name in self._sandbox.filters if name.isidentifier()]
            what = "is not allowed in a template" if node.name in FILTERS else "does not exist"
            hint = "" if node.name in FILTERS else nearest(node.name, known)
            raise TemplateSyntaxError(f'the filter "{node.name}" {what}.{hint}', node.lineno)
        return self.generic_visit(node)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 - Jinja's visitor names
        _refuse_private(node.attr, node.lineno)
        return self.generic_visit(node)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - Jinja's visitor names
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            _refuse_private(node.arg.value, node.lineno)
        return self.generic_visit(node)


def _through(name: str, node: nodes.Node) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _refuse_private(name: str, line: int) -> None:
    if name.startswith("_"):
        raise TemplateSyntaxError(f'"{name}" is not allowed: a template cannot reach into Python', line)


def _kind(value: object) -> str:
    if isinstance(value, type) or callable(value):
        return "function"
    return {"str": "text", "int": "number", "float": "number"}.get(type(value).__name__, type(value).__name__.lower())


def _statement(node: nodes.Node) -> str:
    word = {"FromImport": "from … import", "ScopedEvalContextModifier": "autoescape"}.get(type(node).__name__)
    return f"{{% {word or type(node).__name__.lower()} %}}"
