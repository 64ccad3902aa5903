"""What every system promises of worker processes, kept by the running Windows; and what only Windows can."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.integration.endpoint.contract import test_worker_contract

from quetsach.endpoint.host.disk import named
from quetsach.endpoint.host.live import open_mounted, running_processes

_SAME_EVERYWHERE = ("test_a_large_file_that_ends_its_reader_is_named", "test_a_counter_that_does_not_start_is_said")
for _name, _one in vars(test_worker_contract).items():
    if _name.startswith(("test_", "_straight_to_workers")) and _name not in _SAME_EVERYWHERE:
        globals()[_name] = _one


def test_an_open_file_is_held_while_it_is_matched_by_its_name(tmp_path: Path) -> None:
    large = tmp_path / "tệp lớn"
    large.write_bytes(bytes(9 << 20) + b"needle")
    descriptor = open_mounted(tmp_path).tree.open_read("/tệp lớn".encode())
    with named(descriptor) as name:
        assert Path(name).stat().st_size == large.stat().st_size
        for deed in (large.unlink, lambda: large.rename(tmp_path / "other"), lambda: large.open("ab")):
            with pytest.raises(PermissionError):
                deed()
    os.close(descriptor)
    large.unlink()


def test_no_worker_outlives_the_process_that_started_it() -> None:
    starting = (
        "import os, sys\nfrom quetsach.endpoint.host.live import start_worker\n"
        "worker = start_worker([sys.executable, '-P', '-c', 'import time; time.sleep(600)'])\n"
        "print(worker._process.pid, flush=True)\nos._exit(0)"
    )
    told = subprocess.run([sys.executable, "-P", "-c", starting], capture_output=True, check=True)
    processes, pid = running_processes(), int(told.stdout)
    until = time.monotonic() + 10
    while processes.read(pid) is not None:
        assert time.monotonic() < until
        time.sleep(0.05)
