"""Where a centre has its questions answered: on this machine, or by the cluster that ``DATA/cluster.toml`` names."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from quetsach import storage
from quetsach.core.errors import InputError
from quetsach.core.text import Text
from quetsach.core.toml_table import read_toml
from quetsach.lake.placement import Here, Placement
from quetsach.lake.queries import Engine

FILE = "cluster.toml"
_MOST_PARTS = 256
_FILES = ("ca", "certificate", "key")


def load_placement(data: Path) -> Callable[[Engine], Placement]:
    """Return what makes the placement of a centre's lake; without the file questions are answered in this process.

    Args:
        data: the centre's data; files that the table names lie in it, or have whole paths.

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
    named = {name: data / table.take_text(name, default="") for name in _FILES}
    table.finish()
    if url.startswith("tls:"):
        for name, file in named.items():
            if not file.is_file():
                table.fail(Text("there is no file {name}", name=str(file)), field=name)
    try:
        dask = import_module("quetsach.lake.dask_placement")  # by name: it is slow to load, and few centres have it
    except ModuleNotFoundError as error:
        raise InputError(
            Text("the package {name} is not installed", name=str(error.name)),
            where=FILE,
            hint=Text("install it: pip install 'quetsach[cluster]'"),
        ) from error
    return lambda engine: dask.DaskPlacement(url, Here(engine), data / "lake", parts, **named)
