"""What commands of the centre do, by name: a command line is read, and its help told, before any of it is imported."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from quetsach.cli.center import require_center
from quetsach.cli.parser import Subcommands, add_command


@dataclass(frozen=True, slots=True)
class Act:
    """What a command does: ``module:function`` below ``cli.center``, imported when it runs and not to tell its help.

    Where it works in the office, Django points at the centre's data before that, as models are no models without it.
    """

    name: str
    is_in_office: bool
    check: Callable[[argparse.Namespace], None] | None = None

    def __call__(self, arguments: argparse.Namespace) -> int:
        """Run it; in the office ``arguments.now`` is the time of the call. Return the exit code."""
        require_center()
        if self.check is not None:
            self.check(arguments)
        if not self.is_in_office:
            return self.function()(arguments)
        with found("opened:opened_centre")(arguments) as arguments.now:
            return self.function()(arguments)

    def function(self) -> Callable[[argparse.Namespace], int]:
        """Import what runs."""
        function: Callable[[argparse.Namespace], int] = found(self.name)
        return function


def found(name: str) -> Any:
    """Return what ``module:function`` names, below ``cli.center`` where it does not say else; it is imported now.

    What works with the tables of the office is found once Django points at the data of the centre.
    """
    module, _, function = name.partition(":")
    return getattr(
        import_module(module if module.startswith("quetsach.") else f"quetsach.cli.center.{module}"), function
    )


def act(name: str) -> Act:
    """Name what a command does that needs no office."""
    return Act(name, is_in_office=False)


def in_office(name: str, check: Callable[[argparse.Namespace], None] | None = None) -> Act:
    """Name what a command does with the tables of the office.

    Args:
        name: ``module:function``.
        check: refuses arguments that do not go together, before any centre is opened.
    """
    return Act(name, is_in_office=True, check=check)


def add_centre_command(
    commands: Subcommands,
    name: str,
    run: Act,
    summary: str,
    examples: str,
    *,
    has_json: bool = True,
) -> argparse.ArgumentParser:
    """Add a command on a centre's data, with ``--data``, ``--json`` and ``--language``; return it for the rest.

    One that writes a file, or tells a person something once, has no ``--json``.
    """
    command = add_command(commands, name, summary=summary, examples=examples)
    command.add_argument("--data", type=Path, metavar="DIR", help="the centre's data")
    if has_json:
        command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run=run)
    return command
