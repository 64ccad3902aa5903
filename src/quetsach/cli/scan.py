"""``quetsach scan``: looks, says what it saw in plain language, changes nothing."""

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from quetsach.cli.conclusion import (
    commands_elsewhere,
    format_conclusion,
    format_gaps,
    format_restarted,
    recorded_after_restart,
    report_of_restarted,
)
from quetsach.cli.failure import complain
from quetsach.cli.locations import default_state
from quetsach.cli.output import print_json, say
from quetsach.cli.parser import Parser, chosen_language
from quetsach.cli.scan_options import add_scan_arguments, clean_command, code_of, format_unused, scan_options
from quetsach.cli.scan_wording import KINDS, REASONS, SEVERITIES
from quetsach.core.errors import QuetsachError
from quetsach.core.pack import Action, Pack, systems_text
from quetsach.core.text import LocalText, Number, Text, number_text, size_text
from quetsach.endpoint import ReportError
from quetsach.endpoint.artefact import Finding, LineAnchor, ProcessAnchor, place_of, place_text, printable
from quetsach.endpoint.host.disk import Own, open_own
from quetsach.endpoint.host.live import give_way
from quetsach.endpoint.messages.formatting import ACTIONS, format_evidence
from quetsach.endpoint.report import Kind, Report, build, save_report, write_report
from quetsach.endpoint.report.asking import asking_text
from quetsach.endpoint.report.document import to_json
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.library import library_version
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.files import Listing
from quetsach.endpoint.scanner.scan import ScanResult

_FAILURES_SHOWN = 10
_LINE_SHOWN = 160
_SCOPES: Mapping[str, Text] = {
    "quick": Text("quick scan"),
    "full": Text("full scan"),
    "paths": Text("scan of paths"),
}
_SKIPPED = Text("Left out by rule: {reasons}.")
_FAILED = Text("Could not look at {count} item: {reasons}.", many="Could not look at {count} items: {reasons}.")
_ALIKE_SHOWN = 20
"""So many findings of one trait that are only reported are told: of encrypted or infected files there are thousands."""


def register(parser: Parser) -> None:
    """Add ``scan``."""
    parser.show_examples(
        "quetsach scan\n"
        "quetsach scan --full --lang en\n"
        "quetsach scan ~/Downloads --json\n"
        "quetsach scan --root /mnt/disk --report report.json"
    )
    add_scan_arguments(parser)
    parser.add_argument(
        "--time-limit",
        type=_minutes,
        metavar="MINUTES",
        help="end after so long; run it again and it goes on from there",
    )
    parser.add_argument("--idle", action="store_true", help="use only the time and the disk that nobody else wants")
    parser.add_argument(
        "--list",
        type=Path,
        metavar="FILE",
        help="account for every file here, one line of JSON each: scanned, skipped, …",
    )
    parser.set_defaults(run=_run)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0
    if not 0 < minutes <= 100_000:
        raise argparse.ArgumentTypeError(Text("a number of minutes"))
    return minutes


def _run(arguments: argparse.Namespace) -> int:
    language = chosen_language(arguments)
    look = scan_options(arguments)
    if arguments.idle:
        give_way()
    control = Control(arguments.time_limit * 60 if arguments.time_limit else None)
    with _listing(arguments.list) as listing:
        result = look.scan(language, control=control, listing=listing)
    code = code_of(result)
    command = clean_command(arguments, result)
    elsewhere = commands_elsewhere(arguments, result)
    report = build(
        result,
        kind=Kind.SCAN,
        report_id=uuid4(),
        now=datetime.now(UTC),
        exit_code=code,
        next_command=command,
        elsewhere=elsewhere,
        withdrawn=look.withdrawn,
    )
    if arguments.report:
        write_report(report, arguments.report)
    restarted = recorded_after_restart(arguments.state or default_state(), look.host, result)
    for one in (one for one in restarted if one.is_settled):
        _keep(report_of_restarted(one, result, look.withdrawn), arguments)
    _keep(report, arguments)
    if arguments.json:
        print_json(to_json(report))
        return code
    told = ("\n" + format_restarted(one, language) for one in restarted)
    for line in (*_told(result, language), *format_unused(look, language), *told):
        say(line)
    for line in _told_next(result, command, elsewhere, language):
        say(line)
    if arguments.report:
        say(Text("Report: {path}", path=arguments.report).in_language(language))
    return code


def _told_next(result: ScanResult, command: str | None, elsewhere: Sequence[str], language: str) -> Iterator[str]:
    """Yield what to do about what was found."""
    if command:
        yield Text(
            "What to do next: run `{command}` to see the plan and carry it out. Every change to "
            "files and settings can be undone with `quetsach undo`.",
            command=command,
        ).in_language(language)
    elif result.findings and not elsewhere:
        yield Text(
            "These findings are for information only; the tool does not remove them. Read the guidance of each family."
        ).in_language(language)
    yield from (
        Text(
            "Malware of another system does not run here, but harms those who open the file "
            "there. To clean it run `{command}`: it takes that folder or disk as one of that "
            "system, shows the plan, and then asks you.",
            command=one,
        ).in_language(language)
        for one in elsewhere
    )
    if result.findings:
        yield from filter(None, [asking_text(language)])


@contextmanager
def _listing(path: Path | None) -> Iterator[Listing | None]:
    if path is None:
        yield None
        return
    try:
        descriptor = open_own(path, Own.FRESH)  # it names every file
    except OSError as error:
        raise ReportError(
            Text("the list of files cannot be written there"),
            where=str(path),
            hint=Text("name a file in a folder that exists; a link is not followed"),
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        yield Listing(stream)


def _keep(report: Report, arguments: argparse.Namespace) -> None:
    """Keep the report in the state; a scan that cannot be kept is still told."""
    try:
        save_report(report, arguments.state or default_state())
    except QuetsachError as error:
        complain(error, chosen_language(arguments))


def _told(result: ScanResult, language: str) -> Iterator[str]:
    yield Text("Quét Sạch · {scope} · {packs} packs", scope=_SCOPES[result.scope], packs=len(result.packs)).in_language(
        language
    )
    yield ""
    yield from format_conclusion(result, language)
    families = {finding.family for finding in result.findings}
    for pack in result.packs:
        if pack.family in families:
            yield ""
            yield from _told_family(result, pack, language)
    yield ""
    yield Text(
        "Looked at {files} files ({size}), {footholds} start-up items and {processes} processes in {seconds} s.",
        files=Number(result.files),
        size=size_text(result.bytes_read, language),
        footholds=Number(result.footholds),
        processes=Number(result.processes),
        seconds=Number(result.duration_seconds, decimals=1),
    ).in_language(language)
    if result.cached:
        yield Text(
            "{files} of them are the same as when an earlier scan read them and found nothing; "
            "they were not read again.",
            files=Number(result.cached),
        ).in_language(language)
    yield from _told_troubles(result, language)
    yield from format_gaps(result, language)
    if not result.findings:
        yield Text(
            "This holds for the families in these packs only. Keep them current with `quetsach "
            "update` and scan again from time to time."
        ).in_language(language)


def _told_family(result: ScanResult, pack: Pack, language: str) -> Iterator[str]:
    yield Text("{name} (severity: {severity})", name=pack.name, severity=SEVERITIES[pack.severity]).in_language(
        language
    )
    reported: Counter[LocalText] = Counter()
    for finding in result.findings:
        if finding.family != pack.family:
            continue
        reported[finding.why] += finding.is_only_reported
        if not finding.is_only_reported or reported[finding.why] <= _ALIKE_SHOWN:
            yield from _told_finding(finding, language)
    for why, count in reported.items():
        if count > _ALIKE_SHOWN:
            more = number_text(count - _ALIKE_SHOWN, language)
            yield Text(
                "  ▲ … and {count} more that are only reported, for the same reason: {why}", count=more, why=why
            ).in_language(language)


def _told_finding(finding: Finding, language: str) -> Iterator[str]:
    kind = KINDS[finding.artefact.kind].in_language(language)
    if finding.belongs_to:
        systems = systems_text(finding.belongs_to)
        kind += f" {Text('of {systems}', systems=systems).in_language(language)}"
    yield f"  ▲ {kind}: {_where(finding, language)}"
    yield f"    {finding.why.in_language(language)}"
    evidence = Text("evidence: {evidence}", evidence=format_evidence(finding.evidence, language)).in_language(language)
    action = "archive" if finding.is_sealable else Action.REPORT if finding.is_only_reported else finding.action
    yield f"    {evidence} · {Text('when cleaning: {action}', action=ACTIONS[action]).in_language(language)}"


def _where(finding: Finding, language: str) -> str:
    match finding.artefact.anchor:
        case LineAnchor() as line:
            text = printable(line.line.removesuffix(b"\r"))[:_LINE_SHOWN]
            return Text(
                "{path}, line {number}: {line}", path=place_text(line.file.path), number=line.number, line=text
            ).in_language(language)
        case ProcessAnchor() as process:
            told = (
                Text("{pid} · {executable} (the program's file was deleted from the disk)")
                if process.deleted
                else Text("{pid} · {executable}")
            )
            return told.with_values(pid=process.pid, executable=place_text(process.executable)).in_language(language)
        case anchor:
            return place_text(place_of(anchor))


def _told_troubles(result: ScanResult, language: str) -> Iterator[str]:
    for text, counts in ((_SKIPPED, result.skipped), (_FAILED, result.failed)):
        if counts:
            told = (
                f"{REASONS[reason].in_language(language)}: {number_text(n, language)}" for reason, n in counts.items()
            )
            yield text.with_values(reasons="; ".join(told), count=Number(sum(counts.values()))).in_language(language)
    if Reason.NOT_OPENED in result.skipped and not library_version():
        yield Text(
            "This machine lacks libarchive, so 7z, cab, iso, rar and more were not opened. "
            "Install it (Debian: apt install libarchive13t64) and scan again."
        ).in_language(language)
    for trouble in result.failures[:_FAILURES_SHOWN]:
        yield Text("  {path}: {reason}", path=place_text(trouble.path), reason=REASONS[trouble.reason]).in_language(
            language
        )
    more = sum(result.failed.values()) + result.skipped.get(Reason.TOO_LARGE, 0) - _FAILURES_SHOWN
    if more > 0:
        yield Text("  … and {count} more; see more of them with --json or --report", count=Number(more)).in_language(
            language
        )
