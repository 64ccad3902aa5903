"""What a program holds goes with the restart of Windows, is awaited after it, and comes back as it was."""

import shutil

from tests.windows.bed.wine import SOURCE, Windows
from tests.windows.state import changes

DRIVER = f"{SOURCE}\\tests\\windows\\inside\\held_library.py"
LIBRARY = "C:\\ProgramData\\Giữ\\giữ.dll"


def test_a_held_library_goes_with_the_restart_and_comes_back(windows: Windows) -> None:
    library = windows.inside("C:\\py\\DLLs\\libffi-8.dll")
    held = windows.inside("C:\\ProgramData").joinpath(*LIBRARY.split("\\")[2:])
    held.parent.mkdir()
    shutil.copy2(library, held)
    before = windows.state()
    windows.python(DRIVER, "clean")
    assert held.exists()
    windows.reboot()
    assert not held.exists()
    windows.python(DRIVER, "look")
    assert windows.python(DRIVER, "undo").told == "restored\n"
    assert held.read_bytes() == library.read_bytes()
    told = [line for line in changes(before, windows.state()) if not line.startswith("C:\\qs-held")]
    assert told == []
