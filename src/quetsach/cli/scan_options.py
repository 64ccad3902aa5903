"""Where and how far ``scan`` and ``clean`` look: their arguments, the look itself, and what earlier scans saw."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path

from quetsach import __version__
from quetsach.cli.failure import complain
from quetsach.cli.locations import default_state
from quetsach.cli.output import Progress
from quetsach.cli.parser import SYSTEM_HELP, SYSTEMS, ExitCode, chosen_language, command_text
from quetsach.cli.scan_control import ScanProgress, steered, totals_of
from quetsach.cli.shelf import armed_packs, families_passed_over, unlisted_families
from quetsach.core.errors import QuetsachError
from quetsach.core.pack import Pack
from quetsach.core.text import Text
from quetsach.endpoint import ReportError, ScanError
from quetsach.endpoint.artefact import place_text, show_as_windows
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.host import live
from quetsach.endpoint.host.live import SYSTEM, boot_id, inside_path, lasting_disks, tree_path
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.messages.formatting import format_time_left
from quetsach.endpoint.scanner.archive.find import READERS
from quetsach.endpoint.scanner.archive.library import library_version
from quetsach.endpoint.scanner.cache import Cache, Totals, key_for
from quetsach.endpoint.scanner.conclusion import Sought, conclusion_of
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.files import Listing
from quetsach.endpoint.scanner.files import Progress as Progressing
from quetsach.endpoint.scanner.scan import ScanResult, Scope, scan
from quetsach.endpoint.store.state import State
from quetsach.packs.withdrawal import Withdrawal

# What earlier scans saw: where it is kept, and what it rests on.


def cache_of(
    state_folder: Path, host: Host, packs: Iterable[Pack], engine: str, warn: Callable[[QuetsachError], None]
) -> Cache | None:
    """Return what scans of this machine with these packs saw; ``None``, and ``warn`` is told, if it cannot be kept.

    It is worth something only for the same packs, engine, library for archives and version of the tool, and for the
    same root taken as the same system: of packs for others only a part is looked for. Of a mounted disk, only until
    this machine is restarted: what runs on that disk may have been running in between.
    """
    try:
        state = State.open(state_folder)
        root = host.tree.stat(b"/")
        boot = b"" if host.is_live else boot_id().encode()
        known = sorted(f"{pack.family} {pack.version} {pack.digest}".encode() for pack in packs)
        place = b"%s:%d:%d" % (host.platform.encode(), root.st_dev, root.st_ino)
        key = key_for(state.key, __version__.encode(), READERS, engine.encode(), library_version(), boot, place, *known)
        name = blake2b(key, digest_size=8, person=b"quetsach-name").hexdigest()
        lasts = lasting_disks(None if host.is_live else host.tree.root)
        cache = Cache(state.folder / "seen" / name, key, lambda file: lasts(file.device, file.path, file.ctime_ns))
    except QuetsachError as error:
        warn(error)
        return None
    try:
        cache.load()
    except QuetsachError as error:  # it is empty then, and replaced when the scan ends
        warn(error)
    return cache


# What ``scan`` and ``clean`` share: the arguments that say where and how far to look, and the look itself.


def add_scan_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say where to look, with what, and where the report goes."""
    parser.add_argument("path", nargs="*", metavar="PATH", help="look at these files and folders only")
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument(
        "--quick",
        action="store_true",
        help="start-up items, processes, the files they name, and where malware usually lands (default)",
    )
    scope.add_argument("--full", action="store_true", help="the same and every file (default with --root)")
    parser.add_argument(
        "--root", type=Path, metavar="DIR", help="look at the system whose disk is mounted here; PATH is inside it"
    )
    parser.add_argument(
        "--system",
        choices=SYSTEMS,
        help=SYSTEM_HELP,
    )
    parser.add_argument(
        "--pack", type=Path, action="append", metavar="PATH", help="use this pack or shelf instead of the installed"
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the report (JSON) here too")
    parser.add_argument(
        "--jobs",
        type=number_of_jobs,
        default=min(2, os.cpu_count() or 1),
        metavar="N",
        help="worker processes (default: 2)",
    )
    parser.add_argument(
        "--no-cache", action="store_true", help="read every file, also those that an earlier scan saw, and keep nothing"
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="where the tool keeps its state")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def number_of_jobs(text: str) -> int:
    """Return how many workers a person asks for."""
    if not text.isdecimal() or not 1 <= int(text[:4]) <= 64:
        raise argparse.ArgumentTypeError(Text("a number from 1 to 64"))
    return int(text)


_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """Where and how far a command looks."""

    host: Host
    packs: tuple[Pack, ...]
    scope: Scope
    paths: tuple[bytes, ...]
    jobs: int
    withdrawn: tuple[str, ...]
    """What the centre has taken back of the packs there are: families, and ``FAMILY/NAME`` of traits and rules."""
    reasons: tuple[Withdrawal, ...]
    """Why it did so, where its list says."""
    language: str
    state: Path | None
    """Where what was seen before is kept; ``None`` to read every file and keep nothing."""
    left_out: tuple[str, ...] = ()
    """Families that there are packs of and that are not looked for: others were chosen, or these were taken back."""

    def scan(self, language: str, *, control: Control | None = None, listing: Listing | None = None) -> ScanResult:
        """Look now, with progress on a terminal.

        Args:
            language: of the person who waits.
            control: if given, a person can pause and end the scan; what was seen by then is the result.
            listing: where each file is accounted for.
        """
        warn = partial(complain, language=self.language)
        cache, totals = self.memory(warn)
        keys = (
            Text("Press p to pause or go on, q to end and see the report.").in_language(language)
            if control and sys.stdin.isatty()
            else ""
        )
        left = partial(format_time_left, language=self.language)
        with Progress(Text("Scanning").in_language(language), preface=keys, left=left) as line:
            course = ScanProgress(line, totals, language, self.language)
            with _steering(control, language, course):
                result = self.look(cache, progress=course.show, control=control, listing=listing)
        if result.unkept is not None:
            warn(result.unkept)
        return result

    def memory(self, warn: Callable[[QuetsachError], None]) -> tuple[Cache | None, Totals]:
        """Return what earlier scans saw and about how much there is to go through, zeros if that is not known.

        ``warn`` is told why what was seen cannot be kept or used.
        """
        cache = cache_of(self.state, self.host, self.packs, BorealEngine().name, warn) if self.state else None
        return cache, totals_of(self.host, cache) if self.scope is Scope.FULL else Totals()

    def look(
        self,
        cache: Cache | None,
        *,
        progress: Progressing,
        control: Control | None = None,
        listing: Listing | None = None,
    ) -> ScanResult:
        """Look now; neither prints nor asks.

        Args:
            cache: what earlier scans saw (``memory``).
            progress: told how far the scan is.
            control: with what someone pauses or ends it.
            listing: where each file is accounted for.
        """
        return scan(
            self.host,
            self.packs,
            scope=self.scope,
            now=datetime.now(UTC),
            paths=self.paths,
            progress=progress,
            jobs=self.jobs,
            engine=BorealEngine(),
            cache=cache,
            control=control,
            listing=listing,
            left_out=self.left_out,
        )


def _steering(control: Control | None, language: str, course: ScanProgress) -> AbstractContextManager[None]:
    """Let a person steer, where there is someone to."""
    if control is None:
        return nullcontext()
    return steered(control, language, course)


def scan_options(arguments: argparse.Namespace) -> ScanOptions:
    """Return what the arguments ask for.

    Raises:
        PackError: a pack cannot be used.
        ScanError: a path does not exist, or the folder of ``--root`` cannot be opened.
        ReportError: there is no folder for the report, which is known better before anything is done.
    """
    _refuse_what_does_not_go_together(arguments)
    try:
        host = live.open_mounted(arguments.root, system=arguments.system or "") if arguments.root else live.live_host()
    except OSError:
        raise ScanError(
            Text("this folder cannot be opened"),
            where=str(arguments.root),
            hint=Text("name the folder where the disk is mounted, such as /mnt/disk"),
        ) from None
    show_as_windows(windows=SYSTEM == host.platform == "windows")
    armed = armed_packs(arguments)
    paths = tuple(dict.fromkeys(map(inside_path if arguments.root else tree_path, arguments.path)))
    for path in paths:
        if not host.tree.exists(path):
            hint = (
                Text("with --root, a path starts at the top of that disk") if arguments.root else Text("check the path")
            )
            raise ScanError(Text("there is no such file or folder"), where=place_text(path), hint=hint)
    if arguments.pack and not Sought.on(host.platform, armed.packs).packs:
        raise ScanError(
            Text(
                "none of the packs that were named can find anything on this system ({platform})",
                platform=host.platform,
            ),
            where=_named(armed.packs),
            hint=Text("name others; to scan a disk of Windows, mount it and use --root"),
        )
    unlisted = unlisted_families(arguments)
    taken_back = tuple(dict.fromkeys((*unlisted, *(one.label for one in armed.withdrawn))))
    passed_over = families_passed_over(arguments, armed.packs) if arguments.pack else ()
    gone = {name for name in taken_back if "/" not in name} - {pack.family for pack in armed.packs}
    left_out = tuple(sorted({*passed_over, *gone}))
    whole = Scope.FULL if arguments.full or (arguments.root and not arguments.quick) else Scope.QUICK
    keeps = not arguments.no_cache and not getattr(arguments, "dry_run", False)
    return ScanOptions(
        host,
        armed.packs,
        Scope.PATHS if paths else whole,
        paths,
        arguments.jobs,
        taken_back,
        armed.withdrawn,
        chosen_language(arguments),
        (arguments.state or default_state()) if keeps else None,
        left_out,
    )


def _refuse_what_does_not_go_together(arguments: argparse.Namespace) -> None:
    if arguments.path and (arguments.quick or arguments.full):
        raise ScanError(
            Text("--quick and --full are for the whole system and do not go with paths"),
            hint=Text("leave out --quick and --full, or the paths"),
        )
    if arguments.system and not arguments.root:
        raise ScanError(
            Text("--system goes with --root only"),
            hint=Text("name the folder where the disk is mounted: --root DIR"),
        )
    if arguments.report and (arguments.report.is_dir() or not arguments.report.parent.is_dir()):
        raise ReportError(
            Text("the report cannot be written there"),
            where=str(arguments.report),
            hint=Text("name a file in a folder that exists"),
        )


def _named(packs: tuple[Pack, ...]) -> str:
    names = [f"{pack.family} ({', '.join(sorted(pack.platforms))})" for pack in packs]
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" … +{more}" if more > 0 else "")


def format_unused(look: ScanOptions, language: str) -> Iterator[str]:
    """Tell what the centre has taken back of the packs, and why."""
    for one in look.reasons:
        reason = one.reason.in_language(look.language)
        yield Text(
            "Not used: {name} (up to version {version}). The centre has taken it back. Reason: {reason}",
            name=one.label,
            version=one.up_to,
            reason=reason,
        ).in_language(language)
    listed = {one.label for one in look.reasons}
    if families := [name for name in look.withdrawn if name not in listed]:
        yield Text(
            "Not used, because the centre has taken these packs back: {families}.", families=", ".join(families)
        ).in_language(language)


def clean_command(arguments: argparse.Namespace, result: ScanResult) -> str | None:
    """Return the command that cleans what was found, with the arguments of this one; ``None`` if none would."""
    if not any(one.is_sealable or not one.is_only_reported for one in result.findings):
        return None
    needs_root = result.is_live and not result.is_elevated and not arguments.path
    command = [*["sudo"] * needs_root, "quetsach", "clean", *arguments.path]
    command += ["--full"] if arguments.full else []
    for pack in arguments.pack or ():
        command += ["--pack", str(pack.absolute())]
    return command_text([*command, *where(arguments)])


def where(arguments: argparse.Namespace) -> list[str]:
    """Return ``--root``, ``--system`` and ``--state`` as they were given, so that a command works from any folder."""
    given = ((name, getattr(arguments, name)) for name in ("root", "state"))
    paths = [part for name, folder in given if folder for part in (f"--{name}", str(folder.absolute()))]
    system = getattr(arguments, "system", None)
    return [*paths, *(["--system", system] if system else [])]


def code_of(result: ScanResult) -> ExitCode:
    """Return 10 for findings. What was seen only in part is never called free of them: that is 2 (ADR 0018, 0092)."""
    return ExitCode[conclusion_of(result).name]
