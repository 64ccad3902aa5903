"""``quetsach packs check``, ``build`` and ``new``: pack folders are checked, packed and begun."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from quetsach import storage
from quetsach.cli.output import print_json, say, tell
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.core.text import Joined, LocalText, Number, SystemText, Text
from quetsach.endpoint.messages.formatting import format_error
from quetsach.installation import bundled
from quetsach.packs import PackError
from quetsach.packs.check import Checked, check_pack, check_packs
from quetsach.packs.container import pack, read_folder
from quetsach.packs.goodware import goodware
from quetsach.packs.load import packs_at, parse_pack
from quetsach.packs.scaffold import new_pack

# Which honest files a command looks at: what check and test of packs share.


def add_goodware_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which honest files packs are tried on."""
    goodware = parser.add_mutually_exclusive_group()
    goodware.add_argument(
        "--goodware", type=Path, metavar="DIR", help="honest files, all looked at (default: 2,000 files of /usr)"
    )
    goodware.add_argument("--no-goodware", action="store_true", help="do not look at honest files of this machine")


# ``quetsach packs``: what analysts do with packs.


def register_check(check: Parser) -> None:
    """Add the arguments of ``packs check``."""
    check.show_examples("quetsach packs check\nquetsach packs check packs/eicar dist/eicar-2026.11.25.qsp")
    check.add_argument(
        "pack", nargs="*", type=Path, metavar="PACK", help="pack folders, .qsp files or shelves (default: bundled)"
    )
    add_goodware_arguments(check)
    check.add_argument("--json", action="store_true", help="print the result as JSON")
    check.set_defaults(run=_check)


def register_build(build: Parser) -> None:
    """Add the arguments of ``packs build``."""
    build.show_examples("quetsach packs build packs/eicar --out dist")
    build.add_argument("folder", type=Path, metavar="FOLDER", help="the pack folder")
    build.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the .qsp file goes")
    build.add_argument("--json", action="store_true", help="print the result as JSON")
    build.set_defaults(run=_build)


def _check(arguments: argparse.Namespace) -> int:
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
        language = chosen_language(arguments)
        for item in checked:
            if item.pack and not item.problems:
                good = Text(
                    "✓ good     {pack}: {counted}",
                    pack=f"{item.pack.family} {item.pack.version}",
                    counted=_counted(item),
                )
                tell(good, language)
            for problem in item.problems:
                told = format_error(problem.error, language).replace("\n", "\n  ")
                tell(Text("✗ problem  {told}", told=told), language)
    return ExitCode.PACKS_INVALID if any(item.problems for item in checked) else ExitCode.NOTHING_FOUND


def _counted(checked: Checked) -> LocalText:
    assert checked.pack is not None  # noqa: S101  (asked before)
    if checked.pack.is_guidance_only:
        return Text("guidance only")
    traits = Text("{count} trait", many="{count} traits", count=len(checked.pack.traits))
    dearest = [Text("dearest rule {cost}", cost=Number(max(checked.costs.values()), 1))] if checked.costs else []
    return Joined([traits, *dearest])


def _build(arguments: argparse.Namespace) -> int:
    content = read_folder(arguments.folder)
    built = parse_pack(content, str(arguments.folder))
    raw = pack(content)
    path = arguments.out / f"{built.family}-{built.version}.qsp"
    try:
        storage.make_folder(arguments.out, mode=storage.SHARED_FOLDER)
        storage.write(path, raw, mode=storage.SHARED)
    except OSError as error:
        raise PackError(
            Text("cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(path)
        ) from None
    if arguments.json:
        print_json({"path": str(path), "family": built.family, "version": built.version, "digest": built.digest})
    else:
        told = Text(
            "{path}  {size} bytes, content SHA-256 {sha256}", path=path, size=Number(len(raw)), sha256=built.digest
        )
        tell(told, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


# ``quetsach packs new``: writes a pack folder to start from.


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
        told = Text(
            "\nnext: fill them in, then `quetsach packs check {folder}` and `quetsach packs test {folder}`",
            folder=folder,
        )
        tell(told, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND
