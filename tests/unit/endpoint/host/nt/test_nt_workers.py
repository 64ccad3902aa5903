"""Workers of Windows are in a job before they run, and what they hold is bound while a library is called."""

import time
from collections.abc import Sequence

import pytest
from tests.fake_windows_processes import Played, PlayedCalls
from tests.waiting import until

from quetsach.endpoint.host.nt.jobs import MOST_RESIDENT_BYTES, NtMemoryBound, OwnJob, Workers, little_resident
from quetsach.endpoint.host.nt.process_calls import SUSPEND, TERMINATE

COMMAND = ("python", "-m", "worker")


class PlayedWorker:
    """A started process, and our end of its pipe."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.deeds: list[str] = []

    def kill(self) -> None:
        self.deeds.append("killed")

    def wait(self) -> int:
        self.deeds.append("waited")
        return 1

    def close(self) -> None:
        self.deeds.append("closed")

    def send(self, message: object, /) -> None: ...
    def recv(self) -> None: ...
    def poll(self, seconds: float, /) -> bool:
        return False


class PlayedJobs:
    """Satisfies ``JobCalls``; its processes are those of a played system."""

    def __init__(self, calls: PlayedCalls) -> None:
        self.calls = calls
        self.limits: dict[int, list[tuple[bool, int | None]]] = {}
        self.members: list[tuple[int, int, bool]] = []
        self.started: list[PlayedWorker] = []
        self.refuses = False
        self.resident = 50
        self.given_back: list[int] = []

    def start_suspended(self, command: Sequence[str]) -> tuple[PlayedWorker, PlayedWorker]:
        assert command == COMMAND
        worker = PlayedWorker(500 + len(self.started))
        self.started.append(worker)
        self.calls.processes.append(Played(worker.pid, started=1, threads=[1]))
        return worker, worker

    def new_job(self) -> int:
        self.limits[len(self.limits)] = []
        return len(self.limits) - 1

    def limit(self, job: int, *, ends_with_us: bool, most_bytes: int | None) -> None:
        self.limits[job].append((ends_with_us, most_bytes))

    def put_in(self, job: int, process: int) -> None:
        if self.refuses:
            raise PermissionError(13, "Access is denied")
        if process == -1:
            self.members.append((job, -1, True))
            return
        played, access = self.calls.handles[process]
        assert access & (TERMINATE | 0x100) == TERMINATE | 0x100
        self.members.append((job, played.pid, all(played.threads)))

    def own_process(self) -> int:
        return -1

    def held_bytes(self) -> int:
        return 1000

    def resident_bytes(self) -> int:
        return self.resident

    def give_back_pages(self) -> None:
        self.given_back.append(self.resident)
        self.resident = 0


@pytest.fixture
def jobs() -> PlayedJobs:
    """A system without processes."""
    return PlayedJobs(PlayedCalls())


def test_workers_stand_still_until_they_are_in_the_one_job_that_ends_them(jobs: PlayedJobs) -> None:
    workers = Workers(jobs.calls, jobs)
    started = [workers.start(COMMAND) for _ in range(2)]
    assert jobs.members == [(0, 500, True), (0, 501, True)]
    assert jobs.limits == {0: [(True, None)]}
    assert [played.threads for played in jobs.calls.processes] == [[0], [0]]
    for worker in started:
        worker.close()
    assert jobs.calls.handles == {}
    assert [worker.deeds for worker in jobs.started] == [["killed", "closed", "waited"]] * 2


def test_a_worker_that_cannot_be_put_into_the_job_does_not_run(jobs: PlayedJobs) -> None:
    jobs.refuses = True
    with pytest.raises(PermissionError):
        Workers(jobs.calls, jobs).start(COMMAND)
    assert jobs.started[0].deeds[:2] == ["killed", "closed"]
    assert jobs.calls.processes[0].threads == [1]
    assert jobs.calls.handles == {}


def test_a_worker_stands_still_and_goes_on(jobs: PlayedJobs) -> None:
    worker = Workers(jobs.calls, jobs).start(COMMAND)
    [played] = jobs.calls.processes
    worker.stop()
    assert played.threads == [1]
    worker.go_on()
    assert played.threads == [0]
    worker.go_on()  # one that was started during the pause was never stopped
    assert played.threads == [0]
    assert next(iter(jobs.calls.handles.values()))[1] & SUSPEND
    worker.close()


def test_memory_is_bound_only_while_a_library_is_called(jobs: PlayedJobs) -> None:
    own = OwnJob(jobs)
    bound = NtMemoryBound(500, jobs, own.get)
    with bound:
        assert jobs.limits == {0: [(False, 1500)]}
    with bound:
        pass
    assert jobs.limits == {0: [(False, 1500), (False, None)] * 2}
    NtMemoryBound(1, jobs, own.get)
    assert jobs.members == [(0, -1, True)]


def test_pages_are_given_back_when_they_are_many_more_than_before(jobs: PlayedJobs) -> None:
    with little_resident(jobs):
        jobs.resident = 50 + MOST_RESIDENT_BYTES
        time.sleep(0.1)
        assert jobs.given_back == []
        jobs.resident += 1
        until(lambda: jobs.given_back)
    assert jobs.given_back == [51 + MOST_RESIDENT_BYTES]
