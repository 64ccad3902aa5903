"""What ``scan`` and ``clean`` end with: what a scan comes to, what to do about other systems, the restart."""

import argparse
import os
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from uuid import uuid4

from quetsach.cli.confirmation import agrees
from quetsach.cli.output import coloured
from quetsach.cli.parser import ExitCode, command_text
from quetsach.cli.scan_options import code_of
from quetsach.core.pack import ArtefactKind
from quetsach.core.text import Number, Text
from quetsach.endpoint import StateError
from quetsach.endpoint.act.verify import Restarted, awaiting, verify_restarted
from quetsach.endpoint.artefact import Finding, place_of, place_text, printable
from quetsach.endpoint.host import live
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.report import Kind, Report, build
from quetsach.endpoint.report.document import ReportedVerification
from quetsach.endpoint.report.verdict import families_text, gap_list, gap_step, is_narrow, reach_text
from quetsach.endpoint.scanner.conclusion import Conclusion, Gap, conclusion_of, gaps_of
from quetsach.endpoint.scanner.scan import ScanResult, Scope
from quetsach.endpoint.store.state import State

# What a scan comes to, in lines for a terminal; ``scan`` and ``clean`` say the same.

_COLOURS = {"nothing": "32;1", "found": "31;1", "nothing-chosen": "1"}
_ATTENTION = "33;1"
_VERDICTS: Mapping[str, Text] = {
    "found": Text(
        "▲ FOUND {count} trace of {found} malware families.", many="▲ FOUND {count} traces of {found} malware families."
    ),
    "nothing": Text("✓ NOTHING FOUND of {families} malware families in the {files} files looked at."),
    "nothing-chosen": Text(
        "○ NOTHING FOUND of the {families} malware families looked for, in the {files} files looked at."
    ),
    "not-all": Text(
        "! NOTHING SEEN of {families} malware families in the {files} files looked at, but "
        "NOT ALL COULD BE LOOKED AT: {gaps}."
    ),
    "not-conclusive": Text(
        "! NOT CONCLUSIVE: {gaps}. Nothing seen of {families} malware families in the {files} files looked at."
    ),
    "looked-at-nothing": Text("! NOT CONCLUSIVE: {gaps}."),
}


def format_conclusion(result: ScanResult, language: str) -> Iterator[str]:
    """Yield the verdict, with what was not looked at or not looked for in the same line."""
    gaps, reach = gaps_of(result), result.reach
    key = _key(result, gaps)
    verdict = _VERDICTS[key].with_values(
        gaps=gap_list(gaps, language),
        families=Number(len(reach.families) + len(reach.by_content)),
        files=Number(result.files),
        count=Number(len(result.findings)),
        found=Number(len({finding.family for finding in result.findings})),
    )
    yield coloured(
        f"{verdict.in_language(language)} {families_text(reach, language)}".strip(), _COLOURS.get(key, _ATTENTION)
    )


def format_gaps(result: ScanResult, language: str) -> Iterator[str]:
    """Yield how far the scan looked, and what to do about what it did not see."""
    yield Text("Looked at: {parts}.", parts=reach_text(result.reach, language)).in_language(language)
    if result.findings:
        yield from format_unseen(result, language)
    elif gaps := gaps_of(result):
        yield gap_step(gaps, language)


def format_unseen(result: ScanResult, language: str) -> Iterator[str]:
    """Yield what the scan did not see beside its findings, and what to do about that; nothing if it saw all."""
    if gaps := gaps_of(result):
        yield coloured(
            Text("! NOT ALL COULD BE LOOKED AT: {gaps}.", gaps=gap_list(gaps, language)).in_language(language),
            _ATTENTION,
        )
        yield gap_step(gaps, language)


def _key(result: ScanResult, gaps: Mapping[str, int]) -> str:
    """Return which text tells it: a green one only when nothing was left out of the look."""
    match conclusion_of(result):
        case Conclusion.FOUND:
            return "found"
        case Conclusion.NOTHING_FOUND:
            return "nothing-chosen" if result.reach.left_out else "nothing"
        case Conclusion.NOT_CONCLUSIVE:
            if Gap.NOTHING in gaps:
                return "looked-at-nothing"
            return "not-all" if is_narrow(gaps) else "not-conclusive"


# How malware that belongs to another system is cleaned: its disk, or the folder it lies in, taken as one of that.

_MOST_COMMANDS = 3


def commands_elsewhere(arguments: argparse.Namespace, result: ScanResult) -> tuple[str, ...]:
    """Return the commands that clean what was found of other systems, the first few."""
    folders: defaultdict[str, dict[bytes, None]] = defaultdict(dict)
    for finding in result.findings:
        if finding.belongs_to and not finding.is_packed and finding.artefact.kind is ArtefactKind.FILE:
            system = "windows" if "windows" in finding.belongs_to else finding.belongs_to[0]
            folders[system][_folder(finding, arguments.root)] = None
    roots = dict.fromkeys(_roots(folders)) if folders else {}
    return tuple(
        command_text(["quetsach", "clean", "--root", os.fsdecode(root), *how, *_state(arguments)])
        for root, how in islice(roots, _MOST_COMMANDS)
    )


def _folder(finding: Finding, root: Path | None) -> bytes:
    """Return the folder of a file on this machine."""
    above = os.fsencode(root.absolute()) if root else b""
    return posixpath.dirname(above + place_of(finding.artefact.anchor)) or b"/"


def _roots(folders: Mapping[str, Iterable[bytes]]) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    """Yield what to take as a disk, and how: a mounted one of that system, or the folder that holds all.

    The root is never taken, and nothing whose name a terminal or a page could not show as it is.
    """
    places = [mount.place for mount in live.mounts_now() if mount.place and _shown(mount.place) == mount.place]
    platform_of = cache(_platform)
    for system, found in folders.items():
        bare: list[bytes] = []
        for folder in found:
            disk = max((place for place in places if (folder + b"/").startswith(place + b"/")), key=len, default=b"")
            if disk and platform_of(disk) == system:
                yield disk, ()
            else:
                bare.append(folder)
        common = posixpath.commonpath(bare) if bare else b"/"
        for folder in map(_shown, [common] if common != b"/" else bare):
            if folder != b"/":
                yield folder, ("--system", system)


def _platform(disk: bytes) -> str:
    """Return the system that the tool sees by itself on a mounted disk; empty if it cannot be opened."""
    try:
        return live.open_mounted(Path(os.fsdecode(disk))).platform
    except OSError:
        return ""


def _shown(folder: bytes) -> bytes:
    """Return the folder, or the nearest above it whose path can be shown and copied as it is."""
    while folder != b"/" and printable(folder) != os.fsdecode(folder):
        folder = posixpath.dirname(folder)
    return folder


def _state(arguments: argparse.Namespace) -> list[str]:
    return ["--state", str(arguments.state.absolute())] if arguments.state else []


# The restart that a clean-up may need: it is offered, and looked at again afterwards.


def offer_restart(language: str) -> str:
    """Ask whether to restart now, and do it; returns what is to be said otherwise."""
    if not agrees(Text('Restart the machine now? Save your work first. Type "yes" to restart: ').in_language(language)):
        return Text("Restart the machine yourself soon; the next clean then looks again.").in_language(language)
    return (
        ""
        if restart_machine()
        else Text("The machine could not be restarted from here; please restart it yourself.").in_language(language)
    )


def restart_machine() -> bool:
    """Ask the system to restart; whether it agreed."""
    return live.restart_machine()


def after_restart(state: State | None, host: Host, scan: ScanResult, *, record: bool) -> list[Restarted]:
    """Judge the sessions that asked for a restart, which has happened, by a scan of the whole machine."""
    if state is None or scan.scope is Scope.PATHS or not scan.is_complete:
        return []
    judged = (verify_restarted(state, host, name, scan, record=record) for name in awaiting(state, host))
    return [one for one in judged if one is not None]


def recorded_after_restart(folder: Path, host: Host, scan: ScanResult) -> list[Restarted]:
    """Judge and record the same for a command that acts on nothing; where a clean-up is running, that will do it."""
    try:
        state = State.existing(folder)
        if state is None or not awaiting(state, host):
            return []
        with state.lock():
            return after_restart(state, host, scan, record=True)
    except StateError:
        return []


def report_of_restarted(one: Restarted, scan: ScanResult, withdrawn: tuple[str, ...]) -> Report:
    """Return the report of what was seen of a session after its restart."""
    dangling = tuple(place_text(place_of(artefact.anchor)) for artefact in one.seen.dangling)
    seen = replace(scan, findings=one.seen.remaining)
    return build(
        seen,
        kind=Kind.VERIFY,
        report_id=uuid4(),
        now=datetime.now(UTC),
        exit_code=code_of(seen) if one.seen.is_clean else ExitCode.FOUND,
        session=one.session,
        verification=ReportedVerification(one.seen.is_clean, len(one.seen.remaining), dangling),
        withdrawn=withdrawn,
    )


_RESTARTED: Mapping[str, Text] = {
    "clean": Text("✓ CHECKED AFTER THE RESTART: of the clean-up {session} ({families}) nothing is left."),
    "open": Text(
        "! CHECKED AFTER THE RESTART: of the clean-up {session} ({families}) nothing was "
        "seen again, but this scan did not look at all that was looked at before. Scan the "
        "whole machine."
    ),
    "left": Text(
        "▲ CHECKED AFTER THE RESTART: of the clean-up {session} ({families}) {remaining} "
        "findings are left or back, {dangling} things still point to removed files."
    ),
}


def format_restarted(one: Restarted, language: str) -> str:
    """Return what a person is told of it; a scan that did not see all is no proof that nothing came back."""
    key = "left" if not one.seen.is_clean else "clean" if one.is_whole else "open"
    told = _RESTARTED[key].with_values(
        session=one.session,
        families=", ".join(one.families),
        remaining=len(one.seen.remaining),
        dangling=len(one.seen.dangling),
    )
    return told.in_language(language)
