"""What a report comes to, in words: headline, what the scan could not see, what the owner should do."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from quetsach.core.pack import ArtefactKind, systems_text
from quetsach.core.text import Number, Text
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.report.asking import last_step
from quetsach.endpoint.report.document import FindingOutcome, Kind, Report, ReportedFinding, ReportedMachine
from quetsach.endpoint.scanner.conclusion import Extent, Gap, Reach

# What a scan could not see, in one calm sentence and the next step; and how far it looked.

_MOST_NAMED = 10
_PARTS: Mapping[str, Text] = {
    "places": Text("start-up items and settings"),
    "registry": Text("registry"),
    "processes": Text("processes"),
    "memory": Text("memory of processes"),
    "archives": Text("inside archives"),
}
_EXTENTS: Mapping[str, Text] = {
    "whole": Text("yes", context="how far"),
    "partly": Text("in part"),
    "none": Text("no", context="how far"),
}
_GAPS: Mapping[str, Text] = {
    "nothing": Text("no file at all was looked at"),
    "ended": Text("it ended before it was done"),
    "rights": Text("without administrator rights it saw only what this account can read"),
    "missing": Text(
        "registry files that every Windows has are not there: {count}; what Windows starts is not known without them"
    ),
    "stale": Text("registry files that may lack the latest changes: {count}"),
    "unread": Text("things that could not be read in full: {count}"),
    "unsettled": Text("signs that count only beside others, which may lie where nobody looked: {count}"),
    "own": Text("memory of processes that look like this tool: {count}"),
    "damaged": Text("files whose damage hides what is in them: {count}"),
    "archives": Text("archives that could not be looked into completely: {count}"),
    "memory": Text("files in which Windows keeps its memory (such as pagefile.sys), not read whole: {count}"),
    "large": Text("things too large or too deep: {count}"),
    "cloud": Text("things kept in a cloud and not on this disk: {count}"),
}
_NEXT_OF_GAPS: Mapping[str, Text] = {
    "nothing": Text("See whether the path is right and the disk is mounted there, then scan again."),
    "ended": Text("Run the scan again: it goes on where it stopped."),
    "rights": Text("Scan again as administrator (on Linux: sudo quetsach scan)."),
    "missing": Text("See whether the whole disk is mounted, or only a part of it was copied; then scan again."),
    "stale": Text("Start Windows and shut it down fully (without fast start-up), then scan again."),
    "unread": Text(
        "See “What could not be looked at” and scan again; if it stays so, ask someone who knows computers."
    ),
    "unsettled": Text(
        "Scan the whole system that the files belong to: this one with --full; another one "
        "on its own machine, or its disk with --root."
    ),
    "own": Text("End other runs of the tool, then scan again."),
    "damaged": Text(
        "To see the name of each, scan with --list FILE. Do not open a file unless you know where it comes from."
    ),
    "archives": Text(
        "To see the name of each, scan with --list FILE. Do not open an archive unless you know where it comes from."
    ),
    "memory": Text(
        "No program starts from them. To look at them too, scan this disk from the rescue "
        "stick; one over 4 GiB is still not read."
    ),
    "large": Text("Have someone who knows computers look at those."),
    "cloud": Text(
        "They were not fetched for this. What is opened from the cloud comes onto this disk: look again after that."
    ),
}
_NEXT_OF_GAPS_IN_WINDOW: Mapping[str, Text] = {
    **_NEXT_OF_GAPS,
    "ended": Text("Scan again: it goes on where it stopped."),
    "rights": Text("Open the tool as administrator and scan again."),
    "unread": Text("The report names them; scan again, and if it stays so, ask someone who knows computers."),
    "unsettled": Text("Make a full scan of this computer; if the files are of another one, scan there."),
    "damaged": Text("The report says more. Do not open a file unless you know where it comes from."),
    "archives": Text("The report says more. Do not open an archive unless you know where it comes from."),
    "nothing": Text("See whether the chosen drive can be read, then scan again."),
}
"""The same for who has buttons and types no commands."""


def gap_list(gaps: Mapping[str, int], language: str) -> str:
    """Return what was not seen, joined in one line.

    Args:
        gaps: gap -> how many things it is about, worst first.
        language: of the reader.
    """
    return "; ".join(_GAPS[gap].with_values(count=Number(count)).in_language(language) for gap, count in gaps.items())


def gap_text(gaps: Mapping[str, int], language: str, *, in_window: bool = False) -> str:
    """Return what was not seen and what to do about it; empty when the scan was whole."""
    if not gaps:
        return ""
    told = Text("This scan did not see everything: {gaps}.", gaps=gap_list(gaps, language)).in_language(language)
    return f"{told} {gap_step(gaps, language, in_window=in_window)}"


def gap_step(gaps: Mapping[str, int], language: str, *, in_window: bool = False) -> str:
    """Return what to do about the worst of the gaps."""
    return (_NEXT_OF_GAPS_IN_WINDOW if in_window else _NEXT_OF_GAPS)[next(iter(gaps))].in_language(language)


def is_narrow(gaps: Mapping[str, int]) -> bool:
    """Return whether only single, counted things were not seen, and the rest of the scan stands."""
    return all(Gap(gap).is_narrow for gap in gaps)


def families_text(reach: Reach, language: str) -> str:
    """Return which families were looked for in files only, and which were not; empty when all were by all signs."""
    return " ".join(_families(reach, language))


def _families(reach: Reach, language: str) -> Iterator[str]:
    if reach.by_content:
        yield Text(
            "Of the families looked for, {count} are of other systems and were looked for in files only.",
            count=Number(len(reach.by_content)),
        ).in_language(language)
    if reach.left_out:
        names = ", ".join(reach.left_out[:_MOST_NAMED]) + " …" * (len(reach.left_out) > _MOST_NAMED)
        yield Text(
            "NOT LOOKED FOR: {count} other family: {names}.",
            many="NOT LOOKED FOR: {count} other families: {names}.",
            count=Number(len(reach.left_out)),
            names=names,
        ).in_language(language)


def reach_text(reach: Reach, language: str) -> str:
    """Return how far a scan looked, beside files; a system without a registry lacks nothing."""
    extents = {part: Extent(getattr(reach, part)) for part in _PARTS}
    if extents["registry"] is Extent.NONE:
        del extents["registry"]
    return "; ".join(
        f"{_PARTS[part].in_language(language)}: {_EXTENTS[extent].in_language(language)}"
        for part, extent in extents.items()
    )


# What a report comes to, in words: the headline, what to do next, and what the scan could not see.

_HEADLINES: Mapping[str, Text] = {
    "0": Text("No malware was found"),
    "chosen": Text("No trace of the chosen families was found"),
    "partial": Text("No malware seen in what was looked at"),
    "not-conclusive": Text("Not conclusive"),
    "1": Text("The scan could not be done"),
    "2": Text("The rights to scan are missing"),
    "3": Text("The packs cannot be used"),
    "10": Text("Traces of malware found: {count}"),
    "mild": Text("Things worth a look: {count}"),
    "plan": Text("Steps planned: {count}; none taken yet"),
    "11": Text("Cleaned"),
    "cleaned-left": Text("Cleaned; left alone: {count}"),
    "cleaned-partial": Text("What was seen has been removed"),
    "12": Text("Cleaned; a restart is needed"),
    "13": Text("Cleaned in part"),
    "14": Text("The clean-up failed"),
    "20": Text("The tool stopped itself and changed nothing"),
    "verify": Text("Looked again: no trace is left"),
    "verify-left": Text("Looked again: there are traces left"),
    "undone": Text("Undone: the malware is back on this machine"),
    "partly-undone": Text(
        "Partly undone: {count} trace of malware is back on this machine",
        many="Partly undone: {count} traces of malware are back on this machine",
    ),
}
_NEXT: Mapping[str, Text] = {
    "0": Text(
        "The tool looked at {files} files and saw no trace of the {families} families that "
        "it knows. Keep the system up to date, use strong passwords, and scan again from "
        "time to time."
    ),
    "chosen": Text(
        "The tool looked at {files} files, and for {families} families only. To know of "
        "others, scan again with all packs."
    ),
    "partial": Text(
        "The tool looked at {files} files and saw no trace of {families} families, but not "
        "everything could be looked at."
    ),
    "not-conclusive": Text(
        "The tool could look at {files} files only, and saw no trace of {families} families "
        "in them. This is not enough to say that the machine is free of malware."
    ),
    "1": Text("Something on the machine was in the way. Read the error message and run it again."),
    "2": Text("Run it again as administrator."),
    "3": Text("Run: quetsach update"),
    "10": Text("Nothing on the machine has been changed."),
    "mild": Text("They are no malware at work. Nothing on the machine has been changed."),
    "plan": Text("Nothing on the machine has been changed."),
    "11": Text(
        "The tool looked again and saw no trace any more. Go on with the steps below, above "
        "all with closing the way in."
    ),
    "cleaned-left": Text("The tool looked again and does not see what it removed any more."),
    "cleaned-partial": Text(
        "The tool looked again and sees none of it any more. Go on with the steps below, "
        "above all with closing the way in."
    ),
    "12": Text("Save your work, restart the machine, then scan once more."),
    "13": Text(
        "What is not done is marked below. Where it is only reported, follow the guidance. "
        "Otherwise scan again; if it is still there, ask someone who knows computers."
    ),
    "14": Text("Nothing could be removed. Show this report to someone who knows computers."),
    "20": Text(
        "The plan below touches very many things: malware may have spread widely, or a pack "
        "may be wrong. Look at each item, then run clean again and choose, or ask someone "
        "who knows computers."
    ),
    "verify": Text("What was removed has not come back. Keep the system up to date and scan again from time to time."),
    "verify-left": Text(
        "The malware is still there or has come back. Clean once more; if it comes back "
        "again, the way in is still open: ask someone who knows computers."
    ),
    "undone": Text(
        "What was removed has been put back as it was, malware included, so this machine "
        "cannot be called clean. Unless you meant to keep it, clean again."
    ),
    "partly-undone": Text(
        'What is marked "put back" below is on this machine as it was before the clean-up, '
        "so it cannot be called clean. The other items stay in quarantine."
    ),
}
_NEXT_IN_WINDOW: Mapping[str, Text] = {
    **_NEXT,
    "3": Text("Press “Update” on the start page."),
    "20": Text(
        "The plan below touches very many things: malware may have spread widely, or a pack "
        "may be wrong. Look at each item and choose, or ask someone who knows computers."
    ),
}
"""The same for who has buttons and types no commands."""
_TITLES: Mapping[str, Text] = {
    "scan": Text("Scan report"),
    "plan": Text("Plan of a clean-up"),
    "clean": Text("Clean-up report"),
    "verify": Text("Verification report"),
    "undo": Text("Report of a clean-up that was undone"),
}
_ONLY_REPORTED = Text(
    "Only reported and left alone: {count}. Follow the guidance below before you take the machine as clean."
)
_SEEN_AGAIN = Text("Second look: traces left: {remaining}; references to removed files: {dangling}.")
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


def verdict(report: Report, language: str, *, in_window: bool = False) -> Verdict:
    """Return what a report comes to.

    Args:
        report: what is told.
        language: of the reader.
        in_window: whether the reader has buttons and types no commands.
    """
    scan = report.scan
    key = _key(report)
    left = Number(_left(report))
    count = Number(_count(report, key))
    families = Number(len(scan.reach.families) + len(scan.reach.by_content))
    told = (
        (_NEXT_IN_WINDOW if in_window else _NEXT)[key]
        .with_values(files=Number(scan.files), families=families)
        .in_language(language)
    )
    lines = [told]
    if _left(report):
        lines.append(_ONLY_REPORTED.with_values(count=left).in_language(language))
    lines += [families_text(scan.reach, language), gap_text(scan.gaps, language, in_window=in_window)]
    seen_again = report.verification
    if seen_again is not None and not seen_again.clean:
        counts = {"remaining": seen_again.remaining, "dangling": len(seen_again.dangling)}
        lines.insert(1, _SEEN_AGAIN.with_values(**counts).in_language(language))
    headline = _HEADLINES[key].with_values(count=left if key == "cleaned-left" else count).in_language(language)
    is_good = key in _GOOD and not scan.reach.left_out
    return Verdict(headline, tuple(line for line in lines if line), is_good=is_good)


def _count(report: Report, key: str) -> int:
    """Return what the headline of a report counts: steps, findings, or those that were put back."""
    if key == "partly-undone":
        return sum(finding.outcome is FindingOutcome.RESTORED for finding in report.findings)
    return len(report.steps) if key == "plan" else len(report.findings) + report.unlisted


def title(report: Report, language: str) -> str:
    """Return what a report is called; a plan in which nothing would be done is a scan to its reader."""
    is_empty_plan = report.kind is Kind.PLAN and not report.steps
    return _TITLES[Kind.SCAN if is_empty_plan else report.kind].in_language(language)


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

NEXT_STEPS: Mapping[str, Text] = {
    "passwords": Text(
        "Change the passwords of your mail, bank and social networks, from a device that you "
        "trust and not from this one."
    ),
    "keys": Text(
        "Replace the SSH keys and access codes that were kept on this machine. Look through "
        "authorized_keys of every account and delete keys that nobody claims."
    ),
    "restart": Text(
        "Save your work, restart the machine and scan again: what malware left in memory is gone only after a restart."
    ),
    "network": Text(
        "The network settings of this machine were changed. If you signed in to a bank or a "
        "public service on it meanwhile, call them on their official number."
    ),
    "archive": Text("Delete the archive with malware if you do not need it; do not open it."),
    "update": Text(
        "Install all updates of the system and of programs: the way the malware came in stays open until it is patched."
    ),
    "windows": Text(
        "Install all updates of Windows. Then open Windows Security, see that the firewall "
        "and virus protection are on, and run a full scan."
    ),
}
NEXT_STEPS_IN_WINDOW: Mapping[str, Text] = {
    **NEXT_STEPS,
    "passwords": Text(
        "Change the passwords of Zalo, e-mail, banks and social networks, from a device that "
        "you trust and not from this one. In Zalo, sign out devices that you do not know."
    ),
}
"""The same for who has buttons and types no commands."""
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


def advice(report: Report, language: str, *, in_window: bool = False) -> list[str]:
    """Return the next steps for the owner, most urgent first; none when nothing harmful was found."""
    severities = {pack.family: pack.severity for pack in report.packs}
    harmful = [f for f in report.findings if f.hold not in _DOUBTED and severities.get(f.family) not in _HARMLESS]
    altered = dict.fromkeys(f.package for f in report.findings if f.package and f.hold is None)
    own = [finding for finding in harmful if not finding.belongs_to]
    steps = [
        (NEXT_STEPS_IN_WINDOW if in_window else NEXT_STEPS)[key].in_language(language)
        for key in _keys(own, report.machine)
    ]
    if foreign := sorted({system for finding in harmful for system in finding.belongs_to}):
        steps.insert(
            0,
            Text(
                "There is malware of {systems} in files here. Do not copy or open them on a "
                "{systems} computer; scan every {systems} computer that used this disk or folder.",
                systems=systems_text(foreign),
            ).in_language(language),
        )
        steps += [
            Text("Delete the archive with malware if you do not need it; do not open it.").in_language(language)
        ] * (not own and any(finding.hold is SkipReason.MEMBER for finding in harmful))
    if altered:
        steps.append(
            Text(
                "Install these packages again, files of theirs were altered: {packages}.", packages=", ".join(altered)
            ).in_language(language)
        )
    return (
        [
            *steps,
            last_step(language, in_window=in_window),
        ]
        if steps
        else []
    )


def _keys(harmful: list[ReportedFinding], machine: ReportedMachine) -> Iterator[str]:
    if not harmful:
        return
    if machine.live and any(finding.kind in _IN_MEMORY for finding in harmful):
        yield "restart"
    yield from (key for key, asks in _ASKED_BY.items() if any(map(asks, harmful)))
    yield "passwords"
    yield "windows" if machine.platform == "windows" else "update"
