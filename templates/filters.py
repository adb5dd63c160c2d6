"""The filters and operators of templates, none of which makes more than the meter lets it."""

from __future__ import annotations

import json
import operator
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from jinja2 import Undefined, pass_context
from jinja2.filters import FILTERS
from jinja2.runtime import Context

from templates.metering import Meter

#: Jinja's filters that only need their result counted: they take the value, the environment or the context first.
_OF_VALUE = (
    *("abs", "capitalize", "count", "d", "default", "float", "int", "items", "length", "lower", "reverse"),
    *("striptags", "title", "trim", "upper", "wordcount"),
)
_OF_ENVIRONMENT = ("first", "last", "max", "min", "sort", "truncate", "unique")
_OF_CONTEXT = ("map", "reject", "rejectattr", "select", "selectattr")
_NUMBER_CHARS = 8
_MOST_BITS = 4096
_MOST_WIDTH = 1000
_MOST_DIGITS = 20
_STREAMS: tuple[type, ...] = (
    types.GeneratorType,
    type({}.items()),
    type({}.keys()),
    type({}.values()),
    type(reversed([])),
)
_FORMAT = re.compile(r"%(?:\([^)]*\))?[-#0 +]*(\*|\d*)(?:\.(\*|\d*))?(.?)", re.DOTALL)


class MeteredContext(Context):
    """The context of one rendering, with its meter."""

    meter: Meter


def weigh(value: object, most: int) -> int:
    """Count the characters that a value would have as a text, roughly; stop counting above the most.

    Raises:
        TypeError: it is nothing that can become a text.
    """
    if isinstance(value, str):
        return len(value)
    if value is None or isinstance(value, int | float):
        return _NUMBER_CHARS
    if isinstance(value, range):
        return len(value) * _NUMBER_CHARS
    if isinstance(value, list | tuple):
        return _weigh_all(value, most)
    if isinstance(value, dict):
        return _weigh_all(value, most) + _weigh_all(value.values(), most)
    if isinstance(value, Undefined):
        return len(str(value))
    if isinstance(value, _STREAMS):
        raise TypeError("a list must be joined before it is written: add |join(', ')")
    kind = "function" if callable(value) else type(value).__name__.lower()
    raise TypeError(f"a {kind} is not a text")


def _weigh_all(values: Iterable[object], most: int) -> int:
    total = 2
    for each in values:
        total += 2 + weigh(each, most - total)
        if total > most:
            break
    return total


def counted(meter: Meter, value: Any) -> Any:
    """Count a value that a filter, a call or an operator made, and hand it on."""
    if isinstance(value, str):
        meter.made(len(value))
    elif isinstance(value, list | tuple | dict):
        meter.made(weigh(value, meter.most_characters))
    return value


def as_text(meter: Meter, value: Any) -> str:
    """Turn a value into a text; None is an empty one."""
    if isinstance(value, str):
        meter.made(len(value))
        return value
    if value is None:
        return ""
    meter.made(weigh(value, meter.most_characters))
    return str(value)


@pass_context
def loop(context: MeteredContext, values: Iterable[Any]) -> Iterator[Any]:
    """Hand out what a `for` goes through, a step each."""
    step = context.meter.step
    for value in values:
        step()
        yield value


@pass_context
def literal(context: MeteredContext, value: Any) -> Any:
    """Count a list, tuple or dict that the template writes out."""
    return counted(context.meter, value)


@pass_context
def concatenate(context: MeteredContext, values: Iterable[Any]) -> str:
    """Do the operator `~`."""
    texts = [as_text(context.meter, value) for value in values]
    context.meter.made(sum(map(len, texts)))
    return "".join(texts)


@pass_context
def finalize(context: MeteredContext, value: Any) -> str:
    """Take what `{{ … }}` gives."""
    return as_text(context.meter, value)


def plus(meter: Meter, left: Any, right: Any) -> Any:
    """Do the operator `+`."""
    if isinstance(left, str) and isinstance(right, str):
        meter.made(len(left) + len(right))
        return left + right
    return counted(meter, left + right)


def times(meter: Meter, left: Any, right: Any) -> Any:
    """Do the operator `*`."""
    if isinstance(left, int) and isinstance(right, int):
        return _few_bits(meter, left.bit_length() + right.bit_length()) and left * right
    for value, count in ((left, right), (right, left)):
        if isinstance(value, str | list | tuple) and isinstance(count, int):
            meter.made(weigh(value, meter.most_characters) * max(count, 0))
    return left * right


def power(meter: Meter, left: Any, right: Any) -> Any:
    """Do the operator `**`."""
    if isinstance(left, int) and isinstance(right, int):
        _few_bits(meter, left.bit_length() * abs(right))
    return left**right


def modulo(meter: Meter, left: Any, right: Any) -> Any:
    """Do the operator `%`, on numbers and on texts."""
    if isinstance(left, str):
        return percent(meter, left, right)
    return left % right


def percent(meter: Meter, pattern: str, values: Any) -> str:
    """Fill `%s` and its kin into a pattern."""
    places = _FORMAT.findall(pattern)
    for width, precision, kind in places:
        if kind not in "sdifeEgGxXo%":
            raise TypeError(f'"%{kind}" is not allowed in a text')
        if "*" in (width, precision) or any(len(size) > 3 for size in (width, precision)):  # noqa: PLR2004 - 999 is wide
            meter.made(meter.most_characters + 1)
    each = [weigh(value, meter.most_characters) for value in (values if isinstance(values, tuple) else (values,))]
    filled = sum(each) if isinstance(values, tuple) else len(places) * each[0]
    meter.made(len(pattern) + filled + len(places) * _MOST_WIDTH // 10)
    return str(pattern % values)


def _few_bits(meter: Meter, bits: int) -> bool:
    if bits > _MOST_BITS:
        meter.made(meter.most_characters + 1)
    return True


def _center(meter: Meter, value: Any, width: int = 80) -> str:
    text = as_text(meter, value)
    meter.made(max(int(width), len(text)))
    return text.center(int(width))


def _indent(meter: Meter, value: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    text = as_text(meter, value)
    prefix_chars = len(width) if isinstance(width, str) else int(width)
    meter.made(len(text) + (1 + len(text.splitlines())) * max(prefix_chars, 0))
    return cast("str", FILTERS["indent"](text, width, first, blank))


def _join(meter: Meter, values: Iterable[Any], between: Any = "", attribute: str | None = None) -> str:
    if attribute is not None:
        raise TypeError('join takes no attribute: write |map(attribute="…")|join')
    glue = as_text(meter, between)
    texts = []
    for value in values:
        texts.append(as_text(meter, value))
        meter.step()
    meter.made(sum(map(len, texts)) + len(glue) * len(texts))
    return glue.join(texts)


def _list(meter: Meter, values: Iterable[Any]) -> list[Any]:
    taken = []
    for value in values:
        meter.made(weigh(value, meter.most_characters))
        taken.append(value)
    return taken


def _replace(meter: Meter, value: Any, old: Any, new: Any, count: int | None = None) -> str:
    text, old, new = as_text(meter, value), as_text(meter, old), as_text(meter, new)
    meter.made(len(text) + text.count(old) * len(new))
    return text.replace(old, new, -1 if count is None else count)


def _round(meter: Meter, value: float, precision: int = 0, method: str = "common") -> float:
    meter.step()
    if abs(precision) > _MOST_DIGITS:
        raise ValueError(f"round takes at most {_MOST_DIGITS} digits")
    return cast("float", FILTERS["round"](value, precision, method))


def _tojson(meter: Meter, value: Any) -> str:
    meter.made(weigh(value, meter.most_characters))
    return cast("str", counted(meter, json.dumps(value, ensure_ascii=False)))


def _format(meter: Meter, pattern: Any, *args: Any, **named: Any) -> str:
    return percent(meter, as_text(meter, pattern), named or args)


_OWN: Mapping[str, Callable[..., Any]] = {
    "center": _center,
    "format": _format,
    "indent": _indent,
    "join": _join,
    "list": _list,
    "replace": _replace,
    "round": _round,
    "string": as_text,
    "tojson": _tojson,
}

#: Operators that are done here instead of by Python.
OPERATORS: Mapping[str, Callable[[Meter, Any, Any], Any]] = {"+": plus, "*": times, "**": power, "%": modulo}


def _metered(name: str, first: Callable[[MeteredContext], Any] | None) -> Callable[..., Any]:
    done = FILTERS[name]

    @pass_context
    def metered(context: MeteredContext, value: Any, *args: Any, **named: Any) -> Any:
        if not isinstance(value, (str, Undefined, *_STREAMS)):
            weigh(value, 0)  # refuses what is not a text, a number or a list of them
        context.meter.step()
        front = (value,) if first is None else (first(context), value)
        return counted(context.meter, done(*front, *args, **named))

    return metered


def _own(done: Callable[..., Any]) -> Callable[..., Any]:
    @pass_context
    def metered(context: MeteredContext, *args: Any, **named: Any) -> Any:
        context.meter.step()
        return done(context.meter, *args, **named)

    return metered


def all_filters() -> dict[str, Callable[..., Any]]:
    """Give the filters that a template may use, by name."""
    return {
        **{name: _metered(name, None) for name in _OF_VALUE},
        **{name: _metered(name, operator.attrgetter("environment")) for name in _OF_ENVIRONMENT},
        **{name: _metered(name, lambda context: context) for name in _OF_CONTEXT},
        **{name: _own(done) for name, done in _OWN.items()},
    }
