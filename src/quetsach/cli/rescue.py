"""``quetsach rescue``: a stick from which a machine starts straight into the tool, and what it does then (Linux)."""

import argparse
import sys
from pathlib import Path

from quetsach.cli.acting import add_state
from quetsach.cli.language import add_language
from quetsach.cli.parser import Parser, Subcommands, add_command
from quetsach.cli.rescue_make import list_devices, make
from quetsach.cli.rescue_start import start


def register(parser: Parser) -> None:
    """Add ``rescue`` with its own commands, on the one system that a stick is made on."""
    if sys.platform != "linux":
        return
    parser.show_examples("quetsach rescue devices\nquetsach rescue make /dev/sdb\nquetsach rescue make rescue.iso")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _register_make(commands)
    devices = add_command(
        commands,
        "devices",
        summary="disks of this machine, and which of them can be made a stick",
        examples="quetsach rescue devices",
    )
    devices.add_argument("--json", action="store_true", help="print the result as JSON")
    add_language(devices)
    devices.set_defaults(run=_devices)
    start = add_command(
        commands,
        "start",
        summary="what runs on the stick: find the drives of the machine, look, clean, undo",
        examples="quetsach rescue start\nquetsach rescue start --terminal",
    )
    start.add_argument("--terminal", action="store_true", help="use the terminal, also where a window could be shown")
    add_language(start)
    start.set_defaults(run=_start)


def _register_make(commands: Subcommands) -> None:
    make = add_command(
        commands,
        "make",
        summary="make the image of a stick from Debian's packages, and write it to a stick or a file",
        examples="quetsach rescue make /dev/sdb\n"
        "quetsach rescue make rescue.iso\n"
        "quetsach rescue make /dev/sdb --image rescue.iso --device-serial 4C530001",
    )
    make.add_argument("target", type=Path, metavar="DEVICE|FILE.iso", help="the stick, or a file to write")
    make.add_argument("--image", type=Path, metavar="FILE", help="write this image, which was made before")
    make.add_argument(
        "--device-serial",
        metavar="SERIAL",
        help="agree beforehand that this very stick is overwritten (of one without a serial number: its size in bytes)",
    )
    make.add_argument("--work", type=Path, metavar="DIR", help="where to work, 2 GiB are needed (default: /var/tmp)")
    add_state(make)
    add_language(make)
    make.set_defaults(run=_make)


def _make(arguments: argparse.Namespace) -> int:
    return make(arguments)


def _devices(arguments: argparse.Namespace) -> int:
    return list_devices(arguments)


def _start(arguments: argparse.Namespace) -> int:
    return start(arguments)
