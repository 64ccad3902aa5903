"""Something of every kind that is edited in a running registry, without a program that runs; and how it is found.

Usage: python live_infection.py clean|undo STATE RECORDS (ends itself, as if it were killed, after so many records)
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import LocalText
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.artefact import Anchor, Artefact, Finding, RegistryAnchor, anchor_of
from quetsach.endpoint.host.disk import fstat, hash_file
from quetsach.endpoint.host.live import live_host
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.registry import DeleteKey, KeyContent, PutKey, RegistryValue, SetValue
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 25, tzinfo=UTC)
KILLED = 137
SERVICE = "qsgiet"
KEY = "HKLM\\SOFTWARE\\Quét Sạch thử"
SERVICE_KEY = f"HKLM\\SYSTEM\\CurrentControlSet\\Services\\{SERVICE}"
TASK = "/windows/system32/tasks/Thử giết".encode()
ODD = (RegistryValue("h\0n", 0, b"\1"), RegistryValue("Tiếng Việt", 0x1234, b"\xff\xfe"), RegistryValue("", 7, b""))


@contextmanager
def planted() -> Iterator[None]:
    """Plant it; what is left of it goes again."""
    registry = live_host().registry
    assert registry is not None
    task = Path("C:\\") / os.fsdecode(TASK[1:])
    registry.make(
        PutKey(KEY, KeyContent(ODD, {"Dưới": KeyContent(ODD, {"sâu": KeyContent(ODD)}), "run": KeyContent(ODD)}))
    )
    subprocess.run(["sc", "create", SERVICE, "binPath=", "C:\\x.exe"], check=True, capture_output=True)
    registry.make(SetValue(f"{SERVICE_KEY}\\Parameters", ODD[0]))
    task.parent.mkdir(exist_ok=True)
    task.write_bytes(b"<Task/>")
    try:
        yield
    finally:
        for key in (KEY, SERVICE_KEY):
            registry.make(DeleteKey(key))
        task.unlink(missing_ok=True)


def findings(host: Host) -> list[Finding]:
    """Return what a scan would find."""
    assert host.registry is not None
    run = f"{KEY}\\run"
    values = [RegistryAnchor(run, value.name, value.type, value.data) for value in host.registry.values(run)]
    fd = host.tree.open_read(host.tree.resolve(TASK))
    try:
        file = anchor_of(TASK, fstat(fd), hash_file(fd))
    finally:
        os.close(fd)
    return [
        *(_finding(ArtefactKind.REGISTRY_VALUE, value, Action.REMOVE_VALUE) for value in values),
        _finding(ArtefactKind.REGISTRY_KEY, RegistryAnchor(f"{KEY}\\Dưới", None), Action.REMOVE_KEY),
        _finding(ArtefactKind.SERVICE, RegistryAnchor(SERVICE_KEY, None), Action.REMOVE_SERVICE),
        _finding(ArtefactKind.SCHEDULED_TASK, file, Action.REMOVE_TASK),
    ]


def _finding(kind: ArtefactKind, anchor: Anchor, action: Action) -> Finding:
    name = f"{hash(anchor) & 0xFFFF_FFFF_FFFF_FFFF:016x}"
    why = LocalText("vì thử", "for a test")
    return Finding(name, "specimen", "1", "trait", Artefact(kind, anchor), action, why, "rule (author)")


def act(what: str, state: State, after_record: Callable[[], None] | None) -> None:
    """Clean, or undo everything that was done."""
    host = live_host()
    if what == "clean":
        plan = make_plan(findings(host), host, state.folder)
        with state.lock():
            clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW, after_record=after_record)
    else:
        with state.lock():
            for session in state.sessions:
                undo(state, host, session, now=NOW, after_record=after_record)


def main() -> None:
    """Do as the command line says."""
    what, folder, records = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    left = iter(range(records))

    def after_record() -> None:
        if next(left, None) is None:
            os._exit(KILLED)

    act(what, State.open(folder), after_record)


if __name__ == "__main__":
    main()
