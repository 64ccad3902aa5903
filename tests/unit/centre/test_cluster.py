"""The files that name a cluster and an object store: what they may say, and what is said of mistakes."""

import sys
from pathlib import Path

import pytest

from quetsach.centre.cluster import FILE, load_placement
from quetsach.centre.store import load_shared
from quetsach.centre.tables import STORE_FILE
from quetsach.core.errors import InputError
from quetsach.lake import LakeError
from quetsach.lake.place import Place
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
        ('scheduler = "spark://10.0.0.9:7077"\nparts = 8\n', "no address of a cluster"),
        ('scheduler = "sc://127.0.0.1"\nparts = 8\ntoken = "none"\n', "there is no file"),
        ('scheduler = "tcp://127.0.0.1:1"\nparts = 8\ntoken = "token"\n', "token"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said) as told:
        load_placement(written(tmp_path, text))
    assert told.value.where.startswith(FILE)


@pytest.mark.parametrize("url", ["tcp://10.0.0.9:8786", "sc://10.0.0.9:15002"])
def test_a_cluster_elsewhere_needs_tls(url: str, tmp_path: Path) -> None:
    make = load_placement(written(tmp_path, f'scheduler = "{url}"\nparts = 8\n'))
    with pytest.raises(LakeError, match="answers hold addresses"):
        make(Engine())


@pytest.mark.parametrize(
    ("url", "module", "package", "extra"),
    [("tcp://127.0.0.1:1", "dask", "distributed", "cluster"), ("sc://127.0.0.1:1", "spark", "pyspark", "spark")],
)
def test_a_missing_package_is_named(
    url: str, module: str, package: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, f"quetsach.lake.{module}_placement", raising=False)
    for loaded in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=package) as told:
        load_placement(written(tmp_path, f'scheduler = "{url}"\nparts = 8\n'))
    assert f"quetsach[{extra}]" in told.value.hint


def test_a_spark_is_asked_with_what_the_file_names(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sesame")
    made = load_placement(written(tmp_path, 'scheduler = "sc://10.0.0.9/;use_ssl=true"\nparts = 8\ntoken = "token"\n'))(
        Engine()
    )
    assert (made.parts, made.folder, made.token, made.ca) == (8, tmp_path / "lake", tmp_path / "token", None)


def test_a_lake_is_in_its_folder_where_nothing_names_a_store(tmp_path: Path) -> None:
    assert load_shared(tmp_path) is None


def test_a_store_is_named_with_its_keys(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text('access_key = "a"\nsecret_key = "s"\n')
    (tmp_path / STORE_FILE).write_text(
        'url = "https://s3.example:9000"\nbucket = "lake"\nprefix = "vn/2026"\nregion = "vn-1"\ncredentials = "keys"\n'
    )
    shared = load_shared(tmp_path)
    assert shared
    assert shared.place == Place("https://s3.example:9000", "lake", "vn/2026/", "vn-1", tmp_path / "keys")
    assert shared.folder == tmp_path / "lake"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('url = "s3://lake"\nbucket = "lake"\n', "url"),
        ('url = "https://a/b"\nbucket = "lake"\n', "url"),
        ('url = "https://user:pass@a"\nbucket = "lake"\n', "url"),
        ('url = "https://a"\n', "bucket"),
        ('url = "https://a"\nbucket = "La ke"\n', "bucket"),
        ('url = "https://a"\nbucket = "lake"\nprefix = "../b"\n', "prefix"),
        ('url = "https://a"\nbucket = "lake"\nregion = "B"\n', "region"),
        ('url = "https://a"\nbucket = "lake"\ncredentials = "none"\n', "there is no file"),
        ('url = "https://a"\nbucket = "lake"\nsecret = "x"\n', "secret"),
    ],
)
def test_a_mistake_about_a_store_is_told_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / STORE_FILE).write_text(text)
    with pytest.raises(InputError, match=said) as told:
        load_shared(tmp_path)
    assert told.value.where.startswith(STORE_FILE)
