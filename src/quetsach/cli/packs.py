"""``quetsach packs``: what analysts do with packs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach import storage
from quetsach.cli import packs_import, packs_keys, packs_new, packs_publish, packs_test, packs_withdraw
from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.goodware import add_goodware_arguments
from quetsach.cli.output import print_json
from quetsach.installation import bundled

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands
    from quetsach.packs.check import Checked


def register(subcommands: "Subcommands") -> None:
    """Add ``packs`` with ``check``, ``build`` and ``test``, and what publishes them."""
    packs = add_command(
        subcommands,
        "packs",
        summary="check, build, test, sign and publish detection and removal packs",
        examples="quetsach packs check packs/xmrig-miner\nquetsach packs build packs/xmrig-miner --out dist",
    )
    commands = packs.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = add_command(
        commands,
        "check",
        summary="say what is wrong with packs; exit code 3 if anything is",
        examples="quetsach packs check\nquetsach packs check packs/eicar dist/eicar-2026.11.25.qsp",
    )
    check.add_argument(
        "pack", nargs="*", type=Path, metavar="PACK", help="pack folders, .qsp files or shelves (default: bundled)"
    )
    add_goodware_arguments(check)
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    check.set_defaults(run=_check)
    build = add_command(
        commands,
        "build",
        summary="make one opaque file of a pack folder; the same folder gives the same bytes",
        examples="quetsach packs build packs/eicar --out dist",
    )
    build.add_argument("folder", type=Path, metavar="FOLDER", help="the pack folder")
    build.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the .qsp file goes")
    build.add_argument("--json", action="store_true", help="print the result as JSON")
    build.set_defaults(run=_build)
    packs_new.register(commands)
    packs_import.register(commands)
    packs_test.register(commands)
    packs_publish.register(commands)
    packs_withdraw.register(commands)
    packs_keys.register(commands)


def _check(arguments: argparse.Namespace) -> int:
    from quetsach.packs.check import check_pack, check_packs  # noqa: PLC0415  (the match engine)
    from quetsach.packs.goodware import goodware  # noqa: PLC0415
    from quetsach.packs.load import packs_at  # noqa: PLC0415

    paths = [path for given in arguments.pack or [bundled("packs")] for path in packs_at(given)]
    if arguments.no_goodware:
        checked = tuple(map(check_pack, paths))
    else:
        checked = check_packs(paths, goodware(arguments.goodware))
    if arguments.json:
        print_json(
            [
                {
                    "path": str(item.path),
                    "family": item.pack.family if item.pack else None,
                    "version": item.pack.version if item.pack else None,
                    "traits": len(item.pack.traits) if item.pack else 0,
                    "costs": {name: round(cost, 2) for name, cost in item.costs.items()},
                    "problems": [{"where": p.where, "what": p.what, "hint": p.hint} for p in item.problems],
                }
                for item in checked
            ]
        )
    else:
        for item in checked:
            if item.pack and not item.problems:
                print(f"✓ good     {item.pack.family} {item.pack.version}: {_counted(item)}")
            for problem in item.problems:
                print(
                    f"✗ problem  {problem.where}: {problem.what}" + (f"\n  hint: {problem.hint}" * bool(problem.hint))
                )
    return ExitCode.PACKS_INVALID if any(item.problems for item in checked) else ExitCode.NOTHING_FOUND


def _counted(checked: "Checked") -> str:
    assert checked.pack is not None  # noqa: S101  (asked before)
    if checked.pack.is_guidance_only:
        return "guidance only"
    dearest = f", dearest rule {max(checked.costs.values()):.1f}" if checked.costs else ""
    return f"{len(checked.pack.traits)} traits{dearest}"


def _build(arguments: argparse.Namespace) -> int:
    from quetsach.packs.container import pack  # noqa: PLC0415
    from quetsach.packs.folder import read_folder  # noqa: PLC0415
    from quetsach.packs.load import parse_pack  # noqa: PLC0415

    content = read_folder(arguments.folder)
    built = parse_pack(content, str(arguments.folder))
    raw = pack(content)
    path = arguments.out / f"{built.family}-{built.version}.qsp"
    try:
        storage.make_folder(arguments.out, mode=storage.SHARED_FOLDER)
        storage.write(path, raw, mode=storage.SHARED)
    except OSError as error:
        from quetsach.packs.errors import PackError  # noqa: PLC0415

        raise PackError(f"cannot be written: {error.strerror}", where=str(path)) from None
    if arguments.json:
        print_json({"path": str(path), "family": built.family, "version": built.version, "digest": built.digest})
    else:
        print(f"{path}  {len(raw):,} bytes, content SHA-256 {built.digest}")
    return ExitCode.NOTHING_FOUND
