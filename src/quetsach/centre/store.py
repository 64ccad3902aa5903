"""Where a centre's lake is: in its own folder, or in the object store that ``DATA/store.toml`` names."""

import re
from pathlib import Path

from quetsach import storage
from quetsach.centre.tables import STORE_FILE
from quetsach.core.text import Text
from quetsach.core.toml_table import read_toml
from quetsach.lake.journal import Shared
from quetsach.lake.place import Place

_URL = re.compile(r"https?://[A-Za-z0-9.\-]+(?::[0-9]{1,5})?|https?://\[[0-9a-fA-F:]+\](?::[0-9]{1,5})?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9_\-]+(?:/[A-Za-z0-9_\-]+){0,7}/?")
_REGION = re.compile(r"[a-z0-9\-]{1,40}")


def load_shared(data: Path) -> Shared | None:
    """Return what a centre's lake is a copy of; ``None`` without the file: then it lies in the folder alone.

    Args:
        data: the centre's data; files that the table names lie in it, or have whole paths.

    Raises:
        InputError: the file is damaged, or names what is not there.
        LakeError: addresses would go over a network in clear.
    """
    path = data / STORE_FILE
    if not path.exists():
        return None
    table = read_toml(storage.read_input(path), where=STORE_FILE)
    url = table.take_matching("url", _URL, Text("https://host, or https://host:port, and nothing behind it"))
    bucket = table.take_matching("bucket", _BUCKET, Text("the name of a bucket"))
    prefix = region = ""
    if table.has("prefix"):
        prefix = table.take_matching("prefix", _PREFIX, Text("letters, digits, - and _, with / between names"))
    if table.has("region"):
        region = table.take_matching("region", _REGION, Text("the name of a region, us-east-1 for example"))
    named = {name: data / file for name in ("credentials", "ca") if (file := table.take_text(name, default=""))}
    table.finish()
    for name, path in named.items():
        if not path.is_file():
            table.fail(Text("there is no file {name}", name=str(path)), field=name)
    place = Place(url, bucket, f"{prefix.rstrip('/')}/" if prefix else "", region or "us-east-1", **named)
    return Shared(data / "lake", place)
