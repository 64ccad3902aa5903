"""Clean-up and undo work on a machine without descriptors of folders: nothing but the ports is used."""

import os
from datetime import UTC, datetime
from pathlib import Path

from tests.fake_host import FakeHost, FakeTree
from tests.infection import APPENDED, OWN, finding, with_fields

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.artefact import FileAnchor, LineAnchor, anchor_of
from quetsach.endpoint.host.disk import hash_file
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.step import Outcome
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 25, tzinfo=UTC)
FILES = {b"evil": b"MZ evil", b"table": b"mine\nevil\n", b"page": OWN + APPENDED}


def _anchor(host: Host, path: bytes) -> FileAnchor:
    fd = host.tree.open_read(path)
    try:
        return anchor_of(path, os.fstat(fd), hash_file(fd))
    finally:
        os.close(fd)


def test_files_lines_and_ends_of_files_go_and_come_back(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    host = FakeHost(FakeTree(tmp_path / "store"))
    with host.tree.folder(b"/") as folder:
        for name, content in FILES.items():
            fd = folder.create(b".new")
            os.write(fd, content)
            folder.place(fd, b".new", name)
            os.close(fd)
    found = (
        finding(_anchor(host, b"/evil"), ArtefactKind.FILE, Action.QUARANTINE),
        finding(LineAnchor(_anchor(host, b"/table"), 2, b"evil"), ArtefactKind.SETTING_LINE, Action.REMOVE_LINE),
        with_fields(finding(_anchor(host, b"/page"), ArtefactKind.FILE, Action.TRUNCATE), cut=str(len(OWN))),
    )
    state = State.open(tmp_path / "state")
    result = clean(make_plan(found, host, state.folder), host, state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [Outcome.DONE] * 3
    assert (host.tree.exists(b"/evil"), host.tree.read(b"/table", 99), host.tree.read(b"/page", 99)) == (
        False,
        b"mine\n",
        OWN,
    )
    assert {step.outcome for step in undo(state, host, result.session, now=NOW).steps} == {Outcome.RESTORED}
    assert {name: host.tree.read(b"/" + name, 99) for name in FILES} == FILES
