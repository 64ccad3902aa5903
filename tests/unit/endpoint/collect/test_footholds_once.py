"""What is wrong with a file is told once, however many places lie in it."""

from collections import Counter
from pathlib import Path

import pytest

from quetsach.endpoint.collect import persistence_entries
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.scan_issue import Reason, ScanIssue


def test_a_trouble_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "Windows/System32/config").mkdir(parents=True)
    (tmp_path / "Windows/System32/config/SYSTEM").write_bytes(b"regf" + bytes(5_000))
    told = Counter(item for item in persistence_entries(open_mounted(tmp_path)) if isinstance(item, ScanIssue))
    assert set(told.values()) == {1}
    assert {trouble.reason for trouble in told} == {Reason.DAMAGED, Reason.MISSING}


def test_what_a_place_and_the_registry_say_of_one_hive_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = ScanIssue(b"/Windows/System32/config/SYSTEM", Reason.OVERFULL)
    monkeypatch.setattr("quetsach.endpoint.collect._persistence_entries", lambda *_: iter([trouble, trouble]))
    assert list(persistence_entries(open_mounted(tmp_path))) == [trouble]
