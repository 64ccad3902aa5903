"""What the owner should do beside the clean-up, by what was found; a pack's guidance says the rest."""

from collections.abc import Callable, Iterator, Mapping

from quetsach.core.pack import ArtefactKind, systems_text
from quetsach.endpoint.plan.protect import Hold
from quetsach.endpoint.report.document import Report, ReportedFinding, ReportedMachine

_DOUBTED = frozenset({Hold.PACKAGE, Hold.SYSTEM, Hold.OWN})
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
    "archive": lambda finding: finding.hold is Hold.MEMBER,
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
        steps += [words["todo-archive"]] * (not own and any(finding.hold is Hold.MEMBER for finding in harmful))
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
