"""From an item to the request that is sent for it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from jobs.store.item_table import OpenItem
from jobs.tokens import answer_tokens, estimate_tokens, most_prompt_tokens
from templates.brand import Brand
from templates.checks import Checker
from templates.fields import Copy, Field, Prompt, Template, Violation
from templates.rendering import Renderer
from templates.schema import json_schema
from worker.model import OutputMode, Request

_UNREADABLE_REPLY, _CUT_REPLY = "unreadable", "cut"
#: How much longer an answer may be, the one time that it was cut.
_LENGTHENED = 2
#: A model that reasons before it answers spends output tokens on it; unknown how many, so plenty.
_THINKING_TOKENS = 4000


@dataclass(slots=True)
class Task:
    """An item on its way: what it has met so far."""

    item: OpenItem
    prompt: Prompt | None = None
    #: `write`, or `repair` once its answer broke its contract.
    purpose: str = "write"
    draft: Copy = field(default_factory=dict)
    violations: Sequence[Violation] = ()
    #: What it has met -> how often: classes of errors, and the two below.
    met: dict[str, int] = field(default_factory=dict)
    #: The chunk that it came in, 0 where one process has the whole job.
    chunk: int = 0

    @classmethod
    def of(cls, item: OpenItem, *, chunk: int = 0) -> Self:
        """Take up an item with what it has met so far."""
        return cls(item, met=dict(item.met), chunk=chunk)

    @property
    def unreadable(self) -> int:
        """How many of its replies held no answer."""
        return self.met.get(_UNREADABLE_REPLY, 0)

    @property
    def lengthened(self) -> bool:
        """Whether its answer was cut once, so that it may be longer now."""
        return _CUT_REPLY in self.met

    def meet(self, *, lengthened: bool, unreadable: bool) -> None:
        """Remember what was wrong with a reply without an answer."""
        if lengthened:
            self.met[_CUT_REPLY] = 1
        if unreadable:
            self.met[_UNREADABLE_REPLY] = self.unreadable + 1


@dataclass(frozen=True, slots=True)
class Composed:
    """A request with what it reserves."""

    request: Request
    #: Estimate, for the quota.
    prompt_tokens: int
    #: Bound, for the cap.
    most_prompt_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a job asks its model."""

    mode: OutputMode
    tier: str
    cache_min_tokens: int
    thinks: bool
    most_output_tokens: int
    metadata: Mapping[str, str]


class Composer:
    """Makes the requests of one template in one locale from one model."""

    def __init__(self, template: Template, *, locale: str, brand: Brand | None, asking: Asking) -> None:
        self.template = template
        self.asking = asking
        self.checker = Checker(template.fields, brand)
        self._locale = locale
        self._renderer = Renderer(template, brand=brand, locale=locale)
        self._system_tokens = estimate_tokens(self._renderer.system)
        self._system_bytes = len(self._renderer.system.encode())
        #: Of all fields: the `max_tokens` that an answer to a text of plain ASCII needs.
        self._most_tokens = answer_tokens(template.fields, locale, "")
        self._schemas: dict[tuple[OutputMode, frozenset[str]], tuple[dict[str, Any], str]] = {}
        self._seen_replies = 0
        self._seen_most_tokens = 0

    def compose(self, task: Task, *, mode: OutputMode) -> Composed:
        """Give the request for an item, or for the fields of it that have to be repaired.

        Raises:
            UserError: the template fails with this product's values.
        """
        if task.prompt is None:
            task.prompt = self._renderer.prompt(task.item.values)
            self._take_up(task)
        prompt, asking = task.prompt, self.asking
        only = frozenset(one.field for one in task.violations) if task.purpose == "repair" else frozenset()
        schema, schema_text = self._schema(mode, only)
        user = prompt.user
        if only:
            user = f"{user}\n\n{_repair_text(task)}"
        elif task.unreadable:
            user = f"{user}\n\n{_UNREADABLE}"
        estimated = self._system_tokens + estimate_tokens(user) + len(schema_text) // 4
        request = Request(
            model=task.item.model,
            system=prompt.system,
            user=user,
            schema=schema,
            mode=mode,
            max_tokens=self._max_tokens(task, only),
            parameters=self.template.parameters,
            tier=asking.tier,
            cache_system=0 < asking.cache_min_tokens <= self._system_tokens,
            metadata=asking.metadata,
        )
        return Composed(request, estimated, self._system_bytes + most_prompt_tokens(user, schema_text))

    def _take_up(self, task: Task) -> None:
        """Go on with the repair of an answer that came back from a batch."""
        draft = task.item.draft
        if draft is not None:
            task.draft, task.violations = self.checker.check(dict(draft), task.item.values)
            task.purpose = "repair" if task.violations else "write"

    def learn(self, output_tokens: int) -> None:
        """Remember how long a complete answer was, so that later requests reserve no more than they need."""
        self._seen_replies += 1
        self._seen_most_tokens = max(self._seen_most_tokens, output_tokens)

    def _schema(self, mode: OutputMode, only: frozenset[str]) -> tuple[dict[str, Any], str]:
        place = (mode, only)
        if place not in self._schemas:
            schema = json_schema(self.template.fields, limits=mode is not OutputMode.STRUCTURED, only=only or None)
            self._schemas[place] = (schema, json.dumps(schema))
        return self._schemas[place]

    def _max_tokens(self, task: Task, only: Collection[str]) -> int:
        asking = self.asking
        user = task.prompt.user if task.prompt else ""
        fields: tuple[Field, ...] = self.template.fields
        if only:
            fields = tuple(one for one in fields if one.name in only)
        most = self._most_tokens if user.isascii() and not only else answer_tokens(fields, self._locale, user)
        if self._seen_replies >= 20 and not only:  # noqa: PLR2004 - a small sample's longest answer says little
            most = min(most, round(self._seen_most_tokens * 1.3) + 32)
        if task.lengthened:
            most = max(most, answer_tokens(fields, self._locale, "")) * _LENGTHENED
        most += _THINKING_TOKENS if asking.thinks else 0
        return min(most, asking.most_output_tokens) if asking.most_output_tokens else most


_UNREADABLE = "Your last answer was not the JSON object that is asked for. Answer with that object and nothing else."


def _repair_text(task: Task) -> str:
    names = {one.field for one in task.violations}
    draft = {name: value for name, value in task.draft.items() if name in names}
    problems = "\n".join(f"- {one.message}" for one in task.violations)
    return (
        "A first draft of some fields broke their rules.\n"
        f"<draft>\n{json.dumps(draft, ensure_ascii=False)}\n</draft>\n"
        f"What is wrong:\n{problems}\n"
        f"Write only these fields again, with every rule kept: {', '.join(sorted(names))}."
    )
