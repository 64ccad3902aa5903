"""Lethic, Gamut, Pykspa, njRAT, WannaCry: what their packs are quiet about, only report, know in another spelling."""

import struct
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.core.pack import Action, Pack
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.plan.plan import check_brake, make_plan
from quetsach.endpoint.scanner.scan import Scope, scan
from quetsach.packs.load import load_pack
from quetsach.packs.specimen import load_specimen
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ, Keys
from quetsach.packs.specimen.innocent import CV, HOSTS, SERVICES, STARTUP, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import FILES, RUN, write

SHELF = Path(__file__).parents[3] / "packs"
FAMILIES = ("gamut", "lethic", "njrat", "pykspa", "wannacry")
PACKS: Mapping[str, Pack] = {family: load_pack(SHELF / family) for family in FAMILIES}
MATCHER = BorealEngine().compile({pack.family: pack.rules for pack in PACKS.values()})


def _program(*words: str, wide: bool = False) -> bytes:
    text = "\0".join(words)
    return build_pe(sections={".data": text.encode("utf-16-le" if wide else "ascii") + b"\0mscoree.dll\0"})


def _scan(root: Path, family: str) -> tuple[Finding, ...]:
    return scan(open_mounted(root), (PACKS[family],), scope=Scope.FULL, now=datetime.now(UTC)).findings


def _traits(root: Path, family: str) -> Counter[str]:
    return Counter(finding.trait for finding in _scan(root, family))


_NJRAT = ("netsh firewall add allowedprogram", "SEE_MASK_NOZONECHECKS", "cmd.exe /c ping 0 -n 2 & del", "|'|'|")
_WORM = ("mssecsvc2.0", "%s -m security", "C:\\%s\\qeriuwjhrf", "tasksche.exe")
_ENCRYPTOR = ("attrib +h .", "icacls . /grant Everyone:F /T /C /Q", "WNcry@2ol7", "t.wnry", "tasksche.exe")
_DECRYPTOR = ("Wana Decrypt0r 2.0", "wmic shadowcopy delete", "@WanaDecryptor@.exe", "c.wnry")
_PYKSPA = ("SkypeControlAPIAttach", "SEARCH FRIENDS", "where I put ur photo", "winlgcvers.exe")
_GAMUT = ("count_threads", "efficiency_limit", "MAIL FROM:<%s>", "RCPT TO:<%s>")
_LETHIC = ("iamnothere.cn", "silinuggahxx4576")
_ENCRYPTED = b"WANACRY!" + struct.pack("<I256xIQ", 256, 4, 32) + bytes(32)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (_program(*_NJRAT, wide=True), "njrat_client"),
        (_program(*_WORM), "wannacry_worm"),
        (_program(*_ENCRYPTOR), "wannacry_encryptor"),
        (_program(*_DECRYPTOR), "wannacry_decryptor"),
        (_program(*_DECRYPTOR, wide=True), "wannacry_decryptor"),
        (_ENCRYPTED, "wannacry_encrypted_file"),
        (_program(*_PYKSPA), "pykspa_worm"),
        (_program(*_GAMUT), "gamut_bot"),
        (_program(*_GAMUT[:2], "mail.ru", "hotmail.com"), "gamut_bot"),
        (_program(*_LETHIC), "lethic_program"),
        (_program("IAMNOTHERE.CN", "silinuggahxx4576"), "lethic_program"),
        (_program("IAMNOTHERE.CN", "port5.AlwaysProxy.info"), "lethic_servers"),
    ],
)
def test_what_a_family_is_made_of_is_known(content: bytes, rule: str) -> None:
    assert [hit.rule for hit in MATCHER.match(content)] == [rule]


@pytest.mark.parametrize("words", [_NJRAT, _WORM, _ENCRYPTOR, _DECRYPTOR, _PYKSPA, _GAMUT, _LETHIC])
def test_no_word_alone_makes_a_program_malware_nor_all_of_them_a_text(words: tuple[str, ...]) -> None:
    for missing in words:
        rest = [word for word in words if word != missing]
        for wide in (False, True):
            assert not MATCHER.match(_program(*rest, wide=wide)), missing
    assert not MATCHER.match(b"an article about it: " + "\n".join(words).encode())


@pytest.mark.parametrize(
    "content",
    [
        _program(*_NJRAT[:1], "cmd.exe /c ping 0 -n 2 & del", "[ENTER]", "[TAP]", wide=True),  # an installer
        _program("SEE_MASK_NOZONECHECKS", "netsh firewall add allowedprogram", "[ENTER]", wide=True),
        _program("mssecsvc2.0", "tasksche.exe", "@WanaDecryptor@.exe", "t.wnry"),  # a tool that removes WannaCry
        _program("Global\\MsWinZonesCacheCounterMutexA", "tasksche.exe", "WanaCrypt0r"),  # one that keeps it away
        _program(
            "SkypeControlAPIAttach", "SkypeControlAPIDiscover", "SEARCH FRIENDS", "SET USERSTATUS DND"
        ),  # a plug-in
        _program("count_threads", "MAIL FROM:", "RCPT TO:", "hotmail.com", "mail.ru"),  # a mailer
        _program("dqglobex.com"),  # a list of servers to block
        _program("powershell.exe Add-MpPreference -ExclusionPath"),
        b"WANACRY! is what the files of 2017 began with. " + b"x" * 400,
        _ENCRYPTED[:200],
    ],
)
def test_what_only_looks_like_a_family_is_left_alone(content: bytes) -> None:
    assert not MATCHER.match(content)


_NJ_ID = "5CD8F17F4086744065EB0992A09E05A2"
_NJ_RUN: Keys = {rf"{USER_CV}\Run": {_NJ_ID: (SZ, '"C:\\Users\\An\\AppData\\Roaming\\x.exe" ..')}}
_NJ_KEY: Keys = {rf"Software\{_NJ_ID}": {"[kl]": (SZ, "[ENTER]")}, "Environment": {"See_Mask_NoZoneChecks": (SZ, "1")}}


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({**_NJ_RUN, **_NJ_KEY}, {"keystrokes-alone", "run-value-by-name", "startup-copy-by-name", "zone-checks-off"}),
        (_NJ_RUN, set()),
        ({rf"Software\{_NJ_ID}": {"kl": (SZ, "")}, **_NJ_RUN}, set()),
        ({r"Software\Keyboard": {"[kl]": (SZ, "")}, **_NJ_RUN}, set()),
    ],
)
def test_entries_of_a_packed_njrat_go_only_beside_its_keystrokes(
    tmp_path: Path, user: Keys, expected: set[str]
) -> None:
    packed = {f"Users/An/{STARTUP}/{_NJ_ID}.exe": build_pe(), "Users/An/AppData/Roaming/x.exe": build_pe()}
    plant_infected(tmp_path, users={"An": user}, files=packed)
    findings = _scan(tmp_path, "njrat")
    assert {finding.trait for finding in findings} == expected
    assert all(finding.action is Action.REPORT for finding in findings if finding.trait == "keystrokes-alone")


def test_files_that_wannacry_encrypted_and_its_keys_are_only_reported_however_many(tmp_path: Path) -> None:
    load_specimen(SHELF / "wannacry").build(tmp_path)
    for number in range(250):
        folder = f"Users/An/Documents/{number}"
        write(tmp_path, f"{folder}/bang-luong.xlsx.WNCRY", _ENCRYPTED)
        write(tmp_path, f"{folder}/@WanaDecryptor@.exe", _program(*_DECRYPTOR))
        write(tmp_path, f"{folder}/@Please_Read_Me@.txt", b"specimen")
    findings = _scan(tmp_path, "wannacry")
    count = Counter(finding.trait for finding in findings)
    assert {trait: count[trait] for trait in ("encrypted-file", "decryptor-copy", "note", "keys-kept")} == {
        "encrypted-file": 252,
        "decryptor-copy": 251,
        "note": 251,
        "keys-kept": 3,
    }
    plan = make_plan(findings, open_mounted(tmp_path), tmp_path / "state")
    left = {held.finding.trait for held in plan.held}
    assert left == {"encrypted-file", "decryptor-copy", "note", "keys-kept"}
    check_brake(plan, findings)


def test_what_is_left_of_wannacry_is_known_in_any_case_of_its_letters(tmp_path: Path) -> None:
    runs = {"Start": (DWORD, 2), "Type": (DWORD, 0x10)}
    services: Keys = {
        rf"{SERVICES}\MSSECSVC2.0": {"ImagePath": (EXPAND_SZ, r"C:\WINDOWS\MSSECSVC.EXE -M SECURITY"), **runs},
        rf"{SERVICES}\mssecguard": {"ImagePath": (EXPAND_SZ, r"C:\Windows\guard.exe -m security"), **runs},
    }
    plant_infected(
        tmp_path,
        software={"WANACRYPT0R": {"WD": (SZ, "C:\\x")}, "WanaCrypt0r Guard": {"wd": (SZ, "")}},
        system=services,
        files={"Users/An/Desktop/taskdl.exe": build_pe(), "ProgramData/Tor/s.wnry": b"PK"},
    )
    assert _traits(tmp_path, "wannacry") == {"worm-service-by-name": 1, "settings": 1}


def test_lines_of_hosts_go_only_where_they_block_protection_beside_the_worm(tmp_path: Path) -> None:
    blocked = ("192.0.2.66 Download7.AVAST.com", "192.0.2.66\tu1.eset.com")
    honest = ("192.0.2.7 eset.example.test", "192.0.2.8 mayavast.com.example.test", "# 192.0.2.66 u1.eset.com")
    hosts = FILES[HOSTS] + "".join(f"{line}\r\n" for line in (*blocked, *honest)).encode()
    plant_infected(tmp_path, files={HOSTS: hosts})
    assert _traits(tmp_path, "pykspa") == {}
    write(tmp_path, "Windows/System32/sdrivew32.exe", _program(*_PYKSPA))
    assert _traits(tmp_path, "pykspa") == {"worm-program": 1, "hosts-line": 2}


def test_skype_of_its_makers_is_not_the_worm_of_that_name(tmp_path: Path) -> None:
    honest = {
        "Program Files/Skype/Phone/Skype.exe": build_pe(),
        "Windows/System32/Invisible002.dll": build_pe(dll=True),
    }
    start = {RUN: {"Skype": (SZ, r'"C:\Program Files\Skype\Phone\Skype.exe" /minimized')}}
    plant_infected(tmp_path, software=start, files=honest)
    assert _traits(tmp_path, "pykspa") == {}
    write(tmp_path, "Windows/System32/Skype.exe", build_pe())
    start = {
        RUN: {"skypestartup": (SZ, r"c:\windows\SYSTEM32\skype.EXE")},
        rf"{CV}\Explorer\Browser Helper Objects\{{7fb39839-665d-4d47-873c-d3fd9009fc3b}}": {},
    }
    plant_infected(tmp_path, software=start, files=honest)
    assert _traits(tmp_path, "pykspa") == {"start-by-name": 1, "browser-part": 1, "copy-by-name": 2}


def test_a_packed_lethic_goes_with_what_starts_it_from_its_folder_and_no_other(tmp_path: Path) -> None:
    own = "RECYCLER/S-1-5-21-0243336031-4052116379-881863308-0850"
    other = "RECYCLER/S-1-5-21-1000000000-2000000000-3000000000-1001"
    files = {f"{own}/SHELLDM.EXE": build_pe(), f"{other}/bai-tap.exe": build_pe(), "Tools/shelldm.exe": build_pe()}
    plant_infected(tmp_path, software={RUN: {"x": (SZ, rf"C:\{other}\bai-tap.exe".replace("/", "\\"))}}, files=files)
    assert _traits(tmp_path, "lethic") == {}
    start = {RUN: {"y": (SZ, rf"c:\{own}\shelldm.exe".lower().replace("/", "\\"))}}
    plant_infected(tmp_path, software=start, files=files)
    assert _traits(tmp_path, "lethic") == {"start-from-its-folder": 1, "packed-program": 1}


def test_a_packed_lethic_that_nothing_starts_and_what_is_no_program_stay(tmp_path: Path) -> None:
    own = "RECYCLER/S-1-5-21-0243336031-4052116379-881863308-0850"
    start = {RUN: {"y": (SZ, rf"C:\{own}\a.exe C:\{own}\bang-luong.doc".replace("/", "\\"))}}
    files = {f"{own}/{name}": build_pe() for name in ("a.exe", "b.exe", "bang-luong.doc")}
    plant_infected(tmp_path, software=start, files=files)
    found = {str(one.artefact.fields["path"]) for one in _scan(tmp_path, "lethic") if one.trait == "packed-program"}
    assert found == {f"/{own}/a.exe"}


@pytest.mark.parametrize(
    ("name", "command", "goes"),
    [
        ("mssecsvc2.1", r"C:\Windows\MSSECSVR.exe -m security", True),
        ("mssecsvc2.0", r"C:\Windows\explorer.exe -m security", False),
        ("mssecsvc2.0", r"C:\Windows\mssecsvr.exe", False),
        ("mssecsvc3.0", r"C:\Windows\mssecsvr.exe -m security", False),
    ],
)
def test_a_changed_wannacry_goes_only_with_its_own_service(tmp_path: Path, name: str, command: str, goes: bool) -> None:
    service = {"ImagePath": (EXPAND_SZ, command), "Start": (DWORD, 2), "Type": (DWORD, 0x10)}
    files = {"Windows/mssecsvr.exe": build_pe(), "Windows/explorer.exe": build_pe()}
    plant_infected(tmp_path, system={rf"{SERVICES}\{name}": service}, files=files)
    found = {one.artefact.fields["path"] for one in _scan(tmp_path, "wannacry") if one.trait == "packed-worm"}
    assert found == ({"/Windows/mssecsvr.exe"} if goes else set())


@pytest.mark.parametrize(("is_known", "expected"), [(True, {"/Users/An/AppData/Roaming/x.exe"}), (False, set())])
def test_a_packed_njrat_goes_only_beside_one_that_was_recognised(
    tmp_path: Path, is_known: bool, expected: set[str]
) -> None:
    packed = {f"Users/An/AppData/Roaming/{name}.exe": build_pe() for name in "xy"}
    known = {"Users/An/AppData/Local/Temp/server.exe": _program(*_NJRAT, wide=True)} if is_known else {}
    plant_infected(tmp_path, users={"An": {**_NJ_RUN, **_NJ_KEY}}, files={**packed, **known})
    found = {one.artefact.fields["path"] for one in _scan(tmp_path, "njrat") if one.trait == "packed-program"}
    assert found == expected
