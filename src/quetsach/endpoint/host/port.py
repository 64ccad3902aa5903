"""What the endpoint tool needs of a machine; one back end for each kind of machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from quetsach.endpoint.host.files import Entry, Files, Folder
from quetsach.endpoint.host.process import Processes
from quetsach.endpoint.host.registry import Registry
from quetsach.endpoint.host.tree import Tree

# The service manager of a running system, as the tool uses it.


class Services(Protocol):
    """The service manager. Exit codes are not believed: the state is read again."""

    def is_active(self, unit: bytes) -> bool:
        """Return whether a unit is active, starting or stopping now."""

    def stop(self, unit: bytes) -> bool:
        """Stop a unit without letting it go on meanwhile. Returns whether it is inactive now."""

    def listed(self) -> Mapping[str, int]:
        """Return the units that the manager keeps by the registry, by name in capitals: the process of each, or 0."""

    def reload(self) -> None:
        """Make the service manager read its unit files again."""


# The task scheduler of a running system, as the tool uses it.


class Tasks(Protocol):
    """The task scheduler, which keeps in memory what its files and the registry say of tasks."""

    def forget(self, name: str) -> bool:
        r"""Have the scheduler forget a task (``\Microsoft\Windows\x``), whatever it removes of it.

        Returns whether the task can run until the next restart: the scheduler still knows it, or does not answer.
        """


# What a system does with files when it starts next, because they are in use until then.


class RestartQueue(Protocol):
    """The list of files that go at the next start. Others write into it, too: theirs stays as it is."""

    def remove(self, path: bytes) -> bool:
        """Put a file at the end of the list. Returns whether it is there now, behind all that was: it is read again."""

    def holds(self, path: bytes) -> bool:
        """Return whether a file is in the list."""

    def withdraw(self, path: bytes) -> bool:
        """Take a file out of the list. Returns whether it is out now."""


# What a running Windows does on events of its management service (WMI), as the tool uses it.


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription by names: what is done (``kind`` is the class of the consumer), and by which filter of events.

    ``filter`` is empty for a consumer that no binding names.
    """

    kind: str
    consumer: str
    filter: str


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of the repository as text, with the name space that it is in and its path there."""

    namespace: str
    path: str
    text: str


class Subscriptions(Protocol):
    """The subscriptions of the running Windows. Every method may raise ``OSError``."""

    def read(self, subscription: Subscription) -> tuple[StoredObject, ...]:
        """Return what a subscription consists of, in the order to put it back; a filter that others use is left out."""

    def remove(self, stored: StoredObject) -> None:
        """Remove one object; nothing happens when it is not there."""

    def put(self, stored: StoredObject) -> None:
        """Put one object back."""

    def holds(self, stored: StoredObject) -> bool:
        """Return whether an object is there, with the content that it had."""


def alike(texts: Sequence[str]) -> bool:
    """Return whether texts of objects say the same: whoever puts one there is its maker by what Windows keeps."""
    return (
        len({"\n".join(line for line in text.splitlines() if "CreatorSID" not in line).strip() for text in texts}) == 1
    )


# Back ends: the running Linux (``host.posix``), the running Windows (``host.nt``), mounted disks of Linux, macOS and
# Windows with its hives (``host.offline``), a fake in memory for tests. All pass the contract tests in
# ``tests/integration/endpoint/contract``. ``host.live`` chooses for the machine that this process runs on.
#
# A path is bytes, absolute inside the root, with ``/`` between names also on Windows, whose root is its system drive.
# Files are reached through ``Tree`` and acted on through ``Folder`` and ``Files`` (``host.files``).

__all__ = ["Entry", "Files", "Folder", "Host", "Tree"]


class Host(Protocol):
    """One machine: the running one, or a system whose disk is mounted below a folder."""

    @property
    def tree(self) -> Tree:
        """Every access to files; paths are bytes, absolute inside the root."""

    @property
    def files(self) -> Files:
        """What is recorded of open files and given back to them."""

    @property
    def processes(self) -> Processes | None:
        """The running processes; ``None`` when the system is only a tree of files."""

    @property
    def services(self) -> Services | None:
        """The running service manager; ``None`` when there is none or the system is only a tree of files."""

    @property
    def tasks(self) -> Tasks | None:
        """The running task scheduler; ``None`` when there is none that keeps tasks by itself."""

    @property
    def subscriptions(self) -> Subscriptions | None:
        """What is done on events of its management service; ``None`` when it has none or does not run."""

    @property
    def restart_queue(self) -> RestartQueue | None:
        """What goes at the next start; ``None`` where every file can be removed at once."""

    @property
    def registry(self) -> Registry | None:
        """The registry; ``None`` where the system has none."""

    @property
    def is_live(self) -> bool:
        """Whether this is the system the tool itself runs on."""

    @property
    def platform(self) -> str:
        """``linux``, ``windows`` or ``macos``."""


# The terminal of a person who steers what goes on, by single keys and by the signals of their system.


class Terminal(Protocol):
    """The terminal that this process was started from, if there is one."""

    @property
    def is_there(self) -> bool:
        """Whether somebody can press keys and see what is told."""

    @property
    def ending(self) -> Sequence[int]:
        """The signals that ask to come to an end."""

    @property
    def telling(self) -> int | None:
        """The signal that asks how far things are; ``None`` where there is none."""

    @property
    def stopping(self) -> int | None:
        """The signal by which the shell stops this process; ``None`` where there is none."""

    def take(self) -> None:
        """Have keys come one by one, not in lines, as long as the terminal is ours."""

    def give_back(self) -> None:
        """Leave the terminal as it was."""

    def key(self, seconds: float) -> bytes | None:
        """Return the key that is pressed next, ``None`` if none is for so long; empty when there will be none."""

    def interrupt(self) -> None:
        """Do to this process what Ctrl-C does."""

    def stand_still(self) -> None:
        """Stop this process until the shell lets it go on."""


# What hosts lack that are no running Windows, and those of which only a disk is there: common bases of ``Host``.


class NoRunningWindows:
    """What only a running Windows has is not there."""

    __slots__ = ()

    @property
    def tasks(self) -> None:
        """Tasks are files that are read anew."""
        return

    @property
    def subscriptions(self) -> None:
        """Nothing waits for events of a management service."""
        return

    @property
    def restart_queue(self) -> None:
        """Every file can be removed at once, one that is in use too."""
        return


class DiskHost(NoRunningWindows):
    """A system that does not run."""

    __slots__ = ()

    @property
    def processes(self) -> None:
        """Nothing runs on it."""
        return

    @property
    def services(self) -> None:
        """Nothing runs on it."""
        return

    @property
    def is_live(self) -> bool:
        """It is not the running system."""
        return False
