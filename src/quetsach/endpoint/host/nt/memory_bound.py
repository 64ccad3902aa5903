"""A bound on what a library may allocate while it is called: a job of this process alone that limits its memory."""

from collections.abc import Callable

from quetsach.endpoint.host.nt.job_calls import JobCalls


class NtMemoryBound:
    """While entered, this process may hold so many bytes more than when the bound was made.

    An allocation beyond it fails, which libraries in C report as an error. It is for their calls alone: the match
    engine would abort.
    """

    def __init__(self, size_bytes: int, calls: JobCalls, own_job: Callable[[], int]) -> None:
        self._calls = calls
        self._job = own_job()
        self._most_bytes = calls.held_bytes() + size_bytes

    def __enter__(self) -> None:
        self._calls.limit(self._job, ends_with_us=False, most_bytes=self._most_bytes)

    def __exit__(self, *_: object) -> None:
        self._calls.limit(self._job, ends_with_us=False, most_bytes=None)


class OwnJob:
    """The job of this process alone, made when it is first asked for."""

    def __init__(self, calls: JobCalls) -> None:
        self._calls = calls
        self._job: int | None = None

    def get(self) -> int:
        """Return it."""
        if self._job is None:
            self._job = self._calls.new_job()
            self._calls.put_in(self._job, self._calls.own_process())
        return self._job
