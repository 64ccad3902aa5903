"""A user who may not see the processes of others can still scan."""

import os

import pytest

from quetsach.endpoint.collect import running
from quetsach.endpoint.host.posix import processes
from quetsach.endpoint.host.posix.linux import live_host


def test_processes_that_the_system_hides_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = processes._read

    def refuse(path: bytes, limit: int) -> bytes:
        if not path.startswith(b"/proc/%d/" % os.getppid()):
            raise PermissionError(1, "Operation not permitted")
        return real(path, limit)

    monkeypatch.setattr(processes, "_read", refuse)
    assert [artefact.fields["pid"] for artefact in running.read_processes(live_host())] == [str(os.getppid())]
