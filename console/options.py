"""The options that `run`, `estimate` and `preview` share, and how they become a spec."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from jobs.spec import LANES, ONLY, PUBLISH, PUBLISH_ROWS, JobSpec, parse_budget, parse_deadline, read_spec
from templates.errors import UserError

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _checked(parse: Callable[[str], Any], *, keep: bool = False) -> Callable[..., Any]:
    """Make a click callback that parses a text (or checks it and keeps it as it is)."""

    def check(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Any:
        if value is None:
            return None
        parsed = parse(value)
        return value if keep else parsed

    return check


class _Rate(click.FloatRange):
    """A number above 0 that is one: `nan` and `inf` are not."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


_POSITIVE = _Rate()


def _password(_ctx: click.Context, _param: click.Parameter, path: str | None) -> str:
    """Read the password of an encrypted workbook, "" when no file is told."""
    if path is None:
        return ""
    try:
        password = Path(path).expanduser().read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"The password file {path} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}.",
            fix="Give a text file whose first line is the password.",
            code="password_file",
        ) from error
    if not password:
        raise UserError(
            f"The first line of the password file {path} is empty.",
            fix="Write the password there.",
            code="password_file",
        )
    return password


password_option = click.option(
    "--password-file",
    "password",
    metavar="FILE",
    callback=_password,
    help="File whose first line is the password of an encrypted workbook.",
)
encoding_option = click.option(
    "--encoding", metavar="NAME", help="Encoding that delimited text comes back in (default: the source's)."
)
publish_option = click.option(
    "--publish",
    multiple=True,
    type=click.Choice(PUBLISH),
    help="Write the file that updates a shop or a marketplace as well (may be repeated).",
)
publish_rows_option = click.option(
    "--publish-rows", type=click.Choice(PUBLISH_ROWS), help="Copy for it: all that is good (default), or approved."
)

_SHARED = (
    click.option("--template", multiple=True, metavar="NAME[@VERSION]", help="What to write (may be repeated)."),
    click.option("--locale", multiple=True, metavar="TAG", help="Language, such as de-DE (may be repeated)."),
    click.option("--model", metavar="ID", multiple=True, help="Bedrock model or inference profile."),
    click.option("--brand", metavar="FILE.toml", help="Voice, banned words, words to keep, claims not to make."),
    click.option("--job", "job_file", metavar="SPEC.toml", help="A file with these options; those given here win."),
    click.option("--sheet", metavar="NAME", help="Sheet of the workbook (default: the first with a table)."),
    click.option("--header-row", type=click.IntRange(min=1), help="Row number of the header (default: found)."),
    click.option("--source-encoding", metavar="NAME", help="Encoding of delimited text (default: found)."),
    password_option,
    click.option("--key", metavar="COLUMN", help="Column that names the product (default: found: Handle, SKU, …)."),
    click.option("--map", "map_", multiple=True, metavar="VARIABLE=COLUMN", help="Column for a variable."),
    click.option("--rows", metavar="4-50", help="Only these rows of the sheet (preview: how many products, or rows)."),
    click.option("--only", type=click.Choice(ONLY), help="Which products: all, without copy, failed, changed."),
    click.option("--fresh", is_flag=True, default=None, help="Buy again what could be reused."),
    click.option("--catalogue", metavar="NAME", help="Products kept over time (default: the file's name)."),
    click.option("--owner", metavar="NAME", help="Who answers for the cost (default: your login)."),
    click.option("--region", metavar="REGION", help="AWS Region (default: as for every AWS program)."),
    click.option("--templates", metavar="FOLDER", help="Folder of your own templates, before the library."),
    click.option("--fill", multiple=True, metavar="FIELD=COLUMN", help="Write a field into a column of yours."),
    click.option("--lane", type=click.Choice(LANES), help="auto (default): cheapest in time; batch takes hours."),
    click.option(
        "--deadline", metavar="6h", callback=_checked(parse_deadline, keep=True),
        help="Be over after so long; --lane auto keeps to it.",
    ),
    click.option("--budget", metavar="USD", callback=_checked(parse_budget), help="Never spend more than this."),
    click.option("--rpm", type=_POSITIVE, help="Requests a minute (default: asked of AWS, else learned)."),
    click.option("--tpm", type=_POSITIVE, help="Tokens a minute (default: asked of AWS, else learned)."),
    click.option("--concurrency", type=click.IntRange(min=1, max=4000), help="Requests in flight at the most."),
    click.option("--weight", type=click.IntRange(1, 100), help="Share of the quota beside other jobs (default: 1)."),
    click.option("--out", metavar="PATH", help="Folder or file for the finished workbook."),
    click.option("--report", metavar="PATH", help="File for the report (default: beside the workbook)."),
    publish_option,
    publish_rows_option,
    encoding_option,
    click.option("--overwrite", is_flag=True, default=None, help="Replace files that exist."),
    click.option("--simulate", is_flag=True, default=None, help="Use the simulator: no account, no network, no cost."),
    click.option("--yes", is_flag=True, help="Do not ask before spending."),
)  # fmt: skip

new_budget_option = click.option("--budget", metavar="USD", help="The new total that the job may cost.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")


def shared_options(command: _Command) -> _Command:
    """Give a command the options of `run`, in the order in which its help shows them."""
    for option in reversed(_SHARED):
        command = option(command)
    return json_option(command)


def spec_of(options: dict[str, Any]) -> JobSpec:
    """Make the job's spec from the options given and the job file."""
    values = dict(options)
    job_file = values.pop("job_file") or ""
    values["map"] = values.pop("map_")
    given = {name: value for name, value in values.items() if value not in (None, ())}
    return read_spec(job_file, given)


def one_model(spec: JobSpec) -> JobSpec:
    """Refuse several models where one has to write.

    Raises:
        UserError: there are several.
    """
    if len(spec.model) > 1:
        raise UserError(
            f"Several models are given ({', '.join(spec.model)}), but one has to write the workbook.",
            fix="Give one --model; `skuscribe preview` shows several side by side.",
            code="model",
        )
    return spec
