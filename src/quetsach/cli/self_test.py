"""``quetsach self-test``: whether this copy of the tool works on this machine.

A new version is tried with it before it takes the place of the one in use, by the setup and by ``quetsach update``.
"""

import argparse
from typing import TYPE_CHECKING

from quetsach import __version__
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.output import print_json, say
from quetsach.cli.parser import Parser
from quetsach.cli.trial.tool import try_scan
from quetsach.endpoint.messages import messages

if TYPE_CHECKING:
    pass


def register(parser: Parser) -> None:
    """Add ``self-test``."""
    parser.show_examples("quetsach self-test\nquetsach self-test --json")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    seen = try_scan()
    packs = sum(not pack.is_guidance_only for pack in seen.packs) - 1  # without that of the test
    if arguments.json:
        print_json({"version": __version__, "packs": packs, "files": seen.files, "works": True})
    else:
        words = messages("scan", chosen_language(arguments))
        say(words["self-test"].format(version=__version__, packs=packs))
    return ExitCode.NOTHING_FOUND
