"""What a report comes to, in words: the headline, what to do next, and what the scan could not see."""

from collections.abc import Mapping
from dataclasses import dataclass

from quetsach.endpoint.report.document import FindingOutcome, Kind, Report
from quetsach.endpoint.report.gaps import families_text, gap_text, is_narrow, number

_CODES = frozenset({0, 1, 2, 3, 10, 11, 12, 13, 14, 20})
_NOTHING_SEEN, _FOUND, _CLEANED = frozenset({0, 1, 2}), 10, 11
_SEEN_NO_MORE = frozenset({11, 12})
_GOOD = frozenset({"0", "11", "verify"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The headline and the sentences below it.

    ``is_good`` is true only after a look that was whole, for every family there is a pack of, and that saw nothing.
    """

    headline: str
    lines: tuple[str, ...]
    is_good: bool


def verdict(report: Report, words: Mapping[str, str]) -> Verdict:
    """Return what a report comes to.

    Args:
        report: what is told.
        words: the messages ``report`` of a language.
    """
    scan = report.scan
    key = _key(report)
    left = number(_left(report), words)
    count = number(_count(report, key), words)
    families = number(len(scan.reach.families) + len(scan.reach.by_content), words)
    told = words[f"next-{key}"].format(files=number(scan.files, words), families=families)
    lines = [told, words["left"].format(count=left) if _left(report) else ""]
    lines += [families_text(scan.reach, words), gap_text(scan.gaps, words)]
    seen_again = report.verification
    if seen_again is not None and not seen_again.clean:
        counts = {"remaining": seen_again.remaining, "dangling": len(seen_again.dangling)}
        lines.insert(1, words["verification-left"].format_map(counts))
    headline = words[f"verdict-{key}"].format(count=left if key == "cleaned-left" else count)
    is_good = key in _GOOD and not scan.reach.left_out
    return Verdict(headline, tuple(line for line in lines if line), is_good=is_good)


def _count(report: Report, key: str) -> int:
    """Return what the headline of a report counts: steps, findings, or those that were put back."""
    if key == "partly-undone":
        return sum(finding.outcome is FindingOutcome.RESTORED for finding in report.findings)
    return len(report.steps) if key == "plan" else len(report.findings) + report.unlisted


def title(report: Report, words: Mapping[str, str]) -> str:
    """Return what a report is called; a plan in which nothing would be done is a scan to its reader."""
    is_empty_plan = report.kind is Kind.PLAN and not report.steps
    return words[f"title-{Kind.SCAN if is_empty_plan else report.kind}"]


def _key(report: Report) -> str:
    """Return which text tells it: that of the exit code, but for plans, second looks and scans with gaps."""
    code, gaps = report.exit_code, report.scan.gaps
    is_left = bool(report.findings) or (report.verification is not None and not report.verification.clean)
    is_whole_undo = report.kind is Kind.UNDO and code == _FOUND
    cases = {
        "undone": is_whole_undo,
        "partly-undone": report.kind is Kind.UNDO,
        "verify-left": report.kind is Kind.VERIFY and is_left,
        "partial": code in _NOTHING_SEEN and not report.findings and bool(gaps) and is_narrow(gaps),
        "not-conclusive": code in _NOTHING_SEEN and not report.findings and bool(gaps),
        "verify": report.kind is Kind.VERIFY,
        "chosen": code == 0 and bool(report.scan.reach.left_out),
        "cleaned-left": code == _CLEANED and _left(report) > 0,
        "cleaned-partial": code == _CLEANED and bool(gaps),
        "plan": code == _FOUND and report.kind is Kind.PLAN and bool(report.steps),
        "mild": code == _FOUND and _is_mild(report),
        str(code): code in _CODES,
    }
    return next((key for key, holds in cases.items() if holds), "1")


def _left(report: Report) -> int:
    """Return how many findings a clean-up left alone on purpose although the scan after it does not name them.

    Signs that count only beside a surer one: programs that a virus wrote into are there after the virus itself is gone.
    """
    is_after = report.kind is Kind.CLEAN and report.exit_code in _SEEN_NO_MORE
    return sum(finding.outcome is FindingOutcome.LEFT for finding in report.findings) if is_after else 0


def _is_mild(report: Report) -> bool:
    """Return whether all that was found is a test file or of low severity: worth a look, but no malware at work."""
    mild = {pack.family for pack in report.packs if pack.severity in {"test", "low"}}
    return {finding.family for finding in report.findings} <= mild
