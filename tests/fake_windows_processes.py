"""Processes of a Windows that is played: what Wine cannot do (protected, critical, paged out) is done here."""

import errno
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from quetsach.endpoint.host.nt.process_calls import (
    QUERY_LITTLE,
    SYNCHRONIZE,
    ListedProcess,
    Region,
)

BLOCK, PARAMETERS, TEXTS = 0x10_0000, 0x20_0000, 0x30_0000


@dataclass(slots=True, eq=False)
class Played:
    """One process of the played system."""

    pid: int
    started: int
    parent: int = 0
    name: str = "x.exe"
    image: str = r"C:\x.exe"
    command: str | None = None
    owner: str = "S-1-5-18"
    threads: list[int] = field(default_factory=lambda: [0, 0])
    is_protected: bool = False
    is_critical: bool = False
    stays_critical: bool = False
    is_ended: bool = False
    dies_hard: bool = False
    image_matches: bool | None = True
    modules: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    pages: Mapping[int, int] | None = None
    memory: dict[int, bytes] = field(default_factory=dict)
    thread_born_on_suspend: bool = False

    def start_with(self, command_line: str, folder: str) -> None:
        """Write into its memory what it was started with."""
        command, cwd = (text.encode("utf-16-le", "surrogatepass") for text in (command_line, folder))
        self.memory |= {
            BLOCK + 0x20: PARAMETERS.to_bytes(8, "little"),
            PARAMETERS + 0x38: _counted(cwd, TEXTS),
            PARAMETERS + 0x70: _counted(command, TEXTS + 0x10000),
            TEXTS: cwd,
            TEXTS + 0x10000: command,
        }


def _counted(text: bytes, at: int) -> bytes:
    return len(text).to_bytes(2, "little") * 2 + bytes(4) + at.to_bytes(8, "little")


class PlayedCalls:
    """Satisfies ``ProcessCalls``. ``handles`` are those that are open: an act that forgets one is seen."""

    def __init__(self, *processes: Played) -> None:
        self.processes = list(processes)
        self.handles: dict[int, tuple[Played, int]] = {}
        self.opened = 0
        self.tables = {"tcp": b"", "tcp6": b"", "udp": b"", "udp6": b""}
        self.boot = 1
        self.ended: list[int] = []

    def listed(self) -> Sequence[ListedProcess]:
        return [ListedProcess(p.pid, p.parent, p.started, p.name) for p in self.processes if not p.is_ended]

    def open(self, pid: int, access: int) -> int:
        found = next((p for p in reversed(self.processes) if p.pid == pid), None)
        if found is None:
            raise ProcessLookupError(errno.ESRCH, "none")
        if found.is_protected and access & ~(QUERY_LITTLE | SYNCHRONIZE):
            raise PermissionError(errno.EACCES, "Access is denied")
        self.opened += 1
        self.handles[self.opened] = (found, access)
        return self.opened

    def close(self, process: int) -> None:
        del self.handles[process]

    def _of(self, process: int, access: int = 0) -> Played:
        found, granted = self.handles[process]
        assert granted & access == access, f"{granted:#x} does not grant {access:#x}"
        return found

    def started(self, process: int) -> int:
        return self._of(process, 0).started

    def has_ended(self, process: int, wait_seconds: float = 0.0) -> bool:
        return self._of(process, SYNCHRONIZE).is_ended

    def image_name(self, process: int) -> str:
        return self._of(process).image

    def command_line(self, process: int) -> str | None:
        return self._of(process).command

    def block(self, process: int) -> int:
        return BLOCK

    def read(self, process: int, address: int, size: int) -> bytes:
        for start, content in self._of(process, 0x10).memory.items():
            if start <= address < start + len(content):
                return content[address - start :][:size]
        return b""

    def owner(self, process: int) -> str:
        return self._of(process).owner

    def is_image(self, process: int, descriptor: int) -> bool | None:
        return self._of(process).image_matches

    def modules(self, pid: int) -> Sequence[str]:
        return next(p.modules for p in self.processes if p.pid == pid)

    def suspend_counts(self, process: int) -> Sequence[int]:
        return list(self._of(process, 0x400).threads)

    def suspend(self, process: int) -> None:
        played = self._of(process, 0x800)
        played.threads = [count + 1 for count in played.threads]
        if played.thread_born_on_suspend:
            played.thread_born_on_suspend = False
            played.threads.append(0)

    def resume(self, process: int) -> None:
        played = self._of(process, 0x800)
        played.threads = [max(count - 1, 0) for count in played.threads]

    def is_critical(self, process: int) -> bool:
        return self._of(process).is_critical

    def make_ordinary(self, process: int) -> None:
        played = self._of(process, 0x200)
        played.is_critical = played.stays_critical

    def terminate(self, process: int) -> None:
        played = self._of(process, 0x1)
        assert not played.is_critical, "the system has stopped"
        self.ended.append(played.started)
        played.is_ended = not played.dies_hard

    def regions(self, process: int) -> Iterator[Region]:
        yield from self._of(process, 0x400).regions

    def mapped_name(self, process: int, address: int) -> str:
        return self._of(process).names.get(address, "")

    def page_states(self, process: int, addresses: Sequence[int]) -> Sequence[int] | None:
        pages = self._of(process).pages
        return None if pages is None else [pages.get(address, 0) for address in addresses]

    def tcp(self, *, is_new: bool) -> bytes:
        return self.tables["tcp6" if is_new else "tcp"]

    def udp(self, *, is_new: bool) -> bytes:
        return self.tables["udp6" if is_new else "udp"]

    def boot_time(self) -> int:
        return self.boot

    def drives(self) -> Mapping[str, str]:
        return {r"\Device\HarddiskVolume3": "C:", r"\Device\HarddiskVolume7": "D:"}
