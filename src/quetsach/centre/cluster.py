"""Where a centre has its questions answered: on this machine, or by the cluster that ``DATA/cluster.toml`` names."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from quetsach import storage
from quetsach.core.errors import InputError
from quetsach.core.text import Text
from quetsach.core.toml_table import read_toml
from quetsach.lake.journal import Shared
from quetsach.lake.placement import Here, Placement
from quetsach.lake.queries import Engine

FILE = "cluster.toml"
_MOST_PARTS = 256
_FILES = ("ca", "certificate", "key")
_EXTRAS = {"tls": "cluster", "tcp": "cluster", "sc": "spark"}
"""What is installed for an address, by its scheme: Dask, or the client of Spark."""


def load_placement(data: Path, shared: Shared | None = None) -> Callable[[Engine], Placement]:
    """Return what makes the placement of a centre's lake; without the file questions are answered in this process.

    Args:
        data: the centre's data; files that the table names lie in it, or have whole paths.
        shared: what the lake is a copy of, if it is one.

    Raises:
        InputError: the file is damaged, or names what is not there.
        LakeError: addresses would go over a network in clear.
    """
    path = data / FILE
    if not path.exists():
        return Here
    table = read_toml(storage.read_input(path), where=FILE)
    url, parts = table.take_text("scheduler"), table.take_number("parts")
    if not 1 <= parts <= _MOST_PARTS:
        table.fail(
            Text("questions are divided into 1 to {most} parts", most=_MOST_PARTS),
            field="parts",
            hint=Text("four for each core of the workers"),
        )
    extra = _EXTRAS.get(url.partition("://")[0])
    if extra is None:
        table.fail(
            Text("this is no address of a cluster: {url}", url=url),
            field="scheduler",
            hint=Text("tls://host:8786 of Dask, or sc://host:15002/;use_ssl=true of Spark Connect"),
        )
    kinds = (*_FILES, "token") if extra == "spark" else _FILES
    named = {name: data / file for name in kinds if (file := table.take_text(name, default=""))}
    table.finish()
    for name in (*named, *(_FILES if url.startswith("tls:") else ())):
        if name not in named or not named[name].is_file():
            table.fail(Text("there is no file {name}", name=str(named.get(name, data))), field=name)
    try:
        # by name: they are slow to load, and few centres have them
        if extra == "spark":
            placed = import_module("quetsach.lake.spark_placement").SparkPlacement
        else:
            placed = import_module("quetsach.lake.dask_placement").DaskPlacement
    except ModuleNotFoundError as error:
        raise InputError(
            Text("the package {name} is not installed", name=str(error.name)),
            where=FILE,
            hint=Text("install it: pip install 'quetsach[{extra}]'", extra=extra),
        ) from error
    return lambda here: placed(url, Here(here), data / "lake", parts, **named, shared=shared)
