"""Whoever owns the folder cannot have undo give owner, mode or setuid to another file than the one it puts back."""

import os

import pytest
from tests.races import KINDS, race

from quetsach.endpoint.host.posix import folder as posix_folder

ROUNDS = 60


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_is_exchanged_during_undo_wins_nothing(kind: str) -> None:
    wins, exchanges = race(kind, ROUNDS)
    assert wins == 0
    assert exchanges > ROUNDS // 2


@pytest.mark.parametrize("kind", ["chown", "suid"])
def test_nor_does_one_where_every_file_must_have_a_name(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posix_folder, "_UNNAMED", os.O_RDWR | os.O_DIRECTORY)
    wins, exchanges = race(kind, ROUNDS)
    assert wins == 0
    assert exchanges > ROUNDS // 2
