"""Values and keys of the registry become artefacts that can be tested, found again and put back."""

from pathlib import Path

import pytest
from tests.unit.endpoint.collect.windows.drive import collected, everything

from quetsach.endpoint.artefact import Artefact, RegistryAnchor
from quetsach.endpoint.collect import persistence_entries
from quetsach.endpoint.collect.windows.registry import MOST_ENTRIES, default_of, entries_of
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.packs.specimen.hive import BINARY, DWORD, EXPAND_SZ, MULTI_SZ, SZ
from quetsach.packs.specimen.windows import plant

RUN = r"Microsoft\Windows\CurrentVersion\Run"
NUMBER = "{FBEB8A05-BEEE-4442-804E-409D6C4515E9}"
WINLOGON = r"Microsoft\Windows NT\CurrentVersion\Winlogon"


def test_a_program_started_at_sign_in_is_a_value_that_names_its_file(tmp_path: Path) -> None:
    evil = {"Cập nhật": (SZ, r'"C:\ProgramData\x y\evil.exe" /s')}
    found = collected(tmp_path, "run", software={RUN: evil}, files={"ProgramData/X Y/Evil.exe": b"MZ"})
    value = next(item for item in found if item.fields["name"] == "Cập nhật")
    assert value.fields["key"] == rf"HKLM\SOFTWARE\{RUN}"
    assert value.fields["data"] == r'"C:\ProgramData\x y\evil.exe" /s'
    assert value.fields["place"] == "run"
    assert b"/ProgramData/X Y/Evil.exe" in value.refers_to  # as the file is written on the disk


def test_a_value_is_found_again_by_its_exact_bytes(tmp_path: Path) -> None:
    found = collected(tmp_path, "run", software={RUN: {"x": (EXPAND_SZ, "%TEMP%\\a.exe")}})
    value = next(item for item in found if item.fields["name"] == "x")
    raw = "%TEMP%\\a.exe\0".encode("utf-16-le")
    assert value.anchor == RegistryAnchor(rf"HKLM\SOFTWARE\{RUN}", "x", EXPAND_SZ, raw)


def test_people_who_are_not_signed_in_are_looked_at_with_their_own_folders(tmp_path: Path) -> None:
    found = collected(
        tmp_path,
        "run",
        users={"Bình": {rf"Software\{RUN}": {"x": (EXPAND_SZ, r"%APPDATA%\evil.exe")}}},
        files={"Users/Bình/AppData/Roaming/evil.exe": b"MZ"},
    )
    value = next(item for item in found if item.fields["name"] == "x")
    assert value.fields["user"] == "Bình"
    assert "/Users/Bình/AppData/Roaming/evil.exe".encode() in value.refers_to


@pytest.mark.parametrize(
    ("hive", "key"),
    [("software", rf"WOW6432Node\{RUN}"), ("users", rf"Software\Wow6432Node\{RUN}")],
)
def test_the_copies_of_32_bit_programs_are_looked_at(tmp_path: Path, hive: str, key: str) -> None:
    keys = {key: {"x": (SZ, r"C:\evil.exe")}}
    found = collected(tmp_path, "run", **{hive: {"An": keys} if hive == "users" else keys})
    assert [item.fields["name"] for item in found if "6432" in item.fields["key"].upper()] == ["x"]


def test_a_32_bit_program_means_another_system_folder(tmp_path: Path) -> None:
    run = {rf"WOW6432Node\{RUN}": {"x": (EXPAND_SZ, r"%windir%\System32\evil.exe")}}
    found = collected(tmp_path, "run", software=run, files={"Windows/SysWOW64/evil.exe": b"MZ"})
    value = next(item for item in found if item.fields["name"] == "x")
    assert b"/Windows/SysWOW64/evil.exe" in value.refers_to


def test_each_program_of_a_list_is_an_artefact_with_the_factory_value(tmp_path: Path) -> None:
    shell = {"Userinit": (SZ, r"C:\Windows\system32\userinit.exe,C:\ProgramData\evil.exe,")}
    found = collected(tmp_path, "winlogon-userinit", software={WINLOGON: shell})
    assert [item.fields["entry"] for item in found] == [
        r"C:\Windows\system32\userinit.exe",
        r"C:\ProgramData\evil.exe",
    ]
    evil = found[1]
    assert isinstance(evil.anchor, RegistryAnchor)
    assert evil.anchor.entry == r"C:\ProgramData\evil.exe"
    assert evil.fields["default"] == r"C:\Windows\system32\userinit.exe,"
    assert evil.fields["list"] == ","


def test_a_multi_string_is_divided_into_its_entries(tmp_path: Path) -> None:
    key = r"ControlSet001\Control\Session Manager"
    boot = {"BootExecute": (MULTI_SZ, ["autocheck autochk *", "evil"])}
    found = collected(tmp_path, "boot-execute", system={key: boot})
    assert [item.fields["entry"] for item in found] == ["autocheck autochk *", "evil"]


def test_entries_are_as_they_are_written_so_that_they_can_be_taken_out(tmp_path: Path) -> None:
    key = r"ControlSet001\Control\Lsa"
    packages = {"Security Packages": (MULTI_SZ, ['""', " evil "])}
    found = collected(tmp_path, "lsa-packages", system={key: packages})
    assert [item.fields["entry"] for item in found] == ['""', " evil "]
    shell = {"Shell": (SZ, r'explorer.exe, "C:\x y\evil.exe"')}
    found = collected(tmp_path, "winlogon-shell", software={WINLOGON: shell})
    assert [item.fields["entry"] for item in found] == ["explorer.exe", r'"C:\x y\evil.exe"']


def test_only_the_names_of_a_place_are_taken_in_any_case(tmp_path: Path) -> None:
    shell = {"SHELL": (SZ, "evil.exe"), "Other": (SZ, "x")}
    found = collected(tmp_path, "winlogon-shell", software={WINLOGON: shell})
    assert {item.fields["name"].lower() for item in found} == {"shell"}


def test_a_value_without_a_known_default_has_no_such_field(tmp_path: Path) -> None:
    found = collected(tmp_path, "run")
    assert found
    assert not any("default" in item.fields for item in found)


def test_a_value_that_should_be_there_and_is_not_is_told(tmp_path: Path) -> None:
    key = r"Microsoft\Windows\CurrentVersion\Explorer\Advanced\Folder\Hidden\SHOWALL"
    found = collected(tmp_path, "hidden-files-setting", software={key: {"Type": (SZ, "radio")}})
    lost = next(item for item in found if item.fields["name"] == "CheckedValue" and "SHOWALL" in item.fields["key"])
    assert (lost.fields["missing"], lost.fields["default"]) == ("yes", "1")
    assert isinstance(lost.anchor, RegistryAnchor)
    assert (lost.anchor.type, lost.anchor.data) == (DWORD, b"")


def test_a_service_that_is_gone_is_told_and_has_no_value_to_be_put_back(tmp_path: Path) -> None:
    found = collected(tmp_path, "security-services")
    lost = next(item for item in found if item.fields["key"].endswith("WinDefend"))
    assert lost.fields["missing"] == "key"
    assert "default" not in lost.fields


def test_a_value_that_was_damaged_shows_both_what_it_is_and_what_it_was(tmp_path: Path) -> None:
    key = r"Microsoft\Windows\CurrentVersion\Explorer\Advanced\Folder\Hidden\SHOWALL"
    found = collected(tmp_path, "hidden-files-setting", software={key: {"CheckedValue": (DWORD, 0)}})
    value = next(item for item in found if item.fields["key"].endswith("SHOWALL") and item.fields["missing"] == "no")
    assert (value.fields["data"], value.fields["default"]) == ("0", "1")


def test_a_disabled_service_of_protection_shows_its_default(tmp_path: Path) -> None:
    found = collected(
        tmp_path, "security-services", system={r"ControlSet001\Services\WinDefend": {"Start": (DWORD, 4)}}
    )
    value = next(item for item in found if item.fields["key"].endswith("WinDefend"))
    assert (value.fields["data"], value.fields["default"], value.refers_to) == ("4", "2", ())


def test_a_key_that_should_be_there_and_is_not_is_told(tmp_path: Path) -> None:
    found = collected(tmp_path, "safe-boot")
    assert {item.fields["key"].rpartition("\\")[2]: item.fields["missing"] for item in found} == {
        "Minimal": "no",
        "Network": "yes",
    }


def test_nothing_is_missing_from_a_drive_without_hives(tmp_path: Path) -> None:
    plant(tmp_path)
    for hive in ("SOFTWARE", "SYSTEM"):
        (tmp_path / "Windows/System32/config" / hive).unlink()
    found = [item for item in persistence_entries(mounted_windows(tmp_path)) if isinstance(item, Artefact)]
    assert found
    assert [item for item in found if item.fields.get("missing", "no") != "no"] == []


def test_a_damaged_hive_is_named_once_and_the_others_are_read(tmp_path: Path) -> None:
    plant(tmp_path)
    (tmp_path / "Windows/System32/config/SOFTWARE").write_bytes(b"junk")
    found = list(persistence_entries(mounted_windows(tmp_path)))
    troubles = [item for item in found if isinstance(item, ScanIssue)]
    assert troubles == [ScanIssue(b"/Windows/System32/config/SOFTWARE", Reason.DAMAGED)]
    assert any(isinstance(item, Artefact) and item.fields.get("user") == "An" for item in found)


def test_the_class_that_a_value_names_leads_to_its_file(tmp_path: Path) -> None:
    number = "{01234567-89AB-CDEF-0123-456789ABCDEF}"
    hooks = r"Microsoft\Windows\CurrentVersion\Explorer\ShellExecuteHooks"
    found = collected(
        tmp_path,
        "shell-service-objects",
        software={hooks: {number: (SZ, "")}, rf"Classes\CLSID\{number}\InprocServer32": {"": (SZ, r"C:\evil.dll")}},
        files={"evil.dll": b"MZ"},
    )
    assert [(item.fields["server"], item.refers_to) for item in found] == [(r"C:\evil.dll", (b"/evil.dll",))]


def test_a_class_of_a_person_hides_that_of_the_machine(tmp_path: Path) -> None:
    number = "{01234567-89AB-CDEF-0123-456789ABCDEF}"
    found = collected(
        tmp_path,
        "com-hijacks",
        classes={"An": {rf"CLSID\{number}\InprocServer32": {"": (SZ, r"C:\Users\An\hash\n")}}},
    )
    assert [(item.fields["user"], item.fields["data"]) for item in found] == [("An", r"C:\Users\An\hash\n")]


def test_a_key_tells_the_names_of_its_values(tmp_path: Path) -> None:
    found = collected(
        tmp_path, "program-settings", users={"An": {r"Software\5cd8": {"[kl]": (SZ, "x"), "US": (SZ, "!")}}}
    )
    key = next(item for item in found if item.fields["key"].endswith("5cd8"))
    assert key.fields["values"] == "[kl]\nUS"


def test_a_whole_class_of_one_account_names_its_file(tmp_path: Path) -> None:
    server = {rf"CLSID\{NUMBER}\InprocServer32": {"": (SZ, r"C:\evil.dll")}}
    (key,) = collected(tmp_path, "com-user-classes", classes={"An": server}, files={"evil.dll": b"MZ"})
    assert (key.anchor, key.refers_to) == (RegistryAnchor(rf"HKU\An_Classes\CLSID\{NUMBER}", None), (b"/evil.dll",))


def test_keys_whose_own_name_is_a_star_are_reached(tmp_path: Path) -> None:
    key = r"Classes\*\shellex\ContextMenuHandlers\Evil"
    found = collected(tmp_path, "shell-extension-handlers", software={key: {"": (SZ, "{x}")}})
    assert [item.fields["key"] for item in found] == [rf"HKLM\SOFTWARE\{key}"]


def test_a_library_without_ending_is_taken_for_one(tmp_path: Path) -> None:
    found = collected(
        tmp_path,
        "lsa-packages",
        system={r"ControlSet001\Control\Lsa": {"Security Packages": (MULTI_SZ, ["mimilib"])}},
        files={"Windows/System32/mimilib.dll": b"MZ"},
    )
    assert b"/Windows/System32/mimilib.dll" in found[0].refers_to


def test_the_program_of_a_firewall_rule_is_found(tmp_path: Path) -> None:
    key = r"ControlSet001\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules"
    rule = r"v2.30|Action=Allow|Active=TRUE|Dir=In|App=C:\ProgramData\evil.exe|Name=x|"
    found = collected(tmp_path, "firewall-rules", system={key: {"{1}": (SZ, rule)}})
    assert found[0].fields["command"] == r"C:\ProgramData\evil.exe"
    assert found[0].refers_to == (b"/ProgramData/evil.exe",)


def test_a_path_in_binary_data_is_read(tmp_path: Path) -> None:
    key = r"ControlSet001\Services\WinSock2\Parameters\Protocol_Catalog9\Catalog_Entries\000000000001"
    packed = rb"C:\Windows\evil.dll".ljust(260, b"\0") + bytes(range(1, 100))
    found = collected(tmp_path, "winsock-protocols", system={key: {"PackedCatalogItem": (BINARY, packed)}})
    assert found[0].fields["data"] == r"C:\Windows\evil.dll"
    assert b"/Windows/evil.dll" in found[0].refers_to


def test_a_value_of_impossible_size_is_named_not_kept(tmp_path: Path) -> None:
    found = everything(tmp_path, "run", software={RUN: {"x": (BINARY, bytes((1 << 20) + 1))}})
    assert ScanIssue(b"/Windows/System32/config/SOFTWARE", Reason.OVERFULL) in found


def test_a_list_without_end_is_cut_and_said_so(tmp_path: Path) -> None:
    many = {"BootExecute": (MULTI_SZ, [f"x{number}" for number in range(MOST_ENTRIES + 1)])}
    found = everything(tmp_path, "boot-execute", system={r"ControlSet001\Control\Session Manager": many})
    assert ScanIssue(b"/Windows/System32/config/SYSTEM", Reason.OVERFULL) in found
    assert len(found) == MOST_ENTRIES + 1


def test_names_that_deceive_are_shown_escaped(tmp_path: Path) -> None:
    found = collected(tmp_path, "run", software={RUN: {"a\u202eexe.\0x": (SZ, "b\x1b[31m")}})
    value = next(item for item in found if "202e" in item.fields["name"])
    assert value.fields["name"] == "a\\u202eexe.\\x00x"
    assert value.fields["data"] == "b\\x1b[31m"


@pytest.mark.parametrize(
    ("divider", "text", "entries"),
    [
        (",", "explorer.exe, evil.exe,", ("explorer.exe", "evil.exe")),
        ("space", "a.dll b.dll,c.dll", ("a.dll", "b.dll", "c.dll")),
        (";", r"C:\a;;C:\b", (r"C:\a", r"C:\b")),
        ("multi", "a\nb c\n", ("a", "b c")),
    ],
)
def test_lists_are_divided_as_windows_divides_them(divider: str, text: str, entries: tuple[str, ...]) -> None:
    assert entries_of(text, divider) == entries


def test_the_longest_fitting_default_counts() -> None:
    defaults = {"Start": "3", r"WinDefend\Start": "2"}
    assert default_of(defaults, r"HKLM\SYSTEM\CurrentControlSet\Services\windefend", "START") == "2"
    assert default_of(defaults, r"HKLM\SYSTEM\CurrentControlSet\Services\BITS", "Start") == "3"
    assert default_of(defaults, r"HKLM\SYSTEM\CurrentControlSet\Services\BITS", "ReStart") is None
