"""Packed programs of the shelf go with what is sure to start them, from a place of the family's own, and no others."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from quetsach.core.pack import Action, ArtefactKind, Pack
from quetsach.endpoint.artefact import Anchor, Artefact, FileAnchor, Finding, LineAnchor, RegistryAnchor
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.scanner.match import Observation, TraitMatcher
from quetsach.packs.load import load_pack

SHELF = Path(__file__).parents[3] / "packs"
FAMILIES = ("andromeda", "conficker", "necurs", "phorpiex", "ramnit", "sality")
PACKS: Mapping[str, Pack] = {family: load_pack(SHELF / family) for family in FAMILIES}

IN_BIN = "/RECYCLER/S-5-3-42-2819952290-8240758988-879315005-3665"
TEMP = "/Users/An/AppData/Local/Temp"
DRIVERS = "/Windows/System32/drivers"

type Fields = Mapping[str, str]


def _file(path: str) -> Observation:
    anchor = FileAnchor(path.encode(), 1, 1, 1, 1, 1, sha256="")
    return Observation(Artefact(ArtefactKind.FILE, anchor, {"path": path, "name": path.rpartition("/")[2]}))


def _starter(kind: str, fields: Fields, *named: str) -> Observation:
    """Return what starts files: the names it gives need not be those in its fields."""
    lying = FileAnchor(b"/starter", 1, 1, 1, 1, 1, sha256="")
    anchors: dict[str, Anchor] = {"setting-line": LineAnchor(lying, 1, b"x"), "startup-file": lying}
    anchor = anchors.get(kind, RegistryAnchor(r"HKLM\X", None if kind == "service" else "x"))
    return Observation(Artefact(ArtefactKind(kind), anchor, dict(fields), tuple(path.encode() for path in named)))


def _found(family: str, *seen: Observation) -> tuple[Finding, ...]:
    return TraitMatcher([PACKS[family]], BorealEngine(), platform="windows").find(seen)


def _taken(family: str, *seen: Observation) -> list[tuple[str, str]]:
    """Return trait and path of the files that a clean-up would take away."""
    return [
        (one.trait, one.artefact.fields["path"])
        for one in _found(family, *seen)
        if one.artefact.kind is ArtefactKind.FILE and one.action is Action.QUARANTINE
    ]


ENTRY = {"place": "run-policies", "name": "36412", "data": r"C:\ProgramData\msvkzmw.exe"}
LINK = {"place": "drive-shortcuts", "command": "C:\\Windows\\System32\\rundll32.exe \u00a0\\~$WKZQPMN.USB3,kdlsf mwq"}
RUNS = IN_BIN.replace("/", "\\") + r"\hxkqzr.qtv,ahaezedrn"
AUTORUN = {"place": "autorun-inf", "command": f"RuNdLl32.EXE   .{RUNS}"}
MOUNTED = {"place": "mount-points", "data": f"rundll32.exe {RUNS}"}
HOLE = {"place": "firewall-programs", "data": r"C:\Windows\60400504030430\svchost.exe:*:Enabled:Services"}
BOOT_DRIVER = {
    "name": "5e7d1c9b3a2f4068",
    "display_name": "syshost.exe",
    "group": "Boot Bus Extender",
    "command": r"\SystemRoot\System32\drivers\5e7d1c9b3a2f4068.sys",
}


@pytest.mark.parametrize(
    ("family", "kind", "fields", "path", "trait"),
    [
        ("andromeda", "registry-value", ENTRY, "/ProgramData/MSvkzmw.EXE", "packed-program"),
        ("andromeda", "registry-value", ENTRY, "/ProgramData/Local Settings/Temp/xk1.pif", "packed-program"),
        ("andromeda", "startup-file", LINK, r"/\xa0/~$WKZQPMN.USB3", "packed-library"),
        ("andromeda", "startup-file", LINK, "/~%W.ini", "packed-library"),
        ("conficker", "setting-line", AUTORUN, f"{IN_BIN}/hxkqzr.QTV", "packed-library"),
        ("conficker", "registry-value", MOUNTED, f"{IN_BIN}/hxkqzr.qtv", "packed-library"),
        ("necurs", "service", BOOT_DRIVER, "/WINDOWS/system32/drivers/5E7D1C9B3A2F4068.SYS", "packed-driver"),
        ("phorpiex", "registry-value", HOLE, "/Windows/60400504030430/SVCHOST.exe", "packed-program"),
        ("phorpiex", "registry-value", HOLE, "/Users/An/M-5050450322/winsvc.exe", "packed-program"),
    ],
)
def test_a_packed_program_goes_with_what_starts_it_and_one_that_nothing_starts_stays(
    family: str, kind: str, fields: Fields, path: str, trait: str
) -> None:
    stem, dot, ending = path.rpartition(".")
    beside = _file(f"{stem[:-1]}q{dot}{ending}")
    assert _taken(family, _file(path), beside, _starter(kind, fields, path)) == [(trait, path)]
    assert _taken(family, _file(path), beside, _starter(kind, fields)) == []


@pytest.mark.parametrize(
    ("family", "kind", "fields", "path"),
    [
        ("andromeda", "registry-value", ENTRY, "/Windows/System32/msiexec.exe"),
        ("andromeda", "registry-value", ENTRY, "/ProgramData/Microsoft/msabc.exe"),
        ("andromeda", "registry-value", {**ENTRY, "place": "run"}, "/ProgramData/msvkzmw.exe"),
        ("andromeda", "startup-file", LINK, "/Windows/System32/rundll32.exe"),
        ("andromeda", "startup-file", LINK, "/Users/An/Documents/~$Wbaocao.docx"),
        ("conficker", "setting-line", AUTORUN, "/Windows/System32/rundll32.exe"),
        ("conficker", "setting-line", {**AUTORUN, "command": r".\menu.exe"}, f"{IN_BIN}/hxkqzr.qtv"),
        ("necurs", "service", {**BOOT_DRIVER, "display_name": "A device"}, f"{DRIVERS}/5e7d1c9b3a2f4068.sys"),
        ("necurs", "service", BOOT_DRIVER, f"{DRIVERS}/pci.sys"),
        ("necurs", "service", BOOT_DRIVER, "/Windows/System32/5e7d1c9b3a2f4068.sys"),
        ("phorpiex", "registry-value", HOLE, "/Windows/System32/svchost.exe"),
        ("phorpiex", "registry-value", HOLE, "/Users/An/60400504030430/setup.exe"),
        ("phorpiex", "registry-value", {**HOLE, "data": r"C:\App\app.exe:*:Enabled:App"}, "/1234567890/svchost.exe"),
        ("sality", "service", {"name": "amsint32", "command": r"\drivers\hlmlog.sys"}, f"{DRIVERS}/hlmlog.sys"),
    ],
)
def test_what_is_no_place_of_the_familys_own_or_is_started_otherwise_stays(
    family: str, kind: str, fields: Fields, path: str
) -> None:
    assert _taken(family, _file(path), _starter(kind, fields, path)) == []


def test_a_library_of_the_system_is_not_taken_for_confickers_because_of_a_service_and_a_job() -> None:
    path = "/Windows/System32/hdqwyr.dll"
    service = {
        "name": "qntwzmhk",
        "display_name": "Monitor Update",
        "svchost": "netsvcs",
        "start": "2",
        "dll": r"%SystemRoot%\system32\hdqwyr.dll",
    }
    job = {"path": "/Windows/Tasks/At2.job", "command": "rundll32.exe hdqwyr.dll,kuvxa"}
    found = _found("conficker", _file(path), _starter("service", service, path), _starter("scheduled-task", job, path))
    assert [one.trait for one in found] == ["service-known", "job-known"]


@pytest.mark.parametrize(
    ("path", "goes"),
    [
        (f"{TEMP}/WINbvtq.exe", True),
        ("/Documents and Settings/An/Local Settings/Temp/winbvtq.exe", True),
        (f"{TEMP}/winrar.exe", False),
        (f"{TEMP}/setup/winbvtq.exe", False),
        ("/Windows/System32/winlogon.exe", False),
        ("/Program Files/UniKey/winkey.exe", False),
    ],
)
def test_a_packed_program_of_sality_goes_with_the_hole_in_the_firewall_where_sality_is_for_sure(
    path: str, goes: bool
) -> None:
    hole = _starter("registry-value", {"place": "firewall-programs", "data": r"C:\a.exe:*:Enabled:ipsec"}, path)
    number = _starter("setting-line", {"place": "ini-files", "line": "[MCIDRV_VER]"})
    seen = (_file(path), _file(f"{TEMP}/winmerge.exe"), hole)
    assert _taken("sality", *seen) == []
    assert _taken("sality", *seen, number) == ([("packed-program", path)] if goes else [])


@pytest.mark.parametrize(("name", "goes"), [("kqWzTbEd.exe", True), ("wqtzbd.CPL", True), ("Dc1.exe", False)])
def test_a_program_in_the_recycle_folder_goes_with_its_line_where_ramnit_is_for_sure(name: str, goes: bool) -> None:
    path = f"{IN_BIN}/{name}"
    line = _starter("setting-line", {"place": "autorun-inf", "command": "." + path.replace("/", "\\")}, path)
    userinit = {
        "place": "winlogon-userinit",
        "key": r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon",
        "entry": r"C:\Program Files\Microsoft\DesktopLayer.exe",
    }
    seen = (_file(path), _file(f"{IN_BIN}/HonestGame.exe"), line)
    assert _taken("ramnit", *seen) == []
    expected = [("packed-program", path)] if goes else []
    assert _taken("ramnit", *seen, _starter("registry-value", userinit)) == expected
