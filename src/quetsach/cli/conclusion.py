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
from quetsach.core.number import number_text
from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.act.verify import Restarted, awaiting, verify_restarted
from quetsach.endpoint.artefact import Finding, place_of, place_text, printable
from quetsach.endpoint.errors import StateError
from quetsach.endpoint.host import live
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.messages import messages
from quetsach.endpoint.report import Kind, Report, build
from quetsach.endpoint.report.document import ReportedVerification
from quetsach.endpoint.report.verdict import families_text, gap_list, gap_step, is_narrow, reach_text
from quetsach.endpoint.scanner.conclusion import Conclusion, Gap, conclusion_of, gaps_of
from quetsach.endpoint.scanner.scan import ScanResult, Scope
from quetsach.endpoint.store.state import State

# What a scan comes to, in lines for a terminal; ``scan`` and ``clean`` say the same.

_COLOURS = {"nothing": "32;1", "found": "31;1", "nothing-chosen": "1"}
_ATTENTION = "33;1"


def format_conclusion(result: ScanResult, language: str) -> Iterator[str]:
    """Yield the verdict, with what was not looked at or not looked for in the same line."""
    words, report_words = messages("scan", language), messages("report", language)
    gaps, reach = gaps_of(result), result.reach
    key = _key(result, gaps)
    verdict = words[key].format(
        gaps=gap_list(gaps, report_words),
        families=number_text(len(reach.families) + len(reach.by_content), language),
        files=number_text(result.files, language),
        count=number_text(len(result.findings), language),
        found=number_text(len({finding.family for finding in result.findings}), language),
    )
    yield coloured(f"{verdict} {families_text(reach, report_words)}".strip(), _COLOURS.get(key, _ATTENTION))


def format_gaps(result: ScanResult, language: str) -> Iterator[str]:
    """Yield how far the scan looked, and what to do about what it did not see."""
    report_words = messages("report", language)
    yield messages("scan", language)["reach"].format(parts=reach_text(result.reach, report_words))
    if result.findings:
        yield from format_unseen(result, language)
    elif gaps := gaps_of(result):
        yield gap_step(gaps, report_words)


def format_unseen(result: ScanResult, language: str) -> Iterator[str]:
    """Yield what the scan did not see beside its findings, and what to do about that; nothing if it saw all."""
    words = messages("report", language)
    if gaps := gaps_of(result):
        yield coloured(messages("scan", language)["found-not-all"].format(gaps=gap_list(gaps, words)), _ATTENTION)
        yield gap_step(gaps, words)


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


def offer_restart(words: Mapping[str, str]) -> str:
    """Ask whether to restart now, and do it; returns what is to be said otherwise."""
    if not agrees(words["restart-ask"]):
        return words["restart-later"]
    return "" if restart_machine() else words["restart-failed"]


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


def format_restarted(one: Restarted, words: Mapping[str, str]) -> str:
    """Return what a person is told of it; a scan that did not see all is no proof that nothing came back."""
    key = "restarted-left" if not one.seen.is_clean else "restarted-clean" if one.is_whole else "restarted-open"
    return words[key].format(
        session=one.session,
        families=", ".join(one.families),
        remaining=len(one.seen.remaining),
        dangling=len(one.seen.dangling),
    )
