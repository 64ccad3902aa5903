"""Conficker, Andromeda, Phorpiex and Ramnit: pages are cut exactly, neighbours stay, weak signs act only in company."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from quetsach.core.pack import Action, ArtefactKind, Pack
from quetsach.endpoint.artefact import Anchor, Artefact, FileAnchor, Finding, LineAnchor, RegistryAnchor
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.scanner.match import Observation, TraitMatcher
from quetsach.packs.load import load_pack
from quetsach.packs.specimen import load_specimen
from quetsach.packs.specimen.formats import build_shortcut
from quetsach.packs.specimen.innocent import PAGE
from quetsach.packs.specimen.program import build_pe

SHELF = Path(__file__).parents[3] / "packs"
FAMILIES = ("conficker", "andromeda", "phorpiex", "ramnit")
PACKS: Mapping[str, Pack] = {family: load_pack(SHELF / family) for family in FAMILIES}
RAMNIT: ModuleType = load_specimen(SHELF / "ramnit")
RULES = BorealEngine().compile({family: pack.rules for family, pack in PACKS.items()})

BLOCK: bytes = RAMNIT.script(build_pe(overlay=bytes(4096)))
SHORT_BLOCK: bytes = RAMNIT.script(build_pe()[:64])
MUTEX = b"KyUffThOkYwRRtgPP\0"
RAMNIT_WORDS = MUTEX + b"WSHshell.Run DropPath, 0\0dmlconf.dat\0"
ASKS = b"http://www.getmyip.org\0http://checkip.dyndns.org\0"
CONFICKER_WORDS = ASKS + b"http://%s/search?q=%d\0netsvcs\0ServiceDll\0"
BOT = b"id:%lu|bid:%lu|os:%lu|la:%lu|rg:%lu\0"
TASK = b"id:%lu|tid:%lu|err:%lu|w32:%lu\0"
STICK = b"/c start __ & __\\DriveMgr.exe & exit\0"


def _program(words: bytes, *, dll: bool = False) -> bytes:
    return build_pe(sections={".data": words}, dll=dll)


def _rules(content: bytes) -> list[str]:
    return [hit.rule for hit in RULES.match(content)]


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        (_program(CONFICKER_WORDS, dll=True), ["conficker_program"]),
        (_program(CONFICKER_WORDS.decode().encode("utf-16-le"), dll=True), ["conficker_program"]),
        (_program(BOT + TASK), ["andromeda_program"]),
        (_program(b"id:%lu|bid:%lu|bv:%lu|sv:%lu|pa:%lu\0id:%lu|tid:%lu|res:%lu"), ["andromeda_program"]),
        (_program(STICK + b"AntiVirusDisableNotify"), ["phorpiex_program"]),
        (
            _program("/c start .\\%s & start .\\%s\\VolDriver.exe\0%ls:*:Enabled:%s".encode("utf-16-le")),
            ["phorpiex_program"],
        ),
        (_program(b"d:\\Trik v1.7\\Release\\Trik.pdb\0PRIVMSG"), ["phorpiex_program"]),
        (_program(RAMNIT_WORDS), ["ramnit_program"]),
        (build_pe(sections={".rmnet": bytes(9)}, entry=".rmnet", bits=64), ["ramnit_infected_program"]),
        (build_pe(sections={".a": bytes(9000), ".rmnet": bytes(9)}, entry=".rmnet"), ["ramnit_infected_program"]),
        (_program(MUTEX + b"gameSrv.exe"), ["ramnit_part"]),
    ],
)
def test_what_a_family_is_made_of_is_known_and_taken_for_no_other(content: bytes, rules: list[str]) -> None:
    assert _rules(content) == rules


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(_program(CONFICKER_WORDS), id="a program, not a library, that asks for its address"),
        pytest.param(_program(ASKS + b"ServiceDll\0netsvcs\0", dll=True), id="a library without the call home"),
        pytest.param(_program(b"getmyip.org\0/search?q=%d\0netsvcs\0ServiceDll", dll=True), id="one address only"),
        pytest.param(CONFICKER_WORDS, id="a text about Conficker"),
        pytest.param(_program(BOT), id="one form of Andromeda"),
        pytest.param(_program(b"cid:%lu|tid:%lu|err:%lu\0"), id="another program's form"),
        pytest.param(_program(b'{"id":%lu,"bid":%lu,"ask":%lu}'), id="bids and asks in JSON"),
        pytest.param(BOT + TASK, id="a text about Andromeda"),
        pytest.param(_program(STICK), id="the command of Phorpiex and nothing else"),
        pytest.param(_program(b"DriveMgr.exe\0AntiVirusDisableNotify\0%s:*:Enabled:%s"), id="a manager of drives"),
        pytest.param(_program(b"\\Release\\MyTrik.pdb\0PRIVMSG\0%s:*:Enabled:%s"), id="a chat program"),
        pytest.param(_program(MUTEX), id="a mutex alone"),
        pytest.param(build_pe(sections={".rmnet": bytes(9)}), id="a section's name without the start in it"),
        pytest.param(_program(b".rmnet\0\0".ljust(64, b"\xff")), id="the section's name among data"),
        pytest.param(RAMNIT_WORDS, id="a text about Ramnit"),
        pytest.param(PAGE + SHORT_BLOCK, id="a page that quotes the script with its program left out"),
        pytest.param(PAGE + BLOCK.replace(b"<SCRIPT", b"&lt;SCRIPT"), id="a page that shows the whole script"),
        pytest.param(PAGE + b"<script>DropFileName</script>", id="a page with another script"),
        pytest.param(build_shortcut(local_path=r"C:\Windows\System32\cmd.exe"), id="a shortcut"),
    ],
)
def test_what_only_looks_like_it_is_left_alone(content: bytes) -> None:
    assert _rules(content) == []


@pytest.mark.parametrize("before", [PAGE, b"", b"<html>" * 5000, PAGE.replace(b"\r\n", b"\n"), b"\xff\xfe<\0p\0>\0"])
@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_a_page_is_cut_to_its_own_bytes(before: bytes, newline: bytes) -> None:
    hits = RULES.match(before + BLOCK.replace(b"\r\n", newline))
    assert [hit.cut for hit in hits if hit.rule == "ramnit_page"] == [len(before)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PAGE + BLOCK + b"\r\n<p>written later</p>", id="text behind it"),
        pytest.param(PAGE + BLOCK + b"<p>mine</p>" + BLOCK, id="twice, with text of the owner between"),
        pytest.param(PAGE + BLOCK + b"\n", id="one line feed behind it"),
    ],
)
def test_a_page_changed_since_is_reported_and_not_cut(content: bytes) -> None:
    assert _rules(content) == ["ramnit_page_inside"]


def test_programs_of_others_are_only_reported() -> None:
    actions = {trait.rule: trait.action for trait in PACKS["ramnit"].traits if trait.rule}
    assert actions == {
        "ramnit_program": Action.QUARANTINE,
        "ramnit_infected_program": Action.REPORT,
        "ramnit_part": Action.REPORT,
        "ramnit_page": Action.TRUNCATE,
        "ramnit_page_inside": Action.REPORT,
    }


def test_a_program_of_ramnits_that_is_itself_infected_is_not_taken_away() -> None:
    both = build_pe(sections={".data": RAMNIT_WORDS + b"Srv.exe\0", ".rmnet": bytes(9)}, entry=".rmnet")
    assert "ramnit_program" not in _rules(both)


FILE = FileAnchor(b"/f", 1, 1, 1, 1, 1, sha256="")
SERVICE = {
    "name": "qntwzmhk",
    "display_name": "Monitor Update",
    "svchost": "netsvcs",
    "start": "2",
    "dll": r"%SystemRoot%\system32\hdqwyr.dll",
}
JOB = {"path": "/Windows/Tasks/At2.job", "command": "rundll32.exe hdqwyr.dll,kuvxa"}
RUNS = r"RuNdLl32.EXE   .\RECYCLER\S-5-3-42-2819952290-8240758988-879315005-3665\jwgkvsq.vmx,ahaezedrn"
ENTRY = {"place": "run-policies", "name": "36412", "data": r"C:\PROGRA~3\msvkzmw.exe"}
COMMON = r"C:\ProgramData"
LINK = {"place": "drive-shortcuts", "command": "C:\\Windows\\System32\\rundll32.exe \u00a0\\~$WQIXOGHK.FAT,crys lsdfs"}
CMD = r"C:\Windows\System32\cmd.exe /c start __ & start __\DriveMgr.exe & exit"
DIGITS = r"C:\Windows\60400504030430\svchost.exe"
RUN = {"place": "run", "data": DIGITS}
USERINIT = {"place": "winlogon-userinit", "key": r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"}


def _seen(kind: str, fields: Mapping[str, str], number: int = 0) -> Observation:
    anchors: dict[str, Anchor] = {
        "setting-line": LineAnchor(FILE, number, b"x"),
        "registry-value": RegistryAnchor(f"HKLM\\{number}", "x"),
        "service": RegistryAnchor(f"HKLM\\{number}", None),
    }
    return Observation(Artefact(ArtefactKind(kind), anchors.get(kind, FILE), dict(fields)))


def _found(family: str, *seen: Observation) -> tuple[Finding, ...]:
    return TraitMatcher([PACKS[family]], BorealEngine(), platform="windows").find(seen)


def _traits(family: str, kind: str, fields: Mapping[str, str]) -> list[str]:
    return [finding.trait for finding in _found(family, _seen(kind, fields))]


@pytest.mark.parametrize(
    ("family", "kind", "fields", "trait"),
    [
        ("conficker", "setting-line", {"place": "autorun-inf", "command": RUNS}, "autorun"),
        ("conficker", "setting-line", {"place": "autorun-inf", "command": RUNS.upper()}, "autorun"),
        ("conficker", "registry-value", {"place": "mount-points", "data": RUNS.lower()}, "remembered-command"),
        ("conficker", "service", SERVICE, "service-suspect"),
        ("conficker", "scheduled-task", JOB, "job-suspect"),
        ("conficker", "scheduled-task", {**JOB, "path": "/WINDOWS/tasks/AT14.JOB"}, "job-suspect"),
        ("andromeda", "registry-value", ENTRY, "start-known"),
        ("andromeda", "registry-value", {**ENTRY, "data": rf"{COMMON}\Local Settings\Temp\xk1.pif"}, "start-known"),
        ("andromeda", "registry-value", {**ENTRY, "data": rf'"{COMMON.upper()}\MSABCDE.SCR"'}, "start-known"),
        ("andromeda", "startup-file", LINK, "stick-shortcut"),
        ("andromeda", "startup-file", {**LINK, "command": 'RUNDLL32.EXE "~%W.ini", lnk'}, "stick-shortcut"),
        ("phorpiex", "registry-value", RUN, "start-known"),
        ("phorpiex", "registry-value", {**RUN, "data": rf'"{DIGITS.upper()}"'}, "start-known"),
        ("phorpiex", "registry-value", {**RUN, "data": r"C:\Users\An\M-5050450322\winsvc.exe"}, "start-known"),
        ("phorpiex", "startup-file", {"place": "drive-shortcuts", "command": CMD}, "stick-shortcut"),
        ("phorpiex", "setting-line", {"place": "autorun-inf", "command": r"__\drivemgr.EXE"}, "autorun"),
        (
            "ramnit",
            "registry-value",
            {**USERINIT, "entry": r"c:\program files\MICROSOFT\desktoplayer.exe"},
            "userinit-known",
        ),
    ],
)
def test_names_are_known_in_any_case(family: str, kind: str, fields: dict[str, str], trait: str) -> None:
    assert _traits(family, kind, fields) == [trait]


@pytest.mark.parametrize(
    ("family", "kind", "fields"),
    [
        ("conficker", "setting-line", {"place": "autorun-inf", "command": r".\setup.exe"}),
        ("conficker", "setting-line", {"place": "autorun-inf", "command": r"rundll32.exe .\tools\menu.dll,start"}),
        ("conficker", "service", {**SERVICE, "display_name": "Windows Update", "name": "wuauserv"}),
        ("conficker", "service", {**SERVICE, "display_name": "Security Center", "name": "wscsvc"}),
        ("conficker", "service", {**SERVICE, "display_name": "Task Scheduler"}),
        ("conficker", "service", {**SERVICE, "svchost": "LocalService"}),
        ("conficker", "service", {**SERVICE, "start": "3"}),
        ("conficker", "scheduled-task", {**JOB, "path": "/Windows/Tasks/GoogleUpdate.job"}),
        ("conficker", "scheduled-task", {**JOB, "command": "rundll32.exe user32.dll,LockWorkStation"}),
        ("conficker", "scheduled-task", {**JOB, "command": r"C:\Windows\System32\defrag.exe c:"}),
        ("conficker", "setting-line", {"place": "hosts", "line": "0.0.0.0 www.avast.example.test"}),
        ("andromeda", "registry-value", {**ENTRY, "name": "msagent"}),
        ("andromeda", "registry-value", {**ENTRY, "data": r"C:\Program Files\Office\msoffice.exe"}),
        ("andromeda", "registry-value", {**ENTRY, "place": "run"}),
        ("andromeda", "startup-file", {**LINK, "command": r"C:\Windows\notepad.exe ~$Wbao-cao.docx"}),
        ("andromeda", "startup-file", {**LINK, "command": r"rundll32.exe shell32.dll,Control_RunDLL desk.cpl"}),
        ("phorpiex", "registry-value", {**RUN, "data": r"C:\Windows\System32\svchost.exe"}),
        ("phorpiex", "registry-value", {**RUN, "data": r"C:\Users\An\AppData\Local\Temp\1234567890\setup.exe"}),
        ("phorpiex", "registry-value", {**RUN, "data": r"C:\Apps\2026\winsvcs.exe"}),
        ("phorpiex", "startup-file", {"place": "drive-shortcuts", "command": "cmd.exe /c start anh"}),
        ("phorpiex", "setting-line", {"place": "autorun-inf", "command": "DriveMgr.exe"}),
        ("ramnit", "registry-value", {**USERINIT, "entry": r"C:\Windows\system32\userinit.exe"}),
        ("ramnit", "registry-value", {**USERINIT, "entry": r"C:\Program Files\Photo\WaterMark.exe"}),
        ("ramnit", "setting-line", {"place": "autorun-inf", "command": r".\RECYCLER\S-1\a.exe"}),
    ],
)
def test_honest_neighbours_are_left_alone(family: str, kind: str, fields: dict[str, str]) -> None:
    assert _traits(family, kind, fields) == []


def test_service_and_job_of_conficker_act_only_together() -> None:
    found = _found("conficker", _seen("service", SERVICE, 1), _seen("scheduled-task", JOB, 2))
    assert {(one.trait, one.action) for one in found} == {
        ("service-known", Action.REMOVE_SERVICE),
        ("job-known", Action.REMOVE_TASK),
    }


def test_what_was_switched_off_is_no_sign_by_itself() -> None:
    off = {"place": "security-services", "key": r"HKLM\SYSTEM\CurrentControlSet\Services\WinDefend", "data": "4"}
    gone = {"place": "safe-boot", "missing": "yes"}
    for family in FAMILIES:
        assert _found(family, _seen("registry-value", off), _seen("registry-key", gone)) == ()


def test_a_file_called_as_one_of_windows_is_taken_only_beside_the_entry_that_starts_it() -> None:
    copy = {"name": "SVCHOST.exe", "path": "/Windows/60400504030430/SVCHOST.exe"}
    windows = {"name": "svchost.exe", "path": "/Windows/System32/svchost.exe"}
    seen = (_seen("file", copy), _seen("file", windows))
    assert _found("phorpiex", *seen) == ()
    assert [one.trait for one in _found("phorpiex", *seen, _seen("registry-value", RUN))] == [
        "installed-copy",
        "start-known",
    ]


def test_a_key_closed_to_all_but_the_system_is_planted_as_the_worm_leaves_it(tmp_path: Path) -> None:
    load_specimen(SHELF / "conficker").build(tmp_path)
    hive = (tmp_path / "Windows/System32/config/SYSTEM").read_bytes()
    system_only = bytes.fromhex("00021400 3f000f00 010100000000000512000000")
    assert hive.count(system_only) == 1
