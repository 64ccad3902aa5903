"""``quetsach scan``: looks, says what it saw in plain words, changes nothing."""

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
from quetsach.cli.parser import Parser, add_language, chosen_language
from quetsach.cli.scan_options import add_scan_arguments, clean_command, code_of, format_unused, scan_options
from quetsach.core.errors import QuetsachError
from quetsach.core.number import number_text, size_text
from quetsach.core.pack import Action, Pack, systems_text
from quetsach.core.text import LocalText
from quetsach.endpoint.artefact import Finding, LineAnchor, ProcessAnchor, place_of, place_text, printable
from quetsach.endpoint.errors import ReportError
from quetsach.endpoint.host.disk import Own, open_own
from quetsach.endpoint.host.live import give_way
from quetsach.endpoint.messages import messages
from quetsach.endpoint.messages.formatting import format_evidence
from quetsach.endpoint.report import Kind, Report, build, save_report, write_report
from quetsach.endpoint.report.document import to_json
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.library import library_version
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.files import Listing
from quetsach.endpoint.scanner.scan import ScanResult

_FAILURES_SHOWN = 10
_LINE_SHOWN = 160
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
    add_language(parser)
    parser.set_defaults(run=_run)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0
    if not 0 < minutes <= 100_000:
        raise argparse.ArgumentTypeError("a number of minutes")
    return minutes


def _run(arguments: argparse.Namespace) -> int:
    language = chosen_language(arguments)
    words = messages("scan", language)
    look = scan_options(arguments)
    if arguments.idle:
        give_way()
    control = Control(arguments.time_limit * 60 if arguments.time_limit else None)
    with _listing(arguments.list, words) as listing:
        result = look.scan(words, control=control, listing=listing)
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
    told = ("\n" + format_restarted(one, messages("act", language)) for one in restarted)
    for line in (*_told(result, words, language), *format_unused(look, words), *told):
        say(line)
    for line in _told_next(result, command, elsewhere, words):
        say(line)
    if arguments.report:
        say(words["report-saved"].format(path=arguments.report))
    return code


def _told_next(
    result: ScanResult, command: str | None, elsewhere: Sequence[str], words: Mapping[str, str]
) -> Iterator[str]:
    """Yield what to do about what was found."""
    if command:
        yield words["next-clean"].format(command=command)
    elif result.findings and not elsewhere:
        yield words["next-report"]
    yield from (words["elsewhere"].format(command=one) for one in elsewhere)


@contextmanager
def _listing(path: Path | None, words: Mapping[str, str]) -> Iterator[Listing | None]:
    if path is None:
        yield None
        return
    try:
        descriptor = open_own(path, Own.FRESH)  # it names every file
    except OSError as error:
        raise ReportError(words["no-list"], where=str(path), hint=words["no-list-hint"]) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        yield Listing(stream)


def _keep(report: Report, arguments: argparse.Namespace) -> None:
    """Keep the report in the state; a scan that cannot be kept is still told."""
    try:
        save_report(report, arguments.state or default_state())
    except QuetsachError as error:
        complain(error, chosen_language(arguments))


def _told(result: ScanResult, words: Mapping[str, str], language: str) -> Iterator[str]:
    yield words["heading"].format(scope=words[f"scope-{result.scope}"], packs=len(result.packs))
    yield ""
    yield from format_conclusion(result, language)
    families = {finding.family for finding in result.findings}
    for pack in result.packs:
        if pack.family in families:
            yield ""
            yield from _told_family(result, pack, words, language)
    yield ""
    yield words["summary"].format(
        files=number_text(result.files, language),
        size=size_text(result.bytes_read, language),
        footholds=number_text(result.footholds, language),
        processes=number_text(result.processes, language),
        seconds=number_text(result.duration_seconds, language, decimals=1),
    )
    if result.cached:
        yield words["cached"].format(files=number_text(result.cached, language))
    yield from _told_troubles(result, words, language)
    yield from format_gaps(result, language)
    if not result.findings:
        yield words["next-nothing"]


def _told_family(result: ScanResult, pack: Pack, words: Mapping[str, str], language: str) -> Iterator[str]:
    yield words["family"].format(name=pack.name.in_language(language), severity=words[f"severity-{pack.severity}"])
    reported: Counter[LocalText] = Counter()
    for finding in result.findings:
        if finding.family != pack.family:
            continue
        reported[finding.why] += finding.is_only_reported
        if not finding.is_only_reported or reported[finding.why] <= _ALIKE_SHOWN:
            yield from _told_finding(finding, words, language)
    for why, count in reported.items():
        if count > _ALIKE_SHOWN:
            more = number_text(count - _ALIKE_SHOWN, language)
            yield words["alike"].format(count=more, why=why.in_language(language))


def _told_finding(finding: Finding, words: Mapping[str, str], language: str) -> Iterator[str]:
    kind = words[f"kind-{finding.artefact.kind}"]
    if finding.belongs_to:
        systems = systems_text(finding.belongs_to)
        kind += f" {words['belongs-to'].format(systems=systems)}"
    yield f"  ▲ {kind}: {_where(finding, words)}"
    yield f"    {finding.why.in_language(language)}"
    evidence = words["evidence"].format(evidence=format_evidence(finding.evidence, language))
    action = "archive" if finding.is_sealable else Action.REPORT if finding.is_only_reported else finding.action
    yield f"    {evidence} · {words['action'].format(action=words[f'action-{action}'])}"


def _where(finding: Finding, words: Mapping[str, str]) -> str:
    match finding.artefact.anchor:
        case LineAnchor() as line:
            text = printable(line.line.removesuffix(b"\r"))[:_LINE_SHOWN]
            return words["where-line"].format(path=place_text(line.file.path), number=line.number, line=text)
        case ProcessAnchor() as process:
            key = "where-process-deleted" if process.deleted else "where-process"
            return words[key].format(pid=process.pid, executable=place_text(process.executable))
        case anchor:
            return place_text(place_of(anchor))


def _told_troubles(result: ScanResult, words: Mapping[str, str], language: str) -> Iterator[str]:
    for key, counts in (("skipped", result.skipped), ("failed", result.failed)):
        if counts:
            told = (f"{words[f'reason-{reason}']}: {number_text(n, language)}" for reason, n in counts.items())
            yield words[key].format(reasons="; ".join(told), count=number_text(sum(counts.values()), language))
    if Reason.NOT_OPENED in result.skipped and not library_version():
        yield words["no-libarchive"]
    for trouble in result.failures[:_FAILURES_SHOWN]:
        yield words["failed-path"].format(path=place_text(trouble.path), reason=words[f"reason-{trouble.reason}"])
    more = sum(result.failed.values()) + result.skipped.get(Reason.TOO_LARGE, 0) - _FAILURES_SHOWN
    if more > 0:
        yield words["failed-more"].format(count=number_text(more, language))
