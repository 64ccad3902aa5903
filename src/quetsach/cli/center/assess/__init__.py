"""``quetsach center assess``: sightings to numbers, each with its definition."""

import importlib
from typing import TYPE_CHECKING

from quetsach.cli.commands import add_command

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands

QUESTIONS = (
    "hosts",
    "ranking",
    "cases",
    "priority",
    "grades",
    "ranks",
    "targets",
    "effect",
    "rollout",
    "fidelity",
    "lot",
    "registration",
    "panel",
)
"""Modules of this package, in the order of the help; each has ``register(questions)``; none has that name itself."""


def register(subcommands: "Subcommands") -> None:
    """Add ``assess`` with its questions."""
    parser = add_command(
        subcommands,
        "assess",
        summary="numbers from the sightings, each with its definition",
        examples="quetsach center assess botnets --from 2020-06-16 --to 2020-07-15\n"
        "quetsach center assess targets --campaign viet-nam-2020 --json",
    )
    questions = parser.add_subparsers(title="questions", metavar="QUESTION", required=True)
    for name in QUESTIONS:
        importlib.import_module(f"quetsach.cli.center.assess.{name}").register(questions)
