"""What a report comes to, in words: headline, what the scan could not see, what the owner should do."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from quetsach.core.pack import ArtefactKind, systems_text
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.report.document import FindingOutcome, Kind, Report, ReportedFinding, ReportedMachine
from quetsach.endpoint.scanner.conclusion import Extent, Gap, Reach

# What a scan could not see, in one calm sentence and the next step; and how far it looked.

_MOST_NAMED = 10
_PARTS = ("places", "registry", "processes", "memory", "archives")


def gap_list(gaps: Mapping[str, int], words: Mapping[str, str]) -> str:
    """Return what was not seen, joined in one line.

    Args:
        gaps: gap -> how many things it is about, worst first.
        words: the messages ``report`` of a language.
    """
    return "; ".join(words[f"gap-{gap}"].format(count=number(count, words)) for gap, count in gaps.items())


def gap_text(gaps: Mapping[str, int], words: Mapping[str, str]) -> str:
    """Return what was not seen and what to do about it; empty when the scan was whole."""
    if not gaps:
        return ""
    return f"{words['gap'].format(gaps=gap_list(gaps, words))} {gap_step(gaps, words)}"


def gap_step(gaps: Mapping[str, int], words: Mapping[str, str]) -> str:
    """Return what to do about the worst of the gaps."""
    return words[f"gap-next-{next(iter(gaps))}"]


def is_narrow(gaps: Mapping[str, int]) -> bool:
    """Return whether only single, counted things were not seen, and the rest of the scan stands."""
    return all(Gap(gap).is_narrow for gap in gaps)


def families_text(reach: Reach, words: Mapping[str, str]) -> str:
    """Return which families were looked for in files only, and which were not; empty when all were by all signs."""
    return " ".join(_families(reach, words))


def _families(reach: Reach, words: Mapping[str, str]) -> Iterator[str]:
    if reach.by_content:
        yield words["reach-by-content"].format(count=number(len(reach.by_content), words))
    if reach.left_out:
        names = ", ".join(reach.left_out[:_MOST_NAMED]) + " …" * (len(reach.left_out) > _MOST_NAMED)
        yield words["reach-left-out"].format(count=number(len(reach.left_out), words), names=names)


def reach_text(reach: Reach, words: Mapping[str, str]) -> str:
    """Return how far a scan looked, beside files; a system without a registry lacks nothing."""
    extents = {part: Extent(getattr(reach, part)) for part in _PARTS}
    if extents["registry"] is Extent.NONE:
        del extents["registry"]
    return "; ".join(f"{words[f'reach-{part}']}: {words[f'extent-{extent}']}" for part, extent in extents.items())


def number(value: int, words: Mapping[str, str]) -> str:
    """Return a count with the thousands separator of the language."""
    return f"{value:,}".replace(",", words["thousands"])


# What a report comes to, in words: the headline, what to do next, and what the scan could not see.

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


# What the owner should do beside the clean-up, by what was found; a pack's guidance says the rest.

_DOUBTED = frozenset({SkipReason.PACKAGE, SkipReason.SYSTEM, SkipReason.OWN})
"""Findings that are likelier to be mistaken than true ask nothing of anybody."""

_HARMLESS = frozenset({"test", "low"})

_IN_MEMORY = frozenset({ArtefactKind.PROCESS, ArtefactKind.KERNEL_MODULE, ArtefactKind.PRELOAD_ENTRY})

NETWORK_PLACES = frozenset(
    {
        *("hosts", "resolver", "name-services", "name-servers", "name-resolution-policy", "data-base-path"),
        *("network-settings", "proxy", "proxy-connections", "port-proxy", "root-certificates", "winsock-namespaces"),
    }
)
"""Places that decide which machine a connection really reaches."""

_ASKED_BY: Mapping[str, Callable[[ReportedFinding], bool]] = {
    "keys": lambda finding: finding.kind is ArtefactKind.AUTHORIZED_KEY,
    "network": lambda finding: finding.place in NETWORK_PLACES,
    "archive": lambda finding: finding.hold is SkipReason.MEMBER,
}


def advice(report: Report, words: Mapping[str, str]) -> list[str]:
    """Return the next steps for the owner, most urgent first; none when nothing harmful was found."""
    severities = {pack.family: pack.severity for pack in report.packs}
    harmful = [f for f in report.findings if f.hold not in _DOUBTED and severities.get(f.family) not in _HARMLESS]
    altered = dict.fromkeys(f.package for f in report.findings if f.package and f.hold is None)
    own = [finding for finding in harmful if not finding.belongs_to]
    steps = [words[f"todo-{key}"] for key in _keys(own, report.machine)]
    if foreign := sorted({system for finding in harmful for system in finding.belongs_to}):
        steps.insert(0, words["todo-elsewhere"].format(systems=systems_text(foreign)))
        steps += [words["todo-archive"]] * (not own and any(finding.hold is SkipReason.MEMBER for finding in harmful))
    if altered:
        steps.append(words["todo-packages"].format(packages=", ".join(altered)))
    return [*steps, words["todo-help"]] if steps else []


def _keys(harmful: list[ReportedFinding], machine: ReportedMachine) -> Iterator[str]:
    if not harmful:
        return
    if machine.live and any(finding.kind in _IN_MEMORY for finding in harmful):
        yield "restart"
    yield from (key for key, asks in _ASKED_BY.items() if any(map(asks, harmful)))
    yield "passwords"
    yield "windows" if machine.platform == "windows" else "update"
