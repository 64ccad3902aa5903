"""What commands and paths of Windows name on the disk."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quetsach.endpoint.host.windows_path import (
    LONGEST,
    MOST_PATHS,
    OTHER_DRIVES,
    expanded,
    files_named,
    machine_environment,
    named_file,
    path_of,
    user_environment,
)

MACHINE = machine_environment()
AN = user_environment(MACHINE, r"C:\Users\An")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (r"C:\Windows\x.exe", b"/Windows/x.exe"),
        (r"c:/Windows/x.exe", b"/Windows/x.exe"),
        (r"\??\C:\x.sys", b"/x.sys"),
        (r"\\?\C:\x.sys", b"/x.sys"),
        (r"\\.\C:\x.sys", b"/x.sys"),
        (r"\SystemRoot\System32\drivers\x.sys", b"/Windows/System32/drivers/x.sys"),
        (r"System32\drivers\x.sys", b"/Windows/System32/drivers/x.sys"),
        (r"\Device\HarddiskVolume3\x\y.exe", b"/x/y.exe"),
        (r"\\?\GLOBALROOT\Device\HarddiskVolume3\x.exe", b"/x.exe"),
        (r"\\?\GLOBALROOT\SystemRoot\x.exe", b"/Windows/x.exe"),
        (r"\\?\Volume{01234567-89ab-cdef-0123-456789abcdef}\x.exe", b"/x.exe"),
        (r"C:\a\..\..\b\.\x.exe. ", b"/b/x.exe"),
        (r"\x.exe", b"/x.exe"),
        (r"D:\x.exe", None),
        (r"\\server\share\x.exe", None),
        (r"\\?\UNC\server\share\x.exe", None),
        ("x.exe", None),
        ("", None),
    ],
)
def test_a_path_of_windows_is_a_path_of_the_tree(text: str, path: bytes | None) -> None:
    assert path_of(text, MACHINE) == path


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (r'"C:\Program Files\a b\x.exe" /quiet', b"/Program Files/a b/x.exe"),
        (r"C:\Program Files\a b\x.exe -k netsvcs", b"/Program Files/a b/x.exe"),
        (r"C:\Program Files\x.exe", b"/Program.exe"),  # what Windows tries first
        (r"C:\tools\run", b"/tools/run.exe"),
        (r"%windir%\system32\svchost.exe -k x", b"/Windows/system32/svchost.exe"),
        (r"rundll32.exe C:\Users\An\AppData\x y.dll,Start 1", b"/Users/An/AppData/x y.dll"),
        (r'rundll32 "%APPDATA%\x.dat",#1', b"/Users/An/AppData/Roaming/x.dat"),
        ("rundll32 evil.dll,Start", b"/windows/system32/evil.dll"),
        ("explorer.exe", b"/windows/explorer.exe"),
        (r'cmd /c start "" "C:\ProgramData\x.bat"', b"/ProgramData/x.bat"),
        (r"regsvr32 /s /n /u /i:C:\ProgramData\x.sct scrobj.dll", b"/ProgramData/x.sct"),
        (r"powershell -w hidden -File $env:TEMP\a.ps1", b"/Users/An/AppData/Local/Temp/a.ps1"),
        (r"wscript.exe //B C:\ProgramData\ảnh cưới.vbs", "/ProgramData/ảnh cưới.vbs".encode()),
        (r"C:\ProgramData\a.txt:evil.exe", b"/ProgramData/a.txt"),
        (r"C:\ProgramData\a.txt:evil.exe", b"/ProgramData/a.txt:evil.exe"),
        (r"C:\x.exe,C:\y.exe", b"/y.exe"),
        (r"\??\C:\Windows\system32\drivers\x.sys", b"/Windows/system32/drivers/x.sys"),
        ('"C:\\a\\   \\...\\\u202ex\\y.exe" <', "/a/   /.../\u202ex/y.exe".encode()),
        ('"C:\\a\\   \\...\\\u202ex\\y.exe" <', "/a/\u202ex/y.exe".encode()),
        ("C:\\a\\   \\...\\y.exe <", b"/a/   /.../y.exe"),
        (r"C:\x\n.", b"/x/n"),
        (r"C:\x\n.", b"/x/n."),
    ],
)
def test_a_command_names_its_program_and_the_files_in_its_arguments(command: str, named: bytes) -> None:
    assert named in files_named(command, AN)


@pytest.mark.parametrize(
    "command",
    [
        "rundll32.exe ~$WQIX.FAT,crys lsdfs",
        "RUNDLL32 ~$WQIX.FAT,crys",
        '"C:\\Windows\\System32\\rundll32.exe" "~$WQIX.FAT",crys',
        "cmd /c rundll32 ~$WQIX.FAT,crys",
    ],
)
def test_the_library_of_rundll32_has_any_ending_and_may_lie_beside_its_shortcut(command: str) -> None:
    long_path = {**AN, "PATH": ";".join(rf"C:\tools\{number}" for number in range(12))}
    assert b"/~$WQIX.FAT" in files_named(command, long_path, folder="C:\\")


def test_the_program_comes_first() -> None:
    assert files_named(r'"C:\a.exe" C:\b.dll', AN)[0] == b"/a.exe"


@pytest.mark.parametrize("name", ["sâu.exe", r"RECYCLER\sâu.exe", "RECYCLER/sâu.exe"])
def test_a_relative_name_is_meant_in_the_folder_that_is_given(name: str) -> None:
    path = "/" + name.replace("\\", "/")
    assert path.encode() in files_named(f"{name} /x", AN, folder="C:\\")
    assert f"/a b{path}".encode() in files_named(f"{name} /x", AN, folder=r"C:\a b")


def test_a_library_of_any_ending_is_found_in_its_folder() -> None:
    command = r"RunDll32.EXE .\RECYCLER\S-5-3-42\jwgkvsq.vmx,ahaezedrn"
    assert b"/RECYCLER/S-5-3-42/jwgkvsq.vmx" in files_named(command, AN, folder="C:\\")


def test_a_no_break_space_is_a_name_and_parts_no_words() -> None:
    named = files_named("rundll32.exe \u00a0\\~$WAJKLO.FAT32,crys", AN, folder="C:\\")
    assert "/\u00a0/~$WAJKLO.FAT32".encode() in named


def test_other_drives_and_machines_are_not_of_the_tree() -> None:
    assert files_named(r"D:\x.exe \\server\share\y.exe", AN) == ()


def test_a_variable_that_does_not_exist_stays() -> None:
    assert expanded(r"%nope%\%SystemRoot%", MACHINE) == r"%nope%\C:\Windows"


def test_a_command_of_many_paths_costs_little() -> None:
    assert len(files_named("C:\\a " * 20_000, AN)) <= MOST_PATHS
    assert len(files_named("C:\\" * 20_000, {**AN, "PATH": "C:\\x;" * 20_000})) <= MOST_PATHS
    assert len(expanded("%A%" * 10_000, {"A": "x" * 2_000})) == LONGEST


@example("\\.:")
@given(st.text() | st.from_regex(r"[\"\\%:. a-c]{0,40}"))
def test_any_text_names_only_absolute_paths_without_dots(command: str) -> None:
    for path in files_named(command, AN):
        assert path.startswith(b"/")
        assert b"\0" not in path
        assert not {b"..", b"."} & set(path.split(b"/"))


def test_other_drives_are_of_a_tree_that_has_them() -> None:
    environment = {**machine_environment(), OTHER_DRIVES: "DE"}
    assert files_named("d:\\a b\\x.exe /q", environment)[:1] == (b"/D:/a",)
    assert b"/D:/a b/x.exe" in files_named("d:\\a b\\x.exe /q", environment)
    assert path_of("E:\\x.vbs", environment) == b"/E:/x.vbs"
    assert path_of("F:\\x.vbs", environment) is None
    assert path_of("D:\\x.vbs", machine_environment()) is None
    assert files_named("x.vbs", environment, folder="D:\\")[:1] == (b"/D:/x.vbs",)
    assert named_file("D:\\x.txt:evil.exe", environment) == (b"/D:/x.txt:evil.exe", b"/D:/x.txt")
    assert named_file("D:\\", environment) == ()


def test_a_name_that_is_known_to_be_one_is_taken_whole() -> None:
    environment = machine_environment()
    assert named_file("%SYSTEMROOT%\\a b, c.dat", environment) == (b"/Windows/a b, c.dat",)
    assert named_file("tro choi.vbs", environment, folder="C:\\Users\\An")[0] == b"/Users/An/tro choi.vbs"
    assert named_file("", environment) == ()
    assert named_file("http://203.0.113.7/x.hta", environment) == ()
