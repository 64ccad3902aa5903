"""The file that names a cluster: what it may say, and what is said of mistakes."""

import sys
from pathlib import Path

import pytest

from quetsach.centre.cluster import FILE, load_placement
from quetsach.core.errors import InputError
from quetsach.lake import LakeError
from quetsach.lake.placement import Here
from quetsach.lake.queries import Engine


def written(data: Path, text: str) -> Path:
    (data / FILE).write_text(text)
    return data


def test_without_the_file_questions_are_answered_here(tmp_path: Path) -> None:
    assert load_placement(tmp_path) is Here


def test_a_cluster_of_this_machine_needs_no_keys(tmp_path: Path) -> None:
    made = load_placement(written(tmp_path, 'scheduler = "tcp://127.0.0.1:8786"\nparts = 8\n'))(Engine())
    assert (made.parts, made.folder) == (8, tmp_path / "lake")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('scheduler = "tls://a:1"\nparts = 0\n', "1 to 256"),
        ('scheduler = "tls://a:1"\nparts = 257\n', "1 to 256"),
        ('scheduler = "tls://a:1"\nparts = 8\nca = "ca.pem"\n', "there is no file"),
        ('scheduler = "tcp://127.0.0.1:1"\nparts = 8\npart = 3\n', "part"),
        ("parts = 8\n", "scheduler"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said) as told:
        load_placement(written(tmp_path, text))
    assert told.value.where.startswith(FILE)


def test_a_cluster_elsewhere_needs_tls(tmp_path: Path) -> None:
    make = load_placement(written(tmp_path, 'scheduler = "tcp://10.0.0.9:8786"\nparts = 8\n'))
    with pytest.raises(LakeError, match="tls://"):
        make(Engine())


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "quetsach.lake.dask_placement", raising=False)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="distributed") as told:
        load_placement(written(tmp_path, 'scheduler = "tcp://127.0.0.1:1"\nparts = 8\n'))
    assert "quetsach[cluster]" in told.value.hint
