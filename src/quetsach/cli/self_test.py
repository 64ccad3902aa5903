"""``quetsach self-test``: whether this copy of the tool works on this machine.

A new version is tried with it before it takes the place of the one in use, by the setup and by ``quetsach update``.
"""

import argparse
import importlib
import os
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from quetsach import __version__
from quetsach.cli.output import print_json, say
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.core.errors import QuetsachError
from quetsach.core.pack import Action, ArtefactKind, Pack, Trait
from quetsach.core.text import Text
from quetsach.endpoint.artefact import place_of
from quetsach.endpoint.host.live import live_host, tree_path
from quetsach.endpoint.scanner.scan import ScanResult, Scope, scan
from quetsach.installation import bundled
from quetsach.packs.load import load_shelf

# The trial of the tool itself: whether this copy can do its work on this machine.
#
# The test file is a text of our own and not the EICAR file: that would make every other guard of the machine speak up.

_MARK = b"Quet Sach self-test: a harmless text that this test must find."
_MARKED, _CLEAN, _PACKED = "marked.txt", "clean.txt", "packed.zip"
_TO_FIND = frozenset({_MARKED, f"{_PACKED}!{_MARKED}"})
_SIDES = (
    "quetsach.packs.update",  # a version that could not be replaced would stay for ever
    *(["quetsach.endpoint.window.native", "quetsach.endpoint.host.nt.ffi.surface"] * (sys.platform == "win32")),
)
"""What a scan does not load and nobody should have to do without."""


class SelfTestError(QuetsachError):
    """This copy of the tool does not do what it is for."""


def try_scan() -> ScanResult:
    """Scan a marked file, the same in an archive, and a clean one, with the packs of this build; return what was seen.

    Archives are opened by a worker process, so one is started. The state of the tool is neither read nor written.

    Raises:
        SelfTestError: a part is missing, or something else was found than is there.
        PackError: a pack of this build cannot be used.
        ScanError: a worker process cannot be started.
    """
    try:
        for name in _SIDES:
            importlib.import_module(name)
    except ImportError as error:
        raise SelfTestError(
            Text("a part of the tool cannot be loaded: {reason}", reason=error), hint=Text("download the tool again")
        ) from error
    packs = load_shelf(bundled("packs"))
    if not any(pack.traits for pack in packs):
        raise SelfTestError(Text("there is no pack to work with"), hint=Text("download the tool again"))
    with tempfile.TemporaryDirectory(prefix="quetsach-") as made:
        folder = Path(made).resolve()
        _plant(folder)
        seen = scan(
            live_host(),
            (*packs, _test_pack()),
            scope=Scope.PATHS,
            paths=(tree_path(str(folder)),),
            now=datetime.now(UTC),
        )
    _require_right(seen)
    return seen


def _plant(folder: Path) -> None:
    (folder / _MARKED).write_bytes(_MARK)
    (folder / _CLEAN).write_bytes(b"A text in which nothing is to be found.")
    with zipfile.ZipFile(folder / _PACKED, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_MARKED, _MARK)


def _require_right(seen: ScanResult) -> None:
    found = {os.fsdecode(place_of(one.artefact.anchor)).rpartition("/")[2] for one in seen.findings}
    if missed := sorted(_TO_FIND - found):
        causes = sorted({str(trouble.reason) for trouble in seen.failures})
        raise SelfTestError(
            Text("the self-test did not find {names}", names=", ".join(missed)),
            hint=Text("download the tool again ({causes})", causes=", ".join(causes))
            if causes
            else Text("download the tool again"),
        )
    if wrong := sorted(found - _TO_FIND):
        raise SelfTestError(
            Text("the self-test found {names}, where nothing is", names=", ".join(wrong)),
            hint=Text("download the tool again"),
        )


def _test_pack() -> Pack:
    """Return a pack that knows the marked file and nothing else, for every system."""
    text = Text("harmless test file")
    rule = f'rule self_test {{ strings: $mark = "{_MARK.decode()}" condition: $mark }}'
    trait = Trait("marked", ArtefactKind.FILE, Action.REPORT, text, rule="self_test")
    return Pack(
        family="self-test",
        version="2026.11.28",
        name=text,
        platforms=frozenset({"linux", "macos", "windows"}),
        severity="test",
        aliases=(),
        references=(),
        author="Quét Sạch",
        licence="Apache-2.0",
        rules=rule,
        traits=(trait,),
        guidance=text,
        digest="0" * 64,
    )


def register(parser: Parser) -> None:
    """Add ``self-test``."""
    parser.show_examples("quetsach self-test\nquetsach self-test --json")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    seen = try_scan()
    packs = sum(not pack.is_guidance_only for pack in seen.packs) - 1  # without that of the test
    if arguments.json:
        print_json({"version": __version__, "packs": packs, "files": seen.files, "works": True})
    else:
        language = chosen_language(arguments)
        say(
            Text(
                "Quét Sạch {version} works on this computer: {packs} packs loaded, the harmless test "
                "file found (in an archive, too), and the clean file left alone.",
                version=__version__,
                packs=packs,
            ).in_language(language)
        )
    return ExitCode.NOTHING_FOUND
