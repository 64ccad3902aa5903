"""``quetsach packs new``: writes a pack folder to start from."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.exit_code import ExitCode
from quetsach.cli.output import print_json, say
from quetsach.cli.parser import Parser
from quetsach.packs.scaffold import new_pack

if TYPE_CHECKING:
    pass


def register_new(parser: Parser) -> None:
    """Add ``new``."""
    parser.show_examples("quetsach packs new my-family\nquetsach packs new my-family --platform windows --out packs")
    parser.add_argument("family", metavar="FAMILY", help="lower-case words joined by hyphens")
    parser.add_argument(
        "--platform", choices=("linux", "windows"), default="windows", help="where the family lives (default: windows)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="where the folder goes (default: the current folder)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    today = datetime.now(UTC).date()
    files = new_pack(arguments.family, arguments.platform, arguments.out, today=today)
    folder = files[0].parent
    if arguments.json:
        print_json({"path": str(folder), "family": arguments.family, "files": [path.name for path in files]})
    else:
        say("\n".join(str(path) for path in files))
        say(f"\nnext: fill them in, then `quetsach packs check {folder}` and `quetsach packs test {folder}`")
    return ExitCode.NOTHING_FOUND
