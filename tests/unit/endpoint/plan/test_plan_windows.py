"""What a finding of Windows becomes: one edit a hive, nothing that the system needs, nothing that is unknown."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests import infection
from tests.infection import with_fields
from tests.infection_of_windows import (
    CACHE,
    CONFIG,
    DLL,
    IFEO,
    MACHINE_RUN,
    SERVICES,
    SVCHOST,
    TASK,
    TASK_ID,
    USER_RUN,
    WINLOGON,
    infect,
    of_file,
    of_key,
    of_value,
    registry_findings,
    windows_findings,
)
from tests.signed_files import program, publisher, sign

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint import MassBrakeError
from quetsach.endpoint.artefact import Finding, RegistryAnchor
from quetsach.endpoint.host import authenticode
from quetsach.endpoint.host.offline.windows import WindowsHost, mounted_windows
from quetsach.endpoint.host.registry import (
    BINARY,
    DWORD,
    EXPAND_SZ,
    MULTI_SZ,
    SZ,
    DeleteKey,
    DeleteValue,
    RegistryEdit,
    RegistryValue,
    SetValue,
)
from quetsach.endpoint.plan import draft
from quetsach.endpoint.plan.plan import Plan, check_brake, make_plan
from quetsach.endpoint.plan.protection import SkipReason, is_protected_path
from quetsach.endpoint.plan.step import EditRegistry, Step
from quetsach.endpoint.plan.windows import TakeEntry, settled, without_entries
from quetsach.packs.specimen.windows import plant


@pytest.fixture
def host(tmp_path: Path) -> WindowsHost:
    infect(tmp_path)
    return mounted_windows(tmp_path)


def _plan(host: WindowsHost, *findings: Finding) -> Plan:
    return make_plan(findings, host, host.tree.root / "state")


def _edits(plan: Plan) -> dict[bytes, tuple[RegistryEdit, ...]]:
    steps = (step.target for step in plan.steps)
    return {target.file.path: target.edits for target in steps if isinstance(target, EditRegistry) and target.file}


def _holds(plan: Plan) -> list[SkipReason]:
    assert plan.steps == ()
    return [held.hold for held in plan.held]


def test_all_edits_of_one_hive_are_one_step_and_every_finding_is_in_one(host: WindowsHost) -> None:
    findings = windows_findings(host.tree.root)
    plan = _plan(host, *findings)
    assert sorted(_edits(plan)) == sorted(
        [CONFIG + b"/SOFTWARE", CONFIG + b"/SYSTEM", "/Users/Bình/NTUSER.DAT".encode()]
    )
    assert plan.findings == {finding.id for finding in findings}


def test_a_service_goes_with_its_group_entry_and_its_legacy_device(host: WindowsHost) -> None:
    edits = _edits(_plan(host, of_key(f"{SERVICES}\\qzkvxw", ArtefactKind.SERVICE, Action.REMOVE_SERVICE)))
    device = "HKLM\\SYSTEM\\CurrentControlSet\\Enum\\Root\\LEGACY_QZKVXW"
    assert edits[CONFIG + b"/SYSTEM"] == (DeleteKey(f"{SERVICES}\\qzkvxw"), DeleteKey(device))
    (group,) = edits[CONFIG + b"/SOFTWARE"]
    assert isinstance(group, SetValue)
    assert (group.key, group.value.entries) == (SVCHOST, ("BITS", "wuauserv"))


def test_a_task_goes_with_what_the_registry_keeps_of_it(host: WindowsHost) -> None:
    task = of_file(host.tree.root, TASK, ArtefactKind.SCHEDULED_TASK, Action.REMOVE_TASK)
    edits = _edits(_plan(host, task))[CONFIG + b"/SOFTWARE"]
    keys = (f"{CACHE}\\Tree\\Update", f"{CACHE}\\Tasks\\{TASK_ID}", f"{CACHE}\\Logon\\{TASK_ID}")
    assert edits == tuple(map(DeleteKey, keys))


def test_a_task_that_only_the_registry_knows_goes_too(host: WindowsHost) -> None:
    hidden = of_key(f"{CACHE}\\Tree\\Update", ArtefactKind.SCHEDULED_TASK, Action.REMOVE_TASK)
    plan = _plan(host, hidden)
    assert [step.kind for step in plan.steps] == ["edit-registry"]


def test_a_task_that_claims_the_number_of_another_leaves_that_one_its_record(tmp_path: Path) -> None:
    cache = CACHE.removeprefix("HKLM\\SOFTWARE\\")
    plant(
        tmp_path,
        software={
            f"{cache}\\Tree\\Update": {"Id": (SZ, TASK_ID)},
            f"{cache}\\Tree\\Defender\\Scan": {"Id": (SZ, TASK_ID)},
            f"{cache}\\Tasks\\{TASK_ID}": {"Path": (SZ, "\\Defender\\Scan")},
        },
    )
    task = of_key(f"{CACHE}\\Tree\\Update", ArtefactKind.SCHEDULED_TASK, Action.REMOVE_TASK)
    (edits,) = _edits(_plan(mounted_windows(tmp_path), task)).values()
    assert edits == (DeleteKey(f"{CACHE}\\Tree\\Update"),)


def test_a_record_that_lies_about_whose_it_is_goes_with_its_task(tmp_path: Path) -> None:
    cache = CACHE.removeprefix("HKLM\\SOFTWARE\\")
    plant(
        tmp_path,
        software={
            f"{cache}\\Tree\\Update": {"Id": (SZ, TASK_ID)},
            f"{cache}\\Tree\\Mine": {"Id": (SZ, TASK_ID.replace("0A", "0B"))},
            f"{cache}\\Tasks\\{TASK_ID}": {"Path": (SZ, "\\Mine")},
        },
    )
    task = of_key(f"{CACHE}\\Tree\\Update", ArtefactKind.SCHEDULED_TASK, Action.REMOVE_TASK)
    (edits,) = _edits(_plan(mounted_windows(tmp_path), task)).values()
    assert edits == (DeleteKey(f"{CACHE}\\Tree\\Update"), DeleteKey(f"{CACHE}\\Tasks\\{TASK_ID}"))


def test_the_name_of_a_task_file_leads_to_no_other_task(tmp_path: Path) -> None:
    cache = CACHE.removeprefix("HKLM\\SOFTWARE\\")
    plant(tmp_path, software={f"{cache}\\Tree\\Defender\\Scan": {"Id": (SZ, TASK_ID)}})
    infection.write(tmp_path, b"/Windows/System32/Tasks/Defender\\Scan", b"<Task/>")
    path = b"/Windows/System32/Tasks/Defender\\Scan"
    task = of_file(tmp_path, path, ArtefactKind.SCHEDULED_TASK, Action.REMOVE_TASK)
    assert [step.kind for step in _plan(mounted_windows(tmp_path), task).steps] == ["quarantine-file"]


def test_a_folder_of_tasks_with_the_name_of_a_task_keeps_its_tasks(tmp_path: Path) -> None:
    tree = f"{CACHE}\\Tree\\Update".removeprefix("HKLM\\SOFTWARE\\")
    plant(tmp_path, software={tree: {"Id": (SZ, "no identifier")}, f"{tree}\\Mine": {"Id": (SZ, "x")}})
    task = of_key(f"{CACHE}\\Tree\\Update", ArtefactKind.SCHEDULED_TASK, Action.REMOVE_TASK)
    (edits,) = _edits(_plan(mounted_windows(tmp_path), task)).values()
    assert edits == (DeleteValue(f"{CACHE}\\Tree\\Update", "Id"),)


def test_a_value_that_is_another_by_now_is_left(host: WindowsHost) -> None:
    found = of_value(host.registry, MACHINE_RUN, "Qzk", Action.REMOVE_VALUE)
    anchor = found.artefact.anchor
    assert isinstance(anchor, RegistryAnchor)
    older = replace(found, artefact=replace(found.artefact, anchor=replace(anchor, data=b"older")))
    assert _holds(_plan(host, older)) == [SkipReason.UNREACHABLE]


@pytest.mark.parametrize("action", [Action.REMOVE_KEY, Action.REMOVE_SERVICE])
def test_a_key_that_is_gone_is_left(host: WindowsHost, action: Action) -> None:
    kind = ArtefactKind.SERVICE if action is Action.REMOVE_SERVICE else ArtefactKind.REGISTRY_KEY
    assert _holds(_plan(host, of_key(f"{SERVICES}\\nothing", kind, action))) == [SkipReason.UNREACHABLE]


def test_a_default_that_nobody_knows_is_not_restored(host: WindowsHost) -> None:
    found = of_value(host.registry, WINLOGON, "Shell", Action.RESTORE_DEFAULT)
    assert _holds(_plan(host, found)) == [SkipReason.INCOMPLETE]


@pytest.mark.parametrize(
    ("type_", "default", "data"),
    [
        (SZ, "", b"\0\0"),
        (EXPAND_SZ, "%x%", "%x%\0".encode("utf-16-le")),
        (DWORD, "3", b"\3\0\0\0"),
        (MULTI_SZ, "a\nb", "a\0b\0\0".encode("utf-16-le")),
        (BINARY, "00ff", b"\0\xff"),
        (BINARY, "explorer.exe", "explorer.exe\0".encode("utf-16-le")),
    ],
)
def test_the_factory_s_value_has_the_type_that_is_there_where_it_can(
    host: WindowsHost, type_: int, default: str, data: bytes
) -> None:
    host.registry.write_edited((SetValue(WINLOGON, RegistryValue("V", type_, b"x\0")),), host.tree.root / "new")
    (host.tree.root / "new").replace(host.tree.root / "Windows/System32/config/SOFTWARE")
    host.registry.forget()
    plan = _plan(host, of_value(host.registry, WINLOGON, "V", Action.RESTORE_DEFAULT, default=default))
    ((edit,),) = _edits(plan).values()
    kept = SZ if (type_, default) == (BINARY, "explorer.exe") else type_
    assert edit == SetValue(WINLOGON, RegistryValue("V", kept, data))


@pytest.mark.parametrize(
    ("key", "action"),
    [
        (f"{SERVICES}\\Schedule", Action.REMOVE_SERVICE),
        ("HKLM\\SYSTEM\\ControlSet001\\Services\\schedule", Action.REMOVE_SERVICE),
        ("HKLM\\SYSTEM\\CurrentControlSet\\Services", Action.REMOVE_KEY),
        ("HKLM\\SYSTEM\\CurrentControlSet", Action.REMOVE_KEY),
        ("HKLM\\SOFTWARE\\Microsoft", Action.REMOVE_KEY),
        ("HKLM\\Software\\Microsoft\\Windows\\currentversion\\run", Action.REMOVE_KEY),
        ("HKLM\\SOFTWARE\\Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Run", Action.REMOVE_KEY),
        (USER_RUN, Action.REMOVE_KEY),
        ("HKU\\Bình\\Software", Action.REMOVE_KEY),
        ("HKU\\Bình_Classes\\CLSID", Action.REMOVE_KEY),
        ("HKU\\Bình", Action.REMOVE_KEY),
        ("HKLM\\SAM\\SAM", Action.REMOVE_KEY),
        ("HKLM\\SYSTEM\\Select", Action.REMOVE_KEY),
        ("HKLM\\SOFTWARE\\Wow6432Node", Action.REMOVE_KEY),
        ("HKU\\Bình\\Software\\Policies", Action.REMOVE_KEY),
    ],
)
def test_keys_that_windows_needs_are_left(host: WindowsHost, key: str, action: Action) -> None:
    assert _holds(_plan(host, of_key(key, ArtefactKind.REGISTRY_KEY, action))) == [SkipReason.SYSTEM]


def test_the_shell_and_userinit_are_set_back_and_never_removed(host: WindowsHost) -> None:
    removed = of_value(host.registry, WINLOGON, "Shell", Action.REMOVE_VALUE)
    assert _holds(_plan(host, removed)) == [SkipReason.SYSTEM]
    restored = of_value(host.registry, WINLOGON, "Shell", Action.RESTORE_DEFAULT, default="explorer.exe")
    assert _plan(host, restored).held == ()


def test_of_entries_that_together_are_all_that_windows_needs_the_last_stays(tmp_path: Path) -> None:
    winlogon = WINLOGON.removeprefix("HKLM\\SOFTWARE\\")
    plant(tmp_path, software={winlogon: {"Userinit": (SZ, "C:\\a.exe,C:\\b.exe,")}})
    host = mounted_windows(tmp_path)
    plan = _plan(
        host,
        of_value(host.registry, WINLOGON, "Userinit", Action.REMOVE_ENTRY, entry="C:\\a.exe"),
        of_value(host.registry, WINLOGON, "Userinit", Action.REMOVE_ENTRY, entry="C:\\b.exe"),
    )
    ((edit,),) = _edits(plan).values()
    assert isinstance(edit, SetValue)
    assert (edit.value.text, [held.hold for held in plan.held]) == ("C:\\b.exe,", [SkipReason.SYSTEM])


def test_an_entry_goes_however_often_it_stands_in_its_list() -> None:
    entries = RegistryValue("x", MULTI_SZ, "qzk\0mine\0qzk\0\0".encode("utf-16-le"))
    text = RegistryValue("x", SZ, "q.dll mine.dll q.dll\0".encode("utf-16-le"))
    left = (without_entries(entries, ["qzk"]), without_entries(text, ["q.dll"]))
    assert [value.text for value in left if value] == ["mine", "mine.dll"]


def test_a_value_that_windows_needs_is_never_left_empty(host: WindowsHost) -> None:
    mixed = of_value(host.registry, WINLOGON, "Userinit", Action.REMOVE_ENTRY, entry="C:\\qzk.exe")
    assert _plan(host, mixed).held == ()
    (step,) = _plan(host, mixed).steps
    assert isinstance(step.target, EditRegistry)
    alone = RegistryValue("Userinit", SZ, "C:\\qzk.exe,\0".encode("utf-16-le"))
    host.registry.write_edited((SetValue(WINLOGON, alone),), host.tree.root / "new")
    (host.tree.root / "new").replace(host.tree.root / "Windows/System32/config/SOFTWARE")
    host.registry.forget()
    only = of_value(host.registry, WINLOGON, "Userinit", Action.REMOVE_ENTRY, entry="C:\\qzk.exe")
    assert _holds(_plan(host, only)) == [SkipReason.SYSTEM]


SVCHOST_EXE, CMD = b"/Windows/System32/svchost.exe", b"/Windows/System32/cmd.exe"


@pytest.mark.parametrize(
    ("command", "refers_to", "is_left"),
    [
        ("C:\\Windows\\System32\\cmd.exe", (CMD,), True),
        ('"C:\\Windows\\System32\\cmd.exe"', (CMD,), True),
        ("C:\\Windows\\System32\\cmd.exe /c evil", (CMD,), False),
        ("rundll32 C:\\Windows\\System32\\qzkvxw.dll", (DLL,), False),
        ("C:\\qzk.exe", (), False),
    ],
)
def test_what_starts_only_the_system_s_own_program_is_left(
    host: WindowsHost, command: str, refers_to: tuple[bytes, ...], is_left: bool
) -> None:
    found = with_fields(of_value(host.registry, MACHINE_RUN, "Qzk", Action.REMOVE_VALUE), data=command)
    found = replace(found, artefact=replace(found.artefact, refers_to=refers_to))
    assert bool(_plan(host, found).held) is is_left


def test_naming_a_program_of_the_system_in_place_of_a_guard_is_no_reason_to_stay(host: WindowsHost) -> None:
    found = of_value(host.registry, f"{IFEO}\\msmpeng.exe", "Debugger", Action.REMOVE_VALUE)
    found = with_fields(found, data="C:\\Windows\\System32\\svchost.exe")
    found = replace(found, artefact=replace(found.artefact, refers_to=(SVCHOST_EXE,)))
    assert _plan(host, found).held == ()


def test_what_microsoft_signed_as_its_own_is_left_with_the_service_that_runs_it(
    host: WindowsHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    microsoft = publisher("Microsoft Windows")
    monkeypatch.setattr(authenticode, "microsoft_roots", lambda: (microsoft.root,))
    infection.write(host.tree.root, DLL, sign(program(), microsoft))
    file = of_file(host.tree.root, DLL, ArtefactKind.FILE, Action.QUARANTINE)
    service = with_fields(
        of_key(f"{SERVICES}\\qzkvxw", ArtefactKind.SERVICE, Action.REMOVE_SERVICE),
        command="%SystemRoot%\\system32\\svchost.exe -k netsvcs",
        dll="%SystemRoot%\\System32\\qzkvxw.dll",
    )
    service = replace(service, artefact=replace(service.artefact, refers_to=(SVCHOST_EXE, DLL)))
    assert _holds(_plan(host, file, service)) == [SkipReason.PACKAGE, SkipReason.PACKAGE]
    infection.write(host.tree.root, DLL, sign(program(), microsoft) + b"changed")
    file = of_file(host.tree.root, DLL, ArtefactKind.FILE, Action.QUARANTINE)
    assert _plan(host, file, service).held == ()


@pytest.mark.parametrize(
    "path",
    [
        "/Windows/System32/config/SOFTWARE",
        "/WINDOWS/system32/NTOSKRNL.EXE",
        "/Windows/SysWOW64/ntdll.dll",
        "/Windows/explorer.exe",
        "/Windows/WinSxS/x/y.dll",
        "/Users/An/NTUSER.DAT",
        "/Users/An/ntuser.dat.LOG1",
        "/bootmgr",
        "/Windows/System32/drivers/disk.sys",
        "/Windows/System32/drivers/etc/hosts",
    ],
)
def test_files_that_windows_needs_are_a_foundation(path: str) -> None:
    assert is_protected_path(path.encode(), "windows")


@pytest.mark.parametrize(
    "path",
    ["/Windows/System32/qzkvxw.dll", "/Windows/svchost.exe.exe", "/Users/An/svchost.exe", "/x/Windows/explorer.exe"],
)
def test_what_malware_puts_beside_them_is_not(path: str) -> None:
    assert not is_protected_path(path.encode(), "windows")


def test_lines_may_be_taken_out_of_the_table_of_hosts() -> None:
    assert not is_protected_path(b"/Windows/System32/drivers/etc/hosts", "windows", Action.REMOVE_LINE)
    assert not is_protected_path(b"/etc/hosts", "linux", Action.REMOVE_LINE)
    assert is_protected_path(b"/etc/passwd", "linux", Action.REMOVE_LINE)


@pytest.mark.parametrize(
    ("text", "entry", "left"),
    [
        ("a.dll,b.dll", "a.dll", "b.dll"),
        ("a.dll, b.dll ,c.dll", "b.dll", "a.dll,c.dll"),
        ("a.dll b.dll", "b.dll", "a.dll"),
        ("a;b;", "b", "a;"),
        ("C:\\u.exe,C:\\x y.exe,", "C:\\x y.exe", "C:\\u.exe,"),
        ("a", "a", ""),
    ],
)
def test_an_entry_of_a_text_goes_with_one_separator(text: str, entry: str, left: str) -> None:
    value = RegistryValue("v", EXPAND_SZ, f"{text}\0".encode("utf-16-le"))
    without = without_entries(value, [entry])
    assert without == RegistryValue("v", EXPAND_SZ, f"{left}\0".encode("utf-16-le"))


@pytest.mark.parametrize("data", [b"", b"a", b"\0\xd8", b"a\0\0"])
def test_an_entry_that_is_not_there_is_not_taken(data: bytes) -> None:
    for type_ in (SZ, MULTI_SZ, DWORD):
        assert without_entries(RegistryValue("v", type_, data), ["x"]) is None


def test_other_entries_keep_bytes_that_are_no_text() -> None:
    odd = "\ud800".encode("utf-16-le", "surrogatepass")
    value = RegistryValue("v", MULTI_SZ, odd + b"\0\0" + b"x\0\0\0" + b"\0\0")
    assert without_entries(value, ["x"]) == RegistryValue("v", MULTI_SZ, odd + b"\0\0\0\0")


def test_wishes_about_one_value_and_below_a_key_that_goes_become_one_edit() -> None:
    value = RegistryValue("list", SZ, "a,b,c\0".encode("utf-16-le"))
    wishes = [TakeEntry("K", value, "a"), TakeEntry("k", value, "c"), TakeEntry("K", value, "a")]
    assert settled(wishes) == (SetValue("K", RegistryValue("list", SZ, "b\0".encode("utf-16-le"))),)
    assert settled([*wishes, DeleteValue("K\\below", "x"), DeleteKey("k")]) == (DeleteKey("k"),)
    assert settled([SetValue("K", value), DeleteValue("k", "LIST")]) == (DeleteValue("k", "LIST"),)


def test_a_hive_full_of_findings_is_edited_up_to_a_measure_and_the_rest_is_said(
    host: WindowsHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "MAX_REQUESTED_BYTES", 1000)
    plan = _plan(host, *registry_findings(host.registry))
    assert plan.steps
    assert plan.held
    assert {held.hold for held in plan.held} == {SkipReason.UNREACHABLE}
    assert not plan.findings & {held.finding.id for held in plan.held}


def test_one_list_beyond_measure_does_not_hold_what_else_is_found_in_its_hive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "MAX_REQUESTED_BYTES", 1000)
    winlogon = WINLOGON.removeprefix("HKLM\\SOFTWARE\\")
    plant(tmp_path, software={winlogon: {"Long": (SZ, f"qzk.exe,{'x' * 900}"), "Qzk": (SZ, "qzk.exe")}})
    host = mounted_windows(tmp_path)
    long = of_value(host.registry, WINLOGON, "Long", Action.REMOVE_ENTRY, entry="qzk.exe")
    plan = _plan(host, long, of_value(host.registry, WINLOGON, "Qzk", Action.REMOVE_VALUE))
    assert [held.finding for held in plan.held] == [long]
    assert list(_edits(plan).values()) == [(DeleteValue(WINLOGON, "Qzk"),)]


def test_the_brake_stops_a_plan_that_changes_very_much_of_the_registry(
    host: WindowsHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = registry_findings(host.registry)
    plan = _plan(host, *found)
    check_brake(plan, found)
    monkeypatch.setattr("quetsach.endpoint.plan.plan.MAX_EDITS", 5)
    with pytest.raises(MassBrakeError, match="changes of the registry") as caught:
        check_brake(plan, found)
    assert (caught.value.limit, caught.value.count > 5) == ("registry", True)


def test_a_step_on_the_registry_comes_back_from_its_journal_form(host: WindowsHost) -> None:
    for step in _plan(host, *windows_findings(host.tree.root)).steps:
        assert Step.from_json(step.as_json()) == step


def test_an_entry_that_is_white_space_is_left_where_another_is_taken_out() -> None:
    value = RegistryValue("v", SZ, "0 \r\0".encode("utf-16-le"))
    assert without_entries(value, ["0"]) == RegistryValue("v", SZ, "\r\0".encode("utf-16-le"))
