"""What variables mean on a drive, by what stands on it."""

from pathlib import Path

import pytest

from quetsach.endpoint.collect.named_files import Removed
from quetsach.endpoint.collect.windows.commands import WindowsNames
from quetsach.endpoint.host.offline.windows import mounted_windows

HOME = b"/Documents and Settings/An"


@pytest.mark.parametrize(
    ("command", "home", "path"),
    [
        (r"%APPDATA%\x.exe", HOME, "Documents and Settings/An/Application Data/x.exe"),
        (r'"%temp%\x.exe" -s', HOME, "Documents and Settings/An/Local Settings/Temp/x.exe"),
        (r"%ALLUSERSPROFILE%\msx.exe", b"/", "Documents and Settings/All Users/msx.exe"),
    ],
)
def test_variables_of_windows_before_vista_mean_its_own_folders(
    tmp_path: Path, command: str, home: bytes, path: str
) -> None:
    (tmp_path / "Windows/System32/config").mkdir(parents=True)
    (tmp_path / "Documents and Settings/An/Application Data").mkdir(parents=True)
    there = tmp_path / path
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_bytes(b"MZ")
    host = mounted_windows(tmp_path)
    assert path.encode() in [found[1:] for found in WindowsNames(host, Removed(host)).files(command, home)]
