"""The task scheduler of the running Windows is asked through its classes of COM."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from quetsach.endpoint.host.nt.ffi.com import NativeTasks, NotThereError
from quetsach.endpoint.host.nt.services import NtTasks

TASKS = Path(os.environ["SYSTEMROOT"]) / "System32" / "Tasks"
XML = """<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
<Actions><Exec><Command>C:\\windows\\notepad.exe</Command></Exec></Actions></Task>"""


@pytest.fixture(params=["", "Thư mục\\"])
def task(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A task, in the folder of all and in one of its own."""
    name = f"\\{request.param}Cập nhật {uuid.uuid4().hex[:8]}"
    (tmp_path / "task.xml").write_text(XML, "utf-8")
    command = ["schtasks", "/create", "/tn", name, "/xml", str(tmp_path / "task.xml")]
    subprocess.run(command, check=True, capture_output=True)
    assert (TASKS / name[1:]).is_file()
    yield name
    (TASKS / name[1:]).unlink(missing_ok=True)


def test_a_task_is_known_until_it_is_deleted(task: str) -> None:
    calls = NativeTasks()
    folder, _, name = task.rpartition("\\")
    assert calls.knows(folder or "\\", name)
    assert not NtTasks(calls).forget(task)
    assert not calls.knows(folder or "\\", name)
    assert not (TASKS / task[1:]).exists()


def test_a_task_that_nobody_has_is_none() -> None:
    calls = NativeTasks()
    assert not calls.knows("\\", "no such task")
    assert not calls.knows("\\no such folder", "x")
    with pytest.raises(NotThereError):
        calls.delete("\\", "no such task")
    assert not NtTasks(calls).forget("\\no such task")
