"""``quetsach packs test``: plants a pack's specimen, finds it, removes it, puts it back, and says what went wrong."""

import argparse
import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.output import print_json

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands
    from quetsach.core.pack import Pack
    from quetsach.endpoint.artefact import Anchor
    from quetsach.endpoint.finding import Finding
    from quetsach.endpoint.host.port import Host

type Item = tuple[str, str, str]
"""Kind, place, and line or entry: what a specimen says it planted, and what a scan says it found."""


def register(commands: "Subcommands") -> None:
    """Add ``test``."""
    parser = add_command(
        commands,
        "test",
        summary="plant the specimen of packs (this runs specimen.py), find it, remove it and put it back; exit code 3 "
        "if that fails",
        examples="quetsach packs test packs/xmrig-miner",
    )
    parser.add_argument("folder", nargs="+", type=Path, metavar="FOLDER", help="pack folders")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    tested = {folder: list(problems_of(folder)) for folder in arguments.folder}
    if arguments.json:
        print_json([{"path": str(folder), "problems": problems} for folder, problems in tested.items()])
    else:
        for folder, problems in tested.items():
            print("\n".join(f"✗ problem  {folder}: {what}" for what in problems) or f"✓ good     {folder}")
    return ExitCode.PACKS_INVALID if any(tested.values()) else ExitCode.NOTHING_FOUND


def problems_of(folder: Path) -> Iterator[str]:
    """Yield what goes wrong with the specimen of a pack folder.

    Raises:
        PackError: the pack cannot be used or has no specimen.
        MassBrakeError: acting on it would be stopped.
    """
    from quetsach.endpoint.host.mounted import open_mounted  # noqa: PLC0415
    from quetsach.packs.load import load_pack  # noqa: PLC0415
    from quetsach.packs.specimen import load_specimen, unlock  # noqa: PLC0415

    pack, specimen = load_pack(folder), load_specimen(folder)
    with tempfile.TemporaryDirectory(prefix="quetsach-") as name:
        root = Path(name).resolve() / "disk"
        root.mkdir()
        planted = specimen.build(root)
        try:
            host = open_mounted(root)
            if host.platform not in pack.platforms:
                yield f"the specimen is a disk of {host.platform}, and the pack is for {', '.join(pack.platforms)}"
                return
            found = _found(host, pack)
            items = ((item.kind, item.path, item.line) for item in planted)
            yield from _differences(items, map(item_of, found))
            yield from _acted_on(host, pack, found, root)
        finally:
            unlock(root, planted)


def item_of(finding: "Finding") -> Item:
    """Return what a finding is about, as a specimen says it."""
    from quetsach.endpoint.artefact import LineAnchor, RegistryAnchor, place_of  # noqa: PLC0415

    anchor, line = finding.artefact.anchor, ""
    if isinstance(anchor, LineAnchor):
        line = os.fsdecode(anchor.line)
    elif isinstance(anchor, RegistryAnchor):
        line = anchor.entry or ""
    return str(finding.artefact.kind), os.fsdecode(place_of(anchor)), line


def _found(host: "Host", pack: "Pack") -> "tuple[Finding, ...]":
    from quetsach.endpoint.look.scan import Scope, scan  # noqa: PLC0415

    return scan(host, (pack,), scope=Scope.FULL, now=datetime.now(UTC)).findings


def _differences(planted: Iterable[Item], found: Iterable[Item]) -> Iterator[str]:
    wanted, seen = Counter(planted), Counter(found)
    yield from (f"planted and not found: {_told(item)}" for item in (wanted - seen).elements())
    yield from (f"found and not planted: {_told(item)}" for item in (seen - wanted).elements())


def _told(item: Item) -> str:
    from quetsach.endpoint.artefact import printable  # noqa: PLC0415

    return printable(os.fsencode(" ".join(filter(None, item))))


def _acted_on(host: "Host", pack: "Pack", found: "tuple[Finding, ...]", root: Path) -> Iterator[str]:
    """Remove what was found and put it back; what the pack only reports stays."""
    from quetsach.core.pack import Action  # noqa: PLC0415
    from quetsach.endpoint.act.clean import clean  # noqa: PLC0415
    from quetsach.endpoint.act.undo import undo  # noqa: PLC0415
    from quetsach.endpoint.keep.state import State  # noqa: PLC0415
    from quetsach.endpoint.plan.plan import make_plan  # noqa: PLC0415
    from quetsach.endpoint.plan.protect import Hold  # noqa: PLC0415

    state = State.open(root.parent / "state")
    plan = make_plan(found, host, state.folder)
    for held in plan.held:
        if held.finding.action is not Action.REPORT and held.hold is not Hold.MEMBER:
            yield f"would be left alone ({held.hold}): {_told(item_of(held.finding))}"
    if not plan.steps:
        return
    before = _picture(root)
    with state.lock():
        result = clean(
            plan, host, state, look_again=lambda: _found(host, pack), packs=(pack.family,), now=datetime.now(UTC)
        )
        kept = {held.finding.id for held in plan.held}
        yield from (f"left: {_told(item_of(one))}" for one in result.remaining if one.id not in kept)
        yield from (f"names what is gone: {_place(one.anchor)}" for one in result.dangling)
        undo(state, host, result.session, now=datetime.now(UTC))
    after = _picture(root)
    yield from (
        f"not put back as it was: {name}" for name in sorted(before | after) if before.get(name) != after.get(name)
    )


def _place(anchor: "Anchor") -> str:
    from quetsach.endpoint.artefact import place_of, printable  # noqa: PLC0415

    return printable(place_of(anchor))


def _picture(root: Path) -> dict[str, tuple[object, ...]]:
    """Return kind, owner, time and content of everything below a folder, by its path as it can be printed."""
    return {ascii(path.relative_to(root).as_posix()): _state(path) for path in [root, *root.rglob("*")]}


def _state(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    is_file = path.is_file() and not path.is_symlink()
    content = hashlib.sha256(path.read_bytes()).hexdigest() if is_file else ""
    return found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, content
