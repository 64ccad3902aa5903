"""``quetsach packs keys`` and ``quetsach packs publish``: the signed repository of a centre."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.output import print_json, print_table

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands


def register(subcommands: "Subcommands") -> None:
    """Add ``keys`` and ``publish`` below ``packs``."""
    _register_keys(subcommands)
    publish = add_command(
        subcommands,
        "publish",
        summary="sign packs and tools into a repository that any web server can serve",
        examples="quetsach packs publish --out repository --keys keys --packs packs\n"
        "quetsach packs publish --out repository --keys keys --tool dist/quetsach-0.1.0-py3-none-any.whl\n"
        "quetsach packs publish --out repository --keys keys   (only renews what expires)",
    )
    publish.add_argument("--out", type=Path, required=True, metavar="REPO", help="folder of the repository")
    publish.add_argument("--keys", type=Path, required=True, metavar="DIR", help="folder of the keys")
    publish.add_argument("--packs", type=Path, metavar="DIR", help="shelf to publish (default: keep what is published)")
    publish.add_argument(
        "--tool", type=Path, action="append", metavar="WHEEL", help="tool to offer (default: keep what is published)"
    )
    publish.add_argument("--json", action="store_true", help="print the result as JSON")
    publish.set_defaults(run=_publish)


def _register_keys(subcommands: "Subcommands") -> None:
    keys = add_command(
        subcommands,
        "keys",
        summary="the keys that sign a repository",
        examples="quetsach packs keys new --out keys\nquetsach packs keys rotate root-1 --keys keys",
    )
    commands = keys.add_subparsers(title="commands", metavar="COMMAND", required=True)
    new = add_command(
        commands,
        "new",
        summary="make a key for every role: root (two of three sign), targets, packs, tools, snapshot, timestamp",
        examples="quetsach packs keys new --out keys",
    )
    new.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the keys; must hold none yet")
    new.add_argument("--json", action="store_true", help="print the result as JSON")
    new.set_defaults(run=_new_keys)
    rotate = add_command(
        commands,
        "rotate",
        summary="replace one key by a new one; the next publication makes it valid",
        examples="quetsach packs keys rotate root-1 --keys keys",
    )
    rotate.add_argument("name", metavar="NAME", help="such as root-1 or timestamp")
    rotate.add_argument("--keys", type=Path, required=True, metavar="DIR", help="folder of the keys")
    rotate.add_argument("--json", action="store_true", help="print the result as JSON")
    rotate.set_defaults(run=_rotate)


def _new_keys(arguments: argparse.Namespace) -> int:
    from quetsach.packs.keys import new_keys  # noqa: PLC0415  (0.1 s of cryptography)

    names = new_keys(arguments.out)
    if arguments.json:
        print_json({"folder": str(arguments.out), "keys": list(names)})
    else:
        print(f"{len(names)} keys in {arguments.out}: {', '.join(names)}")
        print("These files are private. Keep root-*.pem and targets.pem offline, each root key with another person;")
        print("only snapshot.pem and timestamp.pem belong on the server.")
    return ExitCode.NOTHING_FOUND


def _rotate(arguments: argparse.Namespace) -> int:
    from quetsach.packs.keys import rotate  # noqa: PLC0415

    identifier = rotate(arguments.keys, arguments.name)
    if arguments.json:
        print_json({"name": arguments.name, "key_id": identifier})
    else:
        print(f"{arguments.name} is now key {identifier[:16]}…; publish to make it valid,")
        print("then destroy the private key in retired/")
    return ExitCode.NOTHING_FOUND


def _publish(arguments: argparse.Namespace) -> int:
    from quetsach.packs.repository import publish  # noqa: PLC0415

    publication = publish(
        out=arguments.out, keys=arguments.keys, packs=arguments.packs, tools=arguments.tool, now=datetime.now(UTC)
    )
    if arguments.json:
        print_json(publication.as_json())
        return ExitCode.NOTHING_FOUND
    rows = [
        (role, version, "new" if role in publication.renewed else "overdue" if role in publication.overdue else "kept")
        for role, version in publication.versions.items()
    ]
    print_table(("role", "version", ""), rows, right=(1,))
    print(f"Valid until {publication.expires:%Y-%m-%d %H:%M} UTC; publish again before that.")
    print(f"Root of trust (SHA-256): {publication.as_json()['root_sha256']}")
    return ExitCode.NOTHING_FOUND
