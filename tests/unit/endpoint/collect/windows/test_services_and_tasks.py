"""Services, scheduled tasks and jobs: what they run, under which name, and which hide."""

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from tests.live_windows import LiveWindows
from tests.unit.endpoint.collect.windows.drive import collected, everything

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, FileAnchor, RegistryAnchor
from quetsach.endpoint.collect import persistence_entries
from quetsach.endpoint.collect.windows.tasks import TaskAction, parse_actions, parse_job, parse_task
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.packs.specimen.formats import build_actions, build_job, build_task
from quetsach.packs.specimen.hive import BINARY, DWORD, EXPAND_SZ, MULTI_SZ, SZ


class Manager:
    """A service manager that knows these services, by their processes."""

    def __init__(self, known: dict[str, int]) -> None:
        self._known = known

    def listed(self) -> dict[str, int]:
        return self._known


CACHE = r"Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache"
NUMBER = "{11111111-2222-3333-4444-555555555555}"
SERVICES = r"ControlSet001\Services"


def test_a_service_in_a_shared_process_names_its_library_and_its_group(tmp_path: Path) -> None:
    found = collected(
        tmp_path,
        "services",
        system={
            rf"{SERVICES}\xkqzt": {
                "ImagePath": (EXPAND_SZ, r"%SystemRoot%\system32\svchost.exe -k netsvcs"),
                "Start": (DWORD, 2),
                "Type": (DWORD, 0x20),
                "ObjectName": (SZ, "LocalSystem"),
                "FailureCommand": (SZ, r"C:\again.exe"),
            },
            rf"{SERVICES}\xkqzt\Parameters": {"ServiceDll": (EXPAND_SZ, r"%SystemRoot%\system32\qkzjwf.dll")},
        },
        software={r"Microsoft\Windows NT\CurrentVersion\Svchost": {"netsvcs": (MULTI_SZ, ["Schedule", "XKQZT"])}},
        files={"Windows/System32/qkzjwf.dll": b"MZ", "again.exe": b"MZ"},
    )
    service = next(item for item in found if item.fields["name"] == "xkqzt")
    assert service.kind is ArtefactKind.SERVICE
    assert service.anchor == RegistryAnchor(r"HKLM\SYSTEM\CurrentControlSet\Services\xkqzt", None)
    assert service.fields["dll"] == r"%SystemRoot%\system32\qkzjwf.dll"
    assert (service.fields["svchost"], service.fields["start"], service.fields["account"]) == (
        *("netsvcs", "2"),
        "LocalSystem",
    )
    assert {b"/Windows/System32/svchost.exe", b"/Windows/System32/qkzjwf.dll", b"/again.exe"} <= set(service.refers_to)


def test_a_driver_without_a_path_is_the_file_that_the_kernel_takes(tmp_path: Path) -> None:
    found = collected(
        tmp_path,
        "services",
        system={rf"{SERVICES}\evildrv": {"Start": (DWORD, 0), "Type": (DWORD, 1), "Group": (SZ, "Boot Bus Extender")}},
        files={"Windows/System32/drivers/EVILDRV.SYS": b"MZ"},
    )
    driver = next(item for item in found if item.fields["name"] == "evildrv")
    assert b"/Windows/System32/drivers/EVILDRV.SYS" in driver.refers_to
    assert driver.fields["group"] == "Boot Bus Extender"


def test_a_key_of_settings_is_no_service(tmp_path: Path) -> None:
    found = collected(tmp_path, "services")
    assert "Tcpip" not in {item.fields["name"] for item in found}


def test_a_task_says_what_it_runs_and_when(tmp_path: Path) -> None:
    found = collected(
        tmp_path,
        "tasks",
        files={
            "Windows/System32/Tasks/Microsoft/Windows/Cập nhật": build_task(
                r"C:\ProgramData\evil.exe", "-x", author="An", hidden=True
            ),
            "ProgramData/evil.exe": b"MZ",
        },
    )
    task = found[0]
    assert task.fields["name"] == r"\Microsoft\Windows\Cập nhật"
    assert task.fields["command"] == r"C:\ProgramData\evil.exe -x"
    assert (task.fields["author"], task.fields["user"], task.fields["trigger"]) == ("An", "S-1-5-18", "LogonTrigger")
    assert (task.fields["hidden"], task.fields["enabled"]) == ("yes", "yes")
    assert task.refers_to == (b"/ProgramData/evil.exe",)
    assert isinstance(task.anchor, FileAnchor)


def test_a_task_without_descriptor_in_the_registry_is_marked(tmp_path: Path) -> None:
    found = collected(
        tmp_path,
        "tasks",
        software={
            rf"{CACHE}\Tree\Quiet": {"Id": (SZ, NUMBER)},
            rf"{CACHE}\Tree\Open": {"Id": (SZ, NUMBER), "SD": (BINARY, b"\1")},
        },
        files={"Windows/System32/Tasks/quiet": build_task("a.exe"), "Windows/System32/Tasks/Open": build_task("b.exe")},
    )
    assert {item.fields["name"]: item.fields["hidden"] for item in found} == {r"\quiet": "descriptor", r"\Open": "no"}


def test_a_task_that_only_the_registry_has_runs_what_the_registry_keeps(tmp_path: Path) -> None:
    handler = "01234567-89AB-CDEF-0123-456789ABCDEF"
    found = collected(
        tmp_path,
        "tasks",
        software={
            rf"{CACHE}\Tree\Ghost": {"Id": (SZ, NUMBER), "SD": (BINARY, b"\1")},
            rf"{CACHE}\Tasks\{NUMBER}": {
                "Path": (SZ, r"\Ghost"),
                "Actions": (BINARY, build_actions(r"C:\evil.exe", "-q", handler=handler)),
            },
            rf"Classes\CLSID\{{{handler}}}\InprocServer32": {"": (SZ, r"C:\evil.dll")},
        },
        files={"evil.exe": b"MZ", "evil.dll": b"MZ"},
    )
    assert [item.fields["hidden"] for item in found] == ["registry"]
    ghost = found[0]
    assert ghost.fields["command"] == r"C:\evil.exe -q"
    assert ghost.fields["server"] == r"C:\evil.dll"
    assert ghost.anchor == RegistryAnchor(rf"HKLM\SOFTWARE\{CACHE}\Tree\Ghost", None)
    assert ghost.refers_to == (b"/evil.exe", b"/evil.dll")


def test_a_record_of_a_task_that_no_name_leads_to_is_found(tmp_path: Path) -> None:
    record = {rf"{CACHE}\Tasks\{NUMBER}": {"Path": (SZ, r"\Lost"), "Actions": (BINARY, build_actions("evil.exe"))}}
    found = collected(tmp_path, "tasks", software=record)
    assert [(item.fields["name"], item.fields["hidden"], item.fields["command"]) for item in found] == [
        (r"\Lost", "descriptor", "evil.exe")
    ]


def test_a_file_that_is_no_task_is_named(tmp_path: Path) -> None:
    found = everything(tmp_path, "tasks", files={"Windows/System32/Tasks/x": b"junk"})
    assert found == [ScanIssue(b"/Windows/System32/Tasks/x", Reason.DAMAGED)]


def test_tasks_below_too_many_folders_are_named(tmp_path: Path) -> None:
    deep = "Windows/System32/Tasks/" + "/".join("d" * 20) + "/x"
    found = everything(tmp_path, "tasks", files={deep: build_task("a.exe")})
    assert [item.reason for item in found if isinstance(item, ScanIssue)] == [Reason.OVERFULL]


def test_a_job_of_the_old_scheduler_is_read(tmp_path: Path) -> None:
    job = build_job("rundll32.exe", r"C:\Windows\system32\x.dll,abc", author="SYSTEM", flags=0x200, triggers=[2, 7])
    found = collected(tmp_path, "jobs", files={"Windows/Tasks/At1.JOB": job, "Windows/System32/x.dll": b"MZ"})
    assert found[0].fields["name"] == "At1.JOB"
    assert found[0].fields["command"] == r"rundll32.exe C:\Windows\system32\x.dll,abc"
    assert (found[0].fields["hidden"], found[0].fields["trigger"]) == ("yes", "weekly logon")
    assert b"/Windows/System32/x.dll" in found[0].refers_to


def test_a_job_keeps_its_folder_and_whether_it_runs() -> None:
    job = parse_job(build_job("a.exe", folder="C:\\x", flags=0x4))
    assert job is not None
    assert (job.program, job.folder, job.is_enabled, job.is_hidden) == ("a.exe", "C:\\x", False, False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_task_is_read_whatever_its_declaration_claims(encoding: str) -> None:
    text = build_task("evil.exe").decode("utf-16")
    task = parse_task(text.encode(encoding))
    assert task is not None
    assert task.actions == (TaskAction("evil.exe"),)


def test_a_handler_of_com_is_an_action() -> None:
    body = "<Task><Actions><ComHandler><ClassId>{X}</ClassId></ComHandler></Actions></Task>"
    task = parse_task(body.encode())
    assert task is not None
    assert task.actions == (TaskAction(handler="{X}"),)


@pytest.mark.parametrize(
    "bomb",
    [
        '<!DOCTYPE Task [<!ENTITY a "b">]><Task>&a;</Task>',
        '<!DOCTYPE Task SYSTEM "file:///etc/passwd"><Task/>',
        "<Task>" + "<a>" * 40 + "</a>" * 40 + "</Task>",
        "<Task>" + "<a/>" * 6_000 + "</Task>",
        "<Task>" + "x" * 70_000 + "</Task>",
        "<Other/>",
        "<Task>",
        "",
    ],
)
def test_xml_that_no_task_has_is_refused(bomb: str) -> None:
    assert parse_task(bomb.encode()) is None


def test_actions_of_windows_8_have_no_author() -> None:
    def counted(text: str) -> bytes:
        raw = text.encode("utf-16-le")
        return struct.pack("<I", len(raw)) + raw

    blob = b"\1\0" + b"\x66\x66" + counted("") + counted("cmd.exe") + counted("/c x") + counted("c:\\w")
    assert parse_actions(blob) == (TaskAction("cmd.exe /c x", folder="c:\\w"),)


def test_services_that_share_endless_data_are_left_at_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.endpoint.collect.windows.registry.MOST_READ_BYTES", 1_000)
    many = {rf"{SERVICES}\s{number}": {"ImagePath": (SZ, "x" * 100)} for number in range(20)}
    found = everything(tmp_path, "services", system=many)
    assert ScanIssue(b"/Windows/System32/config/SYSTEM", Reason.OVERFULL) in found
    assert len(found) < 10


def test_endless_commands_are_left_at_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.endpoint.collect.reading.MOST_COMMAND_CHARACTERS", 1_000)
    many = {rf"{SERVICES}\s{number}": {"ImagePath": (SZ, f"C:\\{number}" * 100)} for number in range(20)}
    found = everything(tmp_path, "services", system=many)
    assert ScanIssue(b"/Windows/System32/config/SYSTEM", Reason.OVERFULL) in found
    assert len(found) > 20


def test_a_key_too_large_to_be_read_whole_hides_no_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.endpoint.host.hive.MAX_KEY_BYTES", 5_000)
    program = (SZ, r"C:\x.exe")
    bloated = {
        rf"{SERVICES}\a": {"ImagePath": program, "y": (SZ, "x" * 3_000)},
        rf"{SERVICES}\b": {"ImagePath": program},
    }
    found = everything(tmp_path, "services", system=bloated)
    names = {item.fields["name"] for item in found if not isinstance(item, ScanIssue)}
    assert names >= {"a", "b"}


def test_settings_of_a_service_of_the_wrong_type_are_shown_as_they_are(tmp_path: Path) -> None:
    odd = {rf"{SERVICES}\odd": {"Type": (SZ, "9" * 5_000), "Start": (BINARY, b"\2"), "ImagePath": (DWORD, 7)}}
    found = collected(tmp_path, "services", system=odd)
    service = next(item for item in found if item.fields["name"] == "odd")
    assert (service.fields["start"], service.fields["command"]) == ("02", "7")


def test_a_running_service_has_its_process_and_one_without_a_key_is_hidden(tmp_path: Path) -> None:
    windows = LiveWindows(tmp_path / "root")
    host = replace(windows.host(), services=Manager({"QZKVXW": 77, "GHOST": 88}))
    services = {
        item.fields["name"]: item.fields
        for item in persistence_entries(host)
        if isinstance(item, Artefact) and item.kind is ArtefactKind.SERVICE
    }
    assert (services["qzkvxw"]["pid"], services["qzkvxw"]["hidden"]) == ("77", "no")
    assert (services["wuauserv"]["pid"], services["wuauserv"]["hidden"]) == ("", "no")
    assert (services["GHOST"]["pid"], services["GHOST"]["hidden"], services["GHOST"]["command"]) == ("88", "yes", "")
