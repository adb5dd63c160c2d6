"""The command `skuscribe`: every error ends here, as a sentence and an exit code."""

from __future__ import annotations

import os
import sys

import click

from console.output import say_error
from templates.errors import SkuscribeError, UserError, without_passwords


class _Group(click.Group):
    """Loads a command only when it is asked for, so that `--help` is quick."""

    COMMANDS = (
        "run", "estimate", "preview", "resume", "retry", "stop", "jobs", "status", "audit", "templates", "costs",
        "prices", "batch", "db", "doctor", "policy", "serve", "simulator",
    )  # fmt: skip

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in self.COMMANDS:
            return None
        module = __import__(f"console.commands.{cmd_name}", fromlist=["command"])
        command = module.command
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="skuscribe", message="skuscribe %(version)s")
def cli() -> None:
    """Your product spreadsheet in; the same spreadsheet out, with the copy written, checked and costed.

    \b
    Try it without an account:   skuscribe run products.xlsx --template product-description --simulate
    With Amazon Bedrock:         skuscribe run products.xlsx --template product-description
    What it would cost:          skuscribe estimate products.xlsx --template product-description
    """  # noqa: D301 - click wants the control character itself: it keeps these lines as they are


def main() -> None:
    """Run the command and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:  # noqa: PLR0911 - one way out for each kind of end
    """Run a command line and give its exit code; no traceback reaches a user."""
    as_json = "--json" in arguments or "--format=json" in arguments or " --format json " in f" {' '.join(arguments)} "
    try:
        result = cli.main(args=arguments, prog_name="skuscribe", standalone_mode=False)
    except click.exceptions.Abort:
        say_error(UserError("Nothing was sent.", code="aborted"), as_json=as_json)
        return 130
    except click.UsageError as error:
        say_error(_usage_error(error), as_json=as_json)
        return 2
    except SkuscribeError as error:
        say_error(error, as_json=as_json)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output is gone (`| head`): nothing to tell anybody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: a defect of ours, told without a traceback
        say_error(_defect(error), as_json=as_json)
        return 1
    return result if isinstance(result, int) else 0


def _usage_error(error: click.UsageError) -> UserError:
    where = error.ctx.command_path if error.ctx else "skuscribe"
    return UserError(error.format_message(), fix=f"`{where} --help` shows what it takes.", code="usage")


def _defect(error: Exception) -> SkuscribeError:
    if os.environ.get("SKUSCRIBE_TRACEBACK"):
        raise error
    return SkuscribeError(
        f"Skuscribe has a defect here: {type(error).__name__}: {without_passwords(str(error))}",
        fix="Set SKUSCRIBE_TRACEBACK=1, run it again and report what it prints. What was paid for is in the ledger.",
        code="defect",
    )


if __name__ == "__main__":
    main()
