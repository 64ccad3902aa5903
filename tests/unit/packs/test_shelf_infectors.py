"""Sality, Virut, Necurs and ZeroAccess: what only looks like them is left alone, what is others' is only reported."""

import random
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from quetsach.core.pack import Action, ArtefactKind, Pack
from quetsach.endpoint.artefact import Artefact, FileAnchor, Finding, LineAnchor, RegistryAnchor
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.scanner.match import Observation, TraitMatcher
from quetsach.packs.load import load_pack
from quetsach.packs.specimen import load_specimen
from quetsach.packs.specimen.program import build_pe

SHELF = Path(__file__).parents[3] / "packs"
FAMILIES = ("sality", "virut", "necurs", "zeroaccess")
PACKS: Mapping[str, Pack] = {family: load_pack(SHELF / family) for family in FAMILIES}
SPECIMENS: Mapping[str, ModuleType] = {family: load_specimen(SHELF / family) for family in FAMILIES}
RULES = BorealEngine().compile({family: pack.rules for family, pack in PACKS.items()})
NOISE = random.Random("honest").randbytes(60_000)


def _rules(content: bytes) -> list[str]:
    return [hit.rule for hit in RULES.match(content)]


def _with_native_subsystem(program: bytes) -> bytes:
    changed = bytearray(program)
    changed[0x80 + 0x5C] = 1
    return bytes(changed)


def _marked(program: bytes) -> bytes:
    return program[:0x20] + b"    " + program[0x24:]


SALITY_DRIVER = SPECIMENS["sality"].driver()
NECURS_DRIVER = SPECIMENS["necurs"].driver()
NECURS_PROGRAM = SPECIMENS["necurs"].program()
ZEROACCESS_MODULE = SPECIMENS["zeroaccess"].module()
VIRUT_FRAME = b'<iframe src="http://ZieF.pl/rc/" width=1 height=1 style="border:0"></iframe>'


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (SALITY_DRIVER, "sality_driver"),
        (SPECIMENS["sality"].infected_program(), "sality_appended"),
        (SPECIMENS["virut"].marked_program(), "virut_marked_program"),
        (NECURS_DRIVER, "necurs_driver"),
        (NECURS_PROGRAM, "necurs_program"),
        (ZEROACCESS_MODULE, "zeroaccess_module"),
        (b"<HTML><BODY>" + VIRUT_FRAME.replace(b"ZieF", b"zIEf") + b"</BODY></HTML>", "virut_frame_in_page"),
    ],
)
def test_what_a_family_is_made_of_is_known_and_taken_for_no_other(content: bytes, rule: str) -> None:
    assert _rules(content) == [rule]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            build_pe(sections={".data": b"x", "UPX1": NOISE}, entry="UPX1"), id="a packer starts in its section"
        ),
        pytest.param(build_pe(sections={".rsrc": bytes(60_000)}), id="a large section of zeros"),
        pytest.param(build_pe(sections={".rsrc": NOISE[:50_000]}), id="less than Sality appends"),
        pytest.param(build_pe(sections={".rsrc": NOISE}, bits=64), id="a 64-bit program"),
        pytest.param(build_pe(sections={".rsrc": NOISE}, dll=True), id="a library"),
        pytest.param(_marked(build_pe(sections={".data": b"x"}, dll=True)), id="a library with the mark"),
        pytest.param(build_pe(overlay=NOISE), id="an installer carries its files behind the last section"),
        pytest.param(SALITY_DRIVER[:0xDC] + b"\3" + SALITY_DRIVER[0xDD:], id="a program with the words of a driver"),
        pytest.param(SALITY_DRIVER[2:], id="words without a header"),
        pytest.param(
            _with_native_subsystem(build_pe(sections={".rdata": "\\Device\\IPFILTERDRIVER".encode("utf-16-le")})),
            id="an honest firewall on the filter driver",
        ),
        pytest.param(
            build_pe(sections={".data": b"purity_control_90833\0hh8geqpHJTkdns0\0Op1mutx9\0uxJLpe1m\0MCIDRV_VER\0"}),
            id="a removal tool that knows Sality's names",
        ),
        pytest.param(_marked(build_pe())[:0x40], id="a mark without a program"),
        pytest.param(_marked(build_pe()), id="a mark, and code that nobody may write to"),
        pytest.param(build_pe(sections={".data": b"a"}), id="a writable section without the mark"),
        pytest.param(b"O noon of life! O time to celebrate!\nNICK \nJOIN \nRelentlessly happy", id="verses in a text"),
        pytest.param(build_pe(sections={".data": b"NICK \0JOIN \0USER \0"}), id="a chat program"),
        pytest.param(b"<p>iframe src=http://ZieF.pl/rc/ is the sign of Virut</p>", id="a page about Virut"),
        pytest.param(VIRUT_FRAME.replace(b"ZieF.pl", b"video.example.test"), id="a frame of somebody else"),
        pytest.param(NECURS_DRIVER.replace("NtSecureSys".encode("utf-16-le"), bytes(22)), id="a list of makers"),
        pytest.param(NECURS_PROGRAM[2:], id="Necurs's words without a header"),
        pytest.param(build_pe(sections={".data": b"some stupid error %u\0syshost\0"}), id="one word of Necurs"),
        pytest.param(build_pe(sections={".data": b"%08x.@ %5d.SS"}), id="a program that prints like ZeroAccess"),
        pytest.param(ZEROACCESS_MODULE.replace("%08x.@".encode("utf-16-le"), bytes(12)), id="an object, no parts"),
    ],
)
def test_what_only_looks_like_it_is_left_alone(content: bytes) -> None:
    assert _rules(content) == []


def _file(path: str, content: bytes = b"") -> Observation:
    anchor = FileAnchor(path.encode(), 1, 1, 1, 1, 1, sha256="")
    fields = {"path": path, "name": path.rpartition("/")[2]}
    return Observation(Artefact(ArtefactKind.FILE, anchor, fields), tuple(RULES.match(content)))


def _line(place: str, line: str, *refers_to: str) -> Observation:
    anchor = LineAnchor(FileAnchor(b"/" + place.encode(), 1, 1, 1, 1, 1, sha256=""), 1, line.encode())
    named = tuple(path.encode() for path in refers_to)
    return Observation(Artefact(ArtefactKind.SETTING_LINE, anchor, {"place": place, "line": line}, named))


def _entry(kind: str, key: str, **fields: str) -> Observation:
    name = fields.get("name", "") if kind == "registry-value" else None
    return Observation(Artefact(ArtefactKind(kind), RegistryAnchor(key, name), {"key": key, **fields}))


def _found(family: str, *observations: Observation) -> list[tuple[str, Action]]:
    findings: tuple[Finding, ...] = TraitMatcher([PACKS[family]], BorealEngine(), platform="windows").find(observations)
    return [(finding.trait, finding.action) for finding in findings]


INFECTED_BY_SALITY = SPECIMENS["sality"].infected_program()
NUMBER = _line("ini-files", "[mcidrv_ver]")


def test_a_program_of_the_owner_that_sality_infected_is_only_reported() -> None:
    found = _found("sality", _file("/Program Files/UniKey/setup.exe", INFECTED_BY_SALITY), NUMBER)
    assert ("infected-program", Action.REPORT) in found


def test_the_form_of_a_program_alone_accuses_nobody() -> None:
    assert _found("sality", _file("/Program Files/Game/protected.exe", INFECTED_BY_SALITY)) == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/nkdb.pif", ("drive-copy", Action.QUARANTINE)),
        ("/NKDB.CMD", ("drive-copy", Action.QUARANTINE)),
        ("/setup.exe", ("infected-program", Action.REPORT)),
        ("/Games/nkdb.pif", ("infected-program", Action.REPORT)),
    ],
)
def test_what_lies_at_the_top_of_a_drive_goes_only_under_an_ending_of_no_honest_program(
    path: str, found: tuple[str, Action]
) -> None:
    assert _found("sality", _file(path, INFECTED_BY_SALITY), NUMBER)[0] == found


def test_a_copy_on_a_stick_goes_when_autorun_names_it_and_is_reported_when_nothing_does() -> None:
    copy = _file("/nkdb.pif", INFECTED_BY_SALITY)
    autorun = _line("autorun-inf", "open=nkdb.pif", "/nkdb.pif")
    assert _found("sality", copy) == [("top-of-drive", Action.REPORT)]
    assert _found("sality", copy, autorun) == [
        ("drive-copy", Action.QUARANTINE),
        ("autorun", Action.REMOVE_LINE),
    ]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/Windows/explorer.exe", SPECIMENS["virut"].marked_program()),
        ("/inetpub/wwwroot/index.asp", SPECIMENS["virut"].infected_page(VIRUT_FRAME)),
    ],
)
def test_what_virut_infected_is_only_reported(path: str, content: bytes) -> None:
    assert [action for _, action in _found("virut", _file(path, content))] == [Action.REPORT]


def test_a_blocked_name_in_hosts_stays_unless_virut_is_there() -> None:
    blocked = _line("hosts", "127.0.0.1  zief.PL")
    page = _file("/a.html", SPECIMENS["virut"].infected_page(VIRUT_FRAME))
    assert _found("virut", blocked) == []
    assert _found("virut", blocked, page) == [("hosts", Action.REMOVE_LINE), ("infected-page", Action.REPORT)]


@pytest.mark.parametrize(
    ("family", "kind", "fields", "trait"),
    [
        (
            "sality",
            "service",
            {"name": "AMSINT32", "command": r"\??\c:\windows\SYSTEM32\DRIVERS\ABCDEF.SYS"},
            "known-service",
        ),
        ("sality", "service", {"name": "amsint", "command": r"System32\drivers\amsint.sys"}, None),
        (
            "virut",
            "registry-value",
            {"place": "firewall-programs", "data": r"\??\c:\windows\SYSTEM32\Winlogon.EXE:*:Enabled:@SHELL32.dll,-1"},
            "firewall-hole",
        ),
        (
            "virut",
            "registry-value",
            {"place": "firewall-programs", "data": r"C:\Windows\system32\sessmgr.exe:*:enabled:@xpsp2res.dll,-22019"},
            None,
        ),
        (
            "necurs",
            "service",
            {
                "name": "SysHost32",
                "command": r'"c:\windows\INSTALLER\{8d2e9a4c-1b3f-4e5d-9c7a-0123456789ab}\SYSHOST.EXE"',
            },
            "known-service",
        ),
        ("necurs", "service", {"name": "syshost32", "command": r"C:\Program Files\Host\syshost.exe"}, None),
        (
            "necurs",
            "service",
            {
                "name": "3C1F0A9B7D2E4F60",
                "display_name": "Syshost.exe",
                "group": "BOOT BUS EXTENDER",
                "command": r"\SystemRoot\System32\Drivers\3C1F0A9B7D2E4F60.sys",
            },
            "known-driver-service",
        ),
        (
            "necurs",
            "service",
            {
                "name": "pci",
                "display_name": "PCI",
                "group": "Boot Bus Extender",
                "command": r"System32\drivers\pci.sys",
            },
            None,
        ),
        ("zeroaccess", "service", {"name": "BFE", "missing": "yes"}, None),
        ("sality", "registry-key", {"place": "safe-boot", "missing": "yes"}, None),
        (
            "zeroaccess",
            "registry-value",
            {
                "place": "run",
                "name": "Google Update",
                "data": r"C:\Users\An\AppData\Local\Google\Update\GoogleUpdate.exe /c",
            },
            None,
        ),
        (
            "zeroaccess",
            "registry-value",
            {"place": "winlogon-shell", "key": r"HKU\An\Software\W", "data": r"c:\users\an\APPDATA\local\C397C700\x"},
            "known-user-shell",
        ),
        (
            "zeroaccess",
            "registry-value",
            {"place": "winlogon-shell", "key": r"HKU\An\Software\W", "data": r"C:\Kiosk\c397c700\X.exe"},
            None,
        ),
    ],
)
def test_entries_are_known_in_any_case_of_their_letters_and_honest_ones_stay(
    family: str, kind: str, fields: dict[str, str], trait: str | None
) -> None:
    key = fields.pop("key", r"HKLM\SYSTEM\X")
    assert [found for found, _ in _found(family, _entry(kind, key, **fields))] == ([trait] if trait else [])


def test_files_known_by_their_place_alone_stay() -> None:
    hidden = "/$Recycle.Bin/S-1-5-18/$0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    files = [_file(f"{hidden}/n"), _file(f"{hidden}/@"), _file(f"{hidden}/U/80000032.@")]
    class_of_bin = _entry(
        "registry-key",
        r"HKU\An_Classes\CLSID\{FBEB8A05-BEEE-4442-804E-409D6C4515E9}",
        place="com-user-classes",
        server=r"C:\$Recycle.Bin\S-1-5-18\$0A1B2C3D4E5F60718293A4B5C6D7E8F9\n.",
    )
    assert _found("zeroaccess", *files) == []
    assert [trait for trait, _ in _found("zeroaccess", *files, class_of_bin)] == [
        *("module-in-its-place", "part", "part"),
        "known-class",
    ]


@pytest.mark.parametrize("path", ["/Windows/System32/services.exe", "/Windows/System32/drivers/cdrom.sys"])
def test_what_windows_needs_to_start_is_only_reported(path: str) -> None:
    assert _found("zeroaccess", _file(path, ZEROACCESS_MODULE)) == [("program-of-windows", Action.REPORT)]


def test_the_library_that_windows_waits_for_is_only_reported() -> None:
    library = _file("/Windows/System32/CONSRV.dll", ZEROACCESS_MODULE)
    start = _entry(
        "registry-value", r"HKLM\SYSTEM\X", place="session-subsystems", name="Windows", data="ServerDll=consrv:C,2"
    )
    assert {action for _, action in _found("zeroaccess", library, start)} == {Action.REPORT}


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile", True),
        (r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\StandardProfile", False),
    ],
)
def test_a_firewall_switched_off_by_policy_is_the_offices_own(key: str, found: bool) -> None:
    off = _entry("registry-value", key, place="firewall", name="EnableFirewall", data="0")
    expected = [("firewall-off", Action.RESTORE_DEFAULT)] if found else []
    assert [one for one in _found("sality", off, NUMBER) if one[0] != "number-of-the-machine"] == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_no_rule_of_an_infected_program_may_take_it_away(family: str) -> None:
    infected = {"sality_appended", "virut_marked_program", "virut_words_in_program", "virut_frame_in_page"}
    acting = [
        trait
        for trait in PACKS[family].traits
        if trait.rule in infected and trait.action is not Action.REPORT and trait.id != "drive-copy"
    ]
    assert acting == []
