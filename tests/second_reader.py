"""What another program reads from a hive: regipy, which shares no code with our reader."""

from pathlib import Path
from typing import Any

from regipy.registry import NKRecord, RegistryHive

from quetsach.packs.specimen.hive import DWORD, SZ

type Read = dict[str, Any]


def read_by_regipy(hive: Path) -> Read:
    """Return key -> (texts and numbers by value name, subkeys), as deep as there is something.

    Names beyond ASCII are left out: regipy reads those in Latin-1 as UTF-8. So are other types, which it shows its way.
    """
    return _read(RegistryHive(str(hive)).root)


def as_read(values: dict[str, tuple[int, bytes]], subkeys: Read) -> Read:
    """Return a key in the form of ``read_by_regipy``."""
    plain = {
        name or "(default)": data.decode("utf-16-le")[:-1] if type_ == SZ else int.from_bytes(data, "little")
        for name, (type_, data) in values.items()
        if name.isascii() and type_ in (SZ, DWORD)
    }
    return {"": plain, **{name: below for name, below in subkeys.items() if name.isascii()}}


def _read(key: NKRecord) -> Read:
    kinds = {"REG_SZ", "REG_DWORD"}
    values = {value.name: value.value for value in key.iter_values() if value.value_type in kinds}
    subkeys = {below.name: _read(below) for below in key.iter_subkeys()} if key.subkey_count else {}
    return {
        "": {name: value for name, value in values.items() if name.isascii()},
        **{name: below for name, below in subkeys.items() if name.isascii()},
    }
