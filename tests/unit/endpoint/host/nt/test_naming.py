"""What people write of paths of Windows, and what the tree makes of it."""

import pytest

from quetsach.endpoint import ScanError
from quetsach.endpoint.host.nt.names import inside_path_of, tree_path_of

CURRENT = "D:\\Ảnh\\2026"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("C:\\Users\\An", "/Users/An"),
        ("c:/users//an/", "/users/an"),
        ("d:\\", "/D:"),
        ("D:", "/D:/Ảnh/2026"),
        ("C:", "/Users/An"),
        ("C:tệp.exe", "/Users/An/tệp.exe"),
        ("E:x", "/E:/x"),
        ("x.exe", "/D:/Ảnh/2026/x.exe"),
        (".", "/D:/Ảnh/2026"),
        ("", "/D:/Ảnh/2026"),
        ("..\\x", "/D:/Ảnh/x"),
        ("..\\..\\..\\x", "/D:/x"),
        ("\\Windows", "/D:/Windows"),
        ("/Windows", "/D:/Windows"),
        ("C:\\a.\\b \\c. . ", "/a/b/c"),
        ("C:\\a\\...\\b", "/a/b"),
        ("\\\\?\\C:\\a.\\b \\..", "/a./b /.."),
        ("\\\\.\\d:\\x", "/D:/x"),
        ("\\??\\C:\\x", "/x"),
        ("C:\\x.txt:stream", "/x.txt:stream"),
        ("C:\\lone \ud800", "/lone \ud800"),
    ],
)
def test_a_path_is_meant_as_windows_means_it(text: str, path: str) -> None:
    of_drive = {"C:": "C:\\Users\\An", "D:": CURRENT}.get(text[:2].upper(), "")
    found = tree_path_of(text, current=CURRENT, system_drive="C:", current_of_drive=of_drive)
    assert found.decode("utf-8", "surrogatepass") == path


@pytest.mark.parametrize(
    "text", ["\\\\server\\share\\x", "//server/share", "\\\\?\\UNC\\server\\share\\x", "\\??\\unc\\server\\x"]
)
def test_what_is_on_another_machine_is_said_to_be(text: str) -> None:
    with pytest.raises(ScanError, match="another machine"):
        tree_path_of(text, current=CURRENT, system_drive="C:")


@pytest.mark.parametrize("text", ["\\\\.\\PhysicalDrive0", "\\\\?\\Volume{x}\\a", "C:\\a\0b", "\\\\?\\GLOBALROOT\\x"])
def test_what_is_no_file_is_refused(text: str) -> None:
    with pytest.raises(ScanError, match="no file or folder"):
        tree_path_of(text, current=CURRENT, system_drive="C:")


def test_the_system_drive_may_be_any() -> None:
    assert tree_path_of("E:\\Windows", current=CURRENT, system_drive="e:") == b"/Windows"
    assert tree_path_of("C:\\x", current=CURRENT, system_drive="E:") == b"/C:/x"


@pytest.mark.parametrize(
    ("text", "path"),
    [("\\Users\\An", b"/Users/An"), ("Users/An", b"/Users/An"), ("C:\\Users", b"/Users"), ("", b"/"), ("/..", b"/")],
)
def test_of_a_drive_that_is_looked_at_the_letter_does_not_count(text: str, path: bytes) -> None:
    assert inside_path_of(text) == path
