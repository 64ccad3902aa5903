"""``quetsach packs import``: indicators of others become a pack that only reports."""

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from quetsach import storage
from quetsach.cli.output import print_json, print_table, tell
from quetsach.cli.packs import add_goodware_arguments
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.core.indicator_list import ListKind
from quetsach.core.text import Number, SystemText, Text, number_text
from quetsach.installation import bundled
from quetsach.packs import PackError
from quetsach.packs.check import check_pack
from quetsach.packs.goodware import goodware
from quetsach.packs.importer.indicator import Reason
from quetsach.packs.importer.intake import KNOWN_ENDINGS, LARGEST_BYTES, GivenFile, Taken, take
from quetsach.packs.importer.pack_files import Heading, pack_files
from quetsach.packs.importer.vetting import Commonplace
from quetsach.packs.recipe import SLUG

_KINDS = ("hashes", "names", "addresses", "domains", "urls")
_PLATFORMS = ("linux", "macos", "windows")
_MOST_FILES = 5_000
_MOST_BYTES = 256 << 20
_TOLD = 20


def register(parser: Parser) -> None:
    """Add ``import``."""
    parser.show_examples(
        "quetsach packs import rules.yar --as team-rules --out packs --author 'The team' --licence 'DRL 1.1'\n"
        "quetsach packs import bundle.json hashes.txt --as case-42 --out packs\n"
        "quetsach packs import names.txt hashes.hsb --as case-43 --out packs --json"
    )
    parser.add_argument("file", nargs="+", type=Path, metavar="FILE", help="files, or folders of them")
    parser.add_argument("--as", dest="family", required=True, metavar="NAME", help="name of the pack and its folder")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the folder of the pack goes")
    parser.add_argument(
        "--author", default="not stated", metavar="AUTHOR", help="whose content it is, where it does not say"
    )
    parser.add_argument("--licence", default="not stated", metavar="LICENCE", help="its licence, where it does not say")
    parser.add_argument("--kind", choices=_KINDS, help="what each line of plain lists is (default: told by its form)")
    parser.add_argument(
        "--platform", action="append", choices=_PLATFORMS, help="system it is about, may be repeated (default: all)"
    )
    add_goodware_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON, with all that was left out")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    platforms = tuple(sorted(set(arguments.platform or _PLATFORMS)))
    heading = Heading(arguments.family, arguments.author, arguments.licence, now.date(), platforms)
    given = list(_given(arguments.file))
    taken = take(
        given,
        Commonplace.load(bundled("data") / "commonplace"),
        now=now,
        only=ListKind(arguments.kind) if arguments.kind else None,
        honest=_honest(is_wanted=not arguments.no_goodware, folder=arguments.goodware),
    )
    folder = _written(arguments.out, heading, taken, given) if not taken.is_empty else None
    if arguments.json:
        print_json(_as_json(folder, taken))
    else:
        _tell(folder, taken, chosen_language(arguments))
    return ExitCode.PACKS_INVALID if folder is None else ExitCode.NOTHING_FOUND


def _honest(*, is_wanted: bool, folder: Path | None) -> Iterator[tuple[str, bytes]]:
    """Yield honest files; the disk is asked for them only when there are rules to try on them."""
    if is_wanted:
        yield from goodware(folder).contents()


def _given(paths: Iterable[Path]) -> Iterator[GivenFile]:
    """Yield the files, those of folders in order.

    Raises:
        PackError: one cannot be read, or there are too many.
    """
    left_files, left_bytes = _MOST_FILES, _MOST_BYTES
    for path in paths:
        found = [path]
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix.lower() in KNOWN_ENDINGS and p.is_file())
        for file in found:
            if path.is_dir() and not file.resolve().is_relative_to(path.resolve()):
                raise PackError(
                    Text("a link leads out of the folder"), where=str(file), hint=Text("copy the file, or take it away")
                )
            try:
                with file.open("rb") as opened:
                    content = opened.read(LARGEST_BYTES + 1)
            except OSError as error:
                raise PackError(
                    Text("cannot be read: {reason}", reason=SystemText(error.strerror)),
                    where=str(file),
                    hint=Text("name a file"),
                ) from None
            left_files, left_bytes = left_files - 1, left_bytes - len(content)
            if left_files < 0 or left_bytes < 0:
                hint = Text(
                    "at most {files} files and {size} bytes; import the rest under another name",
                    files=Number(_MOST_FILES),
                    size=Number(_MOST_BYTES),
                )
                raise PackError(Text("more than an import takes"), where=str(file), hint=hint)
            yield GivenFile(file.relative_to(path).as_posix() if path.is_dir() else file.name, content)


def _written(out: Path, heading: Heading, taken: Taken, given: list[GivenFile]) -> Path:
    """Write the pack and return its folder; a pack that does not hold is not left behind.

    Raises:
        PackError: the folder is there already, cannot be written, or what it would hold is no good pack.
    """
    if not SLUG.fullmatch(heading.family):
        raise PackError(
            Text("{family} is no name", family=repr(heading.family)),
            where="--as",
            hint=Text("lower-case words joined by hyphens"),
        )
    folder = out / heading.family
    try:
        storage.make_folder(out, mode=storage.SHARED_FOLDER)
        if folder.exists():
            raise PackError(
                Text("the folder is there already"), where=str(folder), hint=Text("remove it, or choose another name")
            )
        with tempfile.TemporaryDirectory(dir=out, prefix=".import-") as temporary:
            made = Path(temporary) / heading.family
            made.mkdir()
            for name, content in pack_files(heading, taken, given).items():
                storage.write(made / name, content, mode=storage.SHARED)
            if problems := check_pack(made).problems:
                raise problems[0].error
            storage.publish([(made, folder)])
    except OSError as error:
        raise PackError(
            Text("cannot be written: {reason}", reason=SystemText(error.strerror)),
            where=str(folder),
            hint=Text("choose another --out"),
        ) from None
    return folder


def _as_json(folder: Path | None, taken: Taken) -> dict[str, object]:
    return {
        "path": str(folder) if folder else None,
        "taken": {
            **{str(kind): len(entries) for kind, entries in taken.lists.items()},
            "rules": len(taken.rules.rules),
        },
        "duplicates": taken.duplicates,
        "engines": list(taken.engines),
        "left_out": {str(reason): count for reason, count in taken.refused.items()},
        "named": [{"reason": str(one.reason), "where": one.where, "what": one.what} for one in taken.named],
    }


def _tell(folder: Path | None, taken: Taken, language: str) -> None:
    rows = [(str(kind), number_text(len(entries), language)) for kind, entries in taken.lists.items()]
    if rules := len(taken.rules.rules):
        rows.append((Text("rules").in_language(language), number_text(rules, language)))
    header = (Text("taken over").in_language(language), "")
    print_table(header, rows or [(Text("nothing", context="import").in_language(language), "0")], right=(1,))
    if taken.duplicates:
        tell(Text("{number} were there twice.", number=Number(taken.duplicates)), language)
    if taken.refused:
        print()
        left = [(str(reason), number_text(count, language)) for reason, count in taken.refused.items()]
        print_table((Text("left out").in_language(language), ""), left, right=(1,))
        print("\n".join(f"  {one.reason}  {one.where}  {one.what}" for one in taken.named[:_TOLD]))
        if sum(taken.refused.values()) > _TOLD:
            tell(Text("  … all with --json"), language)
    if full := taken.refused.get(Reason.PACK_FULL):
        told = Text(
            "\nThe pack is full: {rules} rules did not fit and are NOT looked for.\n"
            "Import the files that have them once more by themselves, with another name after --as.",
            rules=Number(full),
        )
        tell(told, language)
    if len(taken.engines) == 1 and rules:
        told = Text(
            "\nOnly {engine} was asked about the rules: the extra yara-x is not installed.\n"
            "Where it is, `packs check` may refuse the pack; sources.md says who was asked.",
            engine=taken.engines[0],
        )
        tell(told, language)
    made = Text("\n{folder}: it only reports.", folder=folder)
    tell(made if folder else Text("\nNo pack was made: nothing is left to look for."), language)
