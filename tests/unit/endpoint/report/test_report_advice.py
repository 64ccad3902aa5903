"""What the owner is told to do follows from what was found, and nobody is alarmed by what is likely a mistake."""

from dataclasses import replace

import pytest
from tests.report_samples import sample_report

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.collect.places import PLATFORMS, places_of
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.report import Report
from quetsach.endpoint.report.verdict import NETWORK_PLACES, NEXT_STEPS, advice

REPORT = sample_report()


def only(kind: ArtefactKind, **changes: object) -> Report:
    finding = next(f for f in REPORT.findings if f.kind is kind and f.family == "xmrig-miner")
    plain = {"place": "", "hold": None, "package": "", **changes}
    return replace(REPORT, findings=(replace(finding, **plain),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "changes", "key"),
    [
        (ArtefactKind.AUTHORIZED_KEY, {}, "keys"),
        (ArtefactKind.PROCESS, {}, "restart"),
        (ArtefactKind.SETTING_LINE, {"place": "hosts"}, "network"),
        (ArtefactKind.FILE, {"hold": SkipReason.MEMBER}, "archive"),
        (ArtefactKind.FILE, {}, "passwords"),
        (ArtefactKind.FILE, {}, "update"),
    ],
)
def test_each_kind_of_finding_has_its_advice(kind: ArtefactKind, changes: dict[str, object], key: str) -> None:
    assert NEXT_STEPS[key].en in advice(only(kind, **changes), "en")


def test_other_settings_do_not_ask_to_call_the_bank() -> None:
    assert NEXT_STEPS["network"].en not in advice(only(ArtefactKind.SETTING_LINE, place="sudoers"), "en")


def test_a_disk_from_another_machine_has_no_memory_to_clear() -> None:
    mounted = replace(only(ArtefactKind.PRELOAD_ENTRY), machine=replace(REPORT.machine, live=False))
    assert NEXT_STEPS["restart"].en not in advice(mounted, "en")


def test_windows_is_told_of_windows_security() -> None:
    windows = replace(only(ArtefactKind.FILE), machine=replace(REPORT.machine, platform="windows"))
    assert NEXT_STEPS["windows"].en in advice(windows, "en")


def test_altered_files_of_packages_are_to_be_installed_again() -> None:
    assert any("coreutils" in step for step in advice(only(ArtefactKind.FILE, package="coreutils"), "en"))


@pytest.mark.parametrize("hold", [SkipReason.PACKAGE, SkipReason.SYSTEM, SkipReason.OWN])
def test_what_is_likely_a_mistake_asks_nothing_of_anybody(hold: SkipReason) -> None:
    assert advice(only(ArtefactKind.FILE, hold=hold), "en") == []


def test_a_harmless_test_file_asks_nothing_of_anybody() -> None:
    eicar = tuple(finding for finding in REPORT.findings if finding.family == "eicar")
    assert advice(replace(REPORT, findings=eicar), "en") == []


def test_the_places_of_the_network_are_places_that_collectors_know() -> None:
    known = {place.name for platform in PLATFORMS for place in places_of(platform)}
    assert known >= NETWORK_PLACES
