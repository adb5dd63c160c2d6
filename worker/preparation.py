"""From a spreadsheet and a spec to a planned job in the store; nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from jobs.choice import Choice
from jobs.clock import Clock, stamp
from jobs.estimate import Estimate
from jobs.intake.grouped.platforms import find_platform
from jobs.intake.mapping import ColumnMap, map_columns, parse_map
from jobs.intake.products import describe, read_products
from jobs.intake.row_range import parse_rows
from jobs.lifecycle import JobState
from jobs.money import to_pico
from jobs.outstanding import refuse_outstanding
from jobs.planning import Assignment, PlannedModel, Planner, keep_products
from jobs.sheet import Sheet, SheetInfo
from jobs.spec import JobSpec, parse_deadline
from jobs.store.job_table import JobRecord
from jobs.store.store import Store
from outputs.columns import OutputColumn, plan_columns
from outputs.fill import parse_fill
from outputs.filled_cells import FilledCells
from outputs.publish.binding import bind
from outputs.writeback import refuse_unwritable
from templates.brand import load_brand
from templates.catalog import Catalog
from templates.errors import UserError
from templates.locales import parse_locale
from worker.aws.models import parse_model
from worker.earlier import earlier_headers
from worker.endpoint import SIMULATED, find_target
from worker.incoming import STANDARD_INPUT, Incoming
from worker.lane_choice import LaneChoice
from worker.recipe import Recipe, all_variables
from worker.settings import Settings
from worker.source_files import SourceFiles

_DATE = re.compile(r"[\s._-]*(?:\d{4}[-_.]?\d{2}[-_.]?\d{2}|\d{2}[-_.]\d{2}[-_.]\d{4}|\d{8})")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A job whose spec, templates and sheet are known to fit; not in the store yet."""

    spec: JobSpec
    #: The source as it was told: a path, an object's URL, or standard input.
    source: str
    recipe: Recipe
    sheet: Sheet
    columns: Sequence[OutputColumn]
    mapping: ColumnMap
    realm: str
    region: str
    locales: tuple[str, ...]
    catalogue: str
    #: What was found and chosen, for people.
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A planned job with what it will cost, by lane."""

    job_id: str
    lanes: dict[str, Estimate]
    choice: Choice
    #: What reading the rows has shown: ragged lines, formulas without a result, bytes that are no text.
    notes: tuple[str, ...]

    @property
    def chosen(self) -> Estimate:
        """The estimate of the lane that the job takes."""
        return self.lanes[self.choice.lane]


class Preparation:
    """Reads, maps and plans."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        incoming: Incoming,
        files: SourceFiles,
        lanes: LaneChoice,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._store = store
        self._incoming = incoming
        self._files = files
        self._lanes = lanes
        self._clock = clock
        self._new_id = new_id

    def draft(self, source: str, spec: JobSpec) -> Draft:
        """Check a spec against its source: every mistake that can be found before anything is spent.

        `source`: a path, `s3://bucket/key`, or `-` for standard input.

        Raises:
            UserError: what is wrong, where, and how to mend it.
        """
        draft = self._draft(source, self._incoming.bring(source), spec, self.recipe(spec))
        if spec.budget is not None:
            self.refuse_unpriced(draft.spec)
        return draft

    def _draft(self, told: str, source: Path, spec: JobSpec, recipe: Recipe, *, job: JobRecord | None = None) -> Draft:
        locales = tuple(dict.fromkeys(parse_locale(tag).tag for tag in spec.locale)) or ("",)
        sheet = self._files.open(source, spec)
        info = sheet.info
        variables = all_variables(recipe.templates)
        target = find_target(self._settings, region=spec.region, simulate=spec.simulate)
        catalogue = spec.catalogue or _catalogue_of(source)
        planned = plan_columns(
            info,
            recipe.templates,
            locales,
            parse_fill(spec.fill),
            earlier=earlier_headers(self._store, target.realm, catalogue, before=job),
        )
        # What an earlier run wrote must not become this run's source: its text would change the fingerprint.
        ours = {column.existing for column in planned if not column.users}
        sources = [column for column in info.columns if column.index not in ours]
        platform = find_platform(info.columns)
        structure = platform.structure if platform else ()
        mapping = map_columns(sources, variables, parse_map(spec.map), not_by_name=structure)
        _refuse_missing(mapping, recipe, info)
        refuse_unwritable(info, planned, spec.encoding)
        for name in spec.publish:
            bind(name, info, recipe.templates, locales)
        if spec.rows:
            parse_rows(spec.rows)
        models = tuple(dict.fromkeys(spec.model)) or (self._settings.model,)
        self._lanes.refuse(replace(spec, model=models), target.region)
        return Draft(
            source=told,
            spec=replace(
                spec,
                model=models,
                owner=spec.owner or self._settings.owner,
                locale=tuple(tag for tag in locales if tag),
            ),
            recipe=recipe,
            sheet=sheet,
            columns=planned,
            mapping=mapping,
            realm=target.realm,
            region=target.region,
            locales=locales,
            catalogue=catalogue,
            said=(
                *describe(mapping, info, spec.key or None),
                *info.losses,
                *_nameless(told, catalogue),
                *(() if target.is_told else (f"No AWS Region is set: prices are those of {target.region}.",)),
            ),
        )

    def open(self, source: str, spec: JobSpec) -> Sheet:
        """Open a source as a spec says, for who only looks at it.

        Raises:
            UserError: what is wrong with it.
        """
        return self._files.open(self._incoming.bring(source), spec)

    def check_writing(self, job: JobRecord, spec: JobSpec) -> None:
        """Make sure that a job's files can be written as its changed spec asks for.

        Raises:
            UserError: its templates or its source do not fit a target, or the encoding is not for it.
        """
        info = self._files.open(self._files.find(job.source_digest, Path(job.source).name), spec).info
        refuse_unwritable(info, (), spec.encoding)
        for name in spec.publish:
            bind(name, info, Recipe.from_json(job.templates).templates, spec.locale)

    def recipe(self, spec: JobSpec) -> Recipe:
        """Find the templates and the brand that a spec names."""
        if not spec.template:
            raise UserError(
                "No template is chosen.",
                fix="Give --template NAME; `skuscribe templates list` shows what there is.",
                code="template",
            )
        catalog = self.catalog(spec)
        found = {template.ref: template for template in (catalog.find(ref) for ref in spec.template)}
        return Recipe(
            templates=tuple(found.values()), brand=load_brand(Path(spec.brand).expanduser()) if spec.brand else None
        )

    def catalog(self, spec: JobSpec) -> Catalog:
        """Give the templates: own folder, the installation's, the library."""
        own = [Path(spec.templates).expanduser()] if spec.templates else []
        if own and not own[0].is_dir():
            raise UserError(f"{own[0]} is not a folder.", fix="Check --templates.", code="templates")
        return Catalog([*own, self._settings.templates_folder])

    def plan(self, draft: Draft, *, kind: str, most_products: int | None = None) -> Plan:
        """Put the job and its items into the store.

        Raises:
            UserError: rows of one key contradict each other, the template fails on the first product, or batch jobs of
                another run are writing items of this one.
        """
        spec = draft.spec
        source = draft.sheet.info.path
        job_id, began = self._new_id(), self._clock()
        self._store.jobs.add(
            JobRecord(
                id=job_id,
                kind=kind,
                state=JobState.PLANNED,
                stop_reason=None,
                planned=False,
                created_at=stamp(began),
                began_at=None,
                ended_at=None,
                seconds=0.0,
                owner=spec.owner,
                catalogue=draft.catalogue,
                realm=draft.realm,
                source=draft.source if draft.source != STANDARD_INPUT else source.name,
                source_digest="" if kind == "estimate" else self._files.keep(source),
                spec=spec.to_json(),
                templates=draft.recipe.to_json(),
                cap_pico=None if spec.budget is None else to_pico(spec.budget),
                spent_pico=0,
                held_pico=0,
                estimate_pico=None,
                workbook=None,
                report=None,
                message="",
                weight=spec.weight,
            )
        )
        try:
            self.fill_plan(job_id, draft, most_products=most_products)
            return self._choose_lane(job_id, draft, kind=kind, began=began)
        except UserError:
            self._store.jobs.drop(job_id)
            raise

    def plan_again(self, job: JobRecord) -> None:
        """Plan a job anew whose planning was cut off, from its kept source; nothing of it was sent."""
        self._store.jobs.forget_plan(job.id)
        spec, recipe = JobSpec.from_json(job.spec), Recipe.from_json(job.templates)
        source = self._files.find(job.source_digest, Path(job.source).name)
        draft = self._draft(job.source, source, replace(spec, catalogue=job.catalogue), recipe, job=job)
        began = self._clock()
        self.fill_plan(job.id, draft)
        self._choose_lane(job.id, draft, kind=job.kind, began=began)

    def fill_plan(self, job_id: str, draft: Draft, *, most_products: int | None = None) -> None:
        """Plan the items of a job that stands in the store without them."""
        spec = draft.spec
        variables = all_variables(draft.recipe.templates)
        rows = parse_rows(spec.rows) if spec.rows else None
        pages = read_products(draft.sheet, draft.mapping, key=spec.key or None, rows=rows)
        where = draft.sheet.info.path.name
        if not keep_products(self._store, job_id, pages, variables, draft.mapping.headers, where=where) and rows:
            raise UserError(
                f"{draft.sheet.info.path.name}: there is no product in the rows {spec.rows}.",
                fix="Give --rows as the row numbers that the spreadsheet shows at its left.",
                code="rows",
            )
        assignment = Assignment(
            job_id=job_id,
            realm=draft.realm,
            catalogue=draft.catalogue,
            templates=draft.recipe.templates,
            locales=draft.locales,
            models=[PlannedModel(id=model, base=parse_model(model).name) for model in spec.model],
            brand=draft.recipe.brand,
            only=spec.only,
            fresh=spec.fresh,
            filled=FilledCells(draft.columns, draft.sheet.rows()).items,
            headers=draft.mapping.headers,
        )
        Planner(self._store, assignment).plan(most_products=most_products)
        if self._store.jobs.get(job_id).kind == "run" and draft.realm != SIMULATED and not spec.fresh:
            refuse_outstanding(self._store, job_id)

    def change_lane(self, job: JobRecord, lane: str) -> None:
        """Let the open items of a job take another lane from now on; its batch jobs are stopped and harvested first.

        Raises:
            UserError: the lane cannot be taken, or a cap not be held in it.
        """
        spec = replace(JobSpec.from_json(job.spec), lane=lane)
        target = find_target(self._settings, region=spec.region, simulate=spec.simulate)
        self._lanes.refuse(spec, target.region)
        if job.cap_pico is not None:
            self.refuse_unpriced(spec)
        self._store.jobs.change(job.id, spec=spec.to_json(), lane=lane, rest_lane=None)

    def refuse_unpriced(self, spec: JobSpec) -> None:
        """Make sure that a cap can be held.

        Raises:
            UserError: a model of the spec has no price where it is called.
        """
        self._lanes.refuse_unpriced(spec)

    def _choose_lane(self, job_id: str, draft: Draft, *, kind: str, began: datetime) -> Plan:
        """Estimate a job whose items are in the store in every lane, and keep the one that it takes."""
        spec = draft.spec
        priced = self._lanes.compare(job_id, spec, draft.recipe, kind=kind, realm=draft.realm, region=draft.region)
        plan = Plan(job_id=job_id, lanes=priced.lanes, choice=priced.choice, notes=draft.sheet.info.notes)
        usd, lane = plan.chosen.usd, plan.choice.lane
        due = began + timedelta(seconds=parse_deadline(spec.deadline)) if spec.deadline else None
        self._store.jobs.change(
            job_id,
            planned=True,
            lane=lane,
            choice=plan.choice.to_json(),
            deadline_at=stamp(due) if due else None,
            estimate_pico=None if usd is None else to_pico(usd),
        )
        return plan


def _refuse_missing(mapping: ColumnMap, recipe: Recipe, info: SheetInfo) -> None:
    for template in recipe.templates:
        missing = mapping.missing(template.needs)
        if missing:
            names = ", ".join(f'"{variable.name}"' for variable in missing)
            headers = ", ".join(f'"{column.header}"' for column in info.columns[:20])
            raise UserError(
                f"{info.path.name}: no column gives {names}, which {template.ref} needs. The columns are: {headers}.",
                fix=f"Say which one with --map {missing[0].name}=COLUMN.{_hint_of_no_header(info)}",
                code="variable",
            )


def _hint_of_no_header(info: SheetInfo) -> str:
    """Names of columns are no plain numbers: a row that has one is rather a product."""
    if not any(_NUMBER.fullmatch(column.raw.strip()) for column in info.columns):
        return ""
    return f" If row {info.header_row} is a product already, put a row with the columns' names above it."


def _nameless(told: str, catalogue: str) -> tuple[str, ...]:
    if told != STANDARD_INPUT:
        return ()
    return (f'Standard input has no name: its products are kept as the catalogue "{catalogue}" (--catalogue).',)


def _catalogue_of(source: Path) -> str:
    return _DATE.sub("", source.stem).strip(" ._-") or source.stem
