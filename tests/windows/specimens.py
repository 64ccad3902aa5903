"""Specimens of families for Windows, made ready to be laid over a running one (``living``).

The drive of a specimen is that of a Windows that does not run. Here it is taken apart: its programs and settings come
to the running Windows; An is who is signed in there, Bình is not, so his hive stays a file; what lies in the root of
the drive is a memory stick's. What a Windows has from the factory is left out: the running one has its own.
"""

import json
import re
import tempfile
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.host.registry import KeyContent
from quetsach.packs.specimen import Planted, specimens_of
from quetsach.packs.specimen.innocent import plant_infected
from quetsach.packs.specimen.windows import CONFIG

type Values = dict[str, dict[str, tuple[int, bytes]]]
type Things = dict[str, object]

SIGNED_IN = "root"
"""Who is signed in on the Windows of the bed."""

SHELF = Path(__file__).parents[2] / "packs"
LIVE_KEYS = {
    r"HKLM\SOFTWARE": r"HKLM\SOFTWARE",
    r"HKLM\SYSTEM\ControlSet001": r"HKLM\SYSTEM\CurrentControlSet",
    r"HKU\An": "HKCU",
}
_PROFILE = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1-2-3-1002"
_BINH: Values = {_PROFILE: {"ProfileImagePath": (2, "C:\\Users\\Bình\0".encode("utf-16-le"))}}
"""He has a profile, and is not signed in."""

_SUBSCRIPTIONS = "Windows/System32/wbem/Repository"
_AN = ("Users/An/NTUSER.DAT", "Users/An/AppData/Local/Microsoft/Windows/UsrClass.dat")


@dataclass(frozen=True, slots=True)
class Live:
    """What a family plants: files of the system drive and of the stick, keys of the running registry."""

    family: str
    planted: tuple[Planted, ...]
    files: Mapping[str, bytes]
    stick: Mapping[str, bytes]
    keys: Values

    def where(self, item: Planted) -> str:
        """Return where a planted thing is on the running Windows."""
        if item.path.startswith("HK"):
            return re.sub(r"^HKU\\An(?=_Classes\\|\\)", rf"HKU\\{SIGNED_IN}", item.path)
        path = item.path.strip("/")
        return f"{'D' if _is_of_stick(path, self.stick) else 'C'}:\\{path.replace('/', '\\')}"

    def told(self, item: Planted) -> str:
        """Return the same as a report must write it."""
        return printable(self.where(item).encode())

    @property
    def things(self) -> Things:
        """Each file and value by its place, to see whether another family plants something else there."""
        things: Things = {f"c/{path}".casefold(): content for path, content in self.files.items()}
        things |= {f"d/{path}".casefold(): content for path, content in self.stick.items()}
        for key, values in self.keys.items():
            things |= {f"{key}||{name}".casefold(): value for name, value in values.items()}
        return things


def live_specimens() -> Iterator[Live]:
    """Yield the specimen of each family of the shelf that Windows has."""
    for folder in sorted(path.parent for path in SHELF.glob("*/pack.toml")):
        platforms = tomllib.loads((folder / "pack.toml").read_text())["platforms"]
        if "windows" in platforms:
            [specimen] = [one for one in specimens_of(folder, platforms) if one.platform == "windows"]
            with tempfile.TemporaryDirectory() as name:
                planted = specimen.build(Path(name))
                yield _live(folder.name, planted, Path(name))


def groups(specimens: Iterator[Live]) -> list[list[Live]]:
    """Return the specimens in as few groups as can be seen at once, so that none overwrites another of its group."""
    grouped: list[list[Live]] = []
    for one in specimens:
        fitting = next((group for group in grouped if all(_agree(one, other) for other in group)), None)
        if fitting is None:
            grouped.append([one])
        else:
            fitting.append(one)
    return grouped


def write(group: list[Live], folder: Path) -> None:
    """Write a group for ``living``."""
    keys: Values = {**_BINH}
    for one in group:
        for below, files in (("files", one.files), ("stick", one.stick)):
            for path, content in files.items():
                there = folder / below / path
                there.parent.mkdir(parents=True, exist_ok=True)
                there.write_bytes(content)
        for key, values in one.keys.items():
            keys.setdefault(key, {}).update(values)
    told = {key: [(name, kind, data.hex()) for name, (kind, data) in of.items()] for key, of in keys.items()}
    (folder / "keys.json").write_text(json.dumps(told), "utf-8")
    hidden = [one.where(item) for one in group for item in one.planted if item.kind == "hidden-folder"]
    (folder / "hidden.json").write_text(json.dumps(hidden), "utf-8")


def _agree(one: Live, other: Live) -> bool:
    shared = one.things.keys() & other.things.keys()
    return all(one.things[name] == other.things[name] for name in shared)


def _live(family: str, planted: list[Planted], root: Path) -> Live:
    honest = _honest()
    keys = {
        key: changed
        for key, values in _keys_of(root).items()
        if (changed := {name: value for name, value in values.items() if honest[1].get(key, {}).get(name) != value})
        or key not in honest[1]
    }
    files = {path: content for path, content in _files_of(root).items() if honest[0].get(path) != content}
    stick = {path: content for path, content in files.items() if _is_of_stick(path, files)}
    planted = [item for item in planted if item.kind != "wmi-subscription" and "_Classes\\" not in item.path]
    return Live(family, tuple(planted), {p: c for p, c in files.items() if p not in stick}, stick, keys)


def _honest() -> tuple[Mapping[str, bytes], Values]:
    """Return files and keys of the drive that every specimen begins with."""
    with tempfile.TemporaryDirectory() as name:
        plant_infected(Path(name))
        return _files_of(Path(name)), _keys_of(Path(name))


def _files_of(root: Path) -> dict[str, bytes]:
    found = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    named = {str(path.relative_to(root)): path for path in found}
    left_out = (CONFIG, _SUBSCRIPTIONS)
    return {p: file.read_bytes() for p, file in named.items() if not p.startswith(left_out) and p not in _AN}


def _keys_of(root: Path) -> Values:
    registry = open_mounted(root).registry
    assert registry is not None
    found: Values = {}
    for key, live in LIVE_KEYS.items():
        if (content := registry.content(key)) is not None:
            found.update(_flat(content, live))
    return found


def _flat(content: KeyContent, key: str) -> Iterator[tuple[str, dict[str, tuple[int, bytes]]]]:
    yield key, {value.name: (value.type, value.data) for value in content.values}
    for name, below in content.subkeys.items():
        yield from _flat(below, f"{key}\\{name}")


def _is_of_stick(path: str, files: Collection[str]) -> bool:
    """Return whether it lies on the root of a drive; what is in the bin is on the stick that runs it from there."""
    top = path.partition("/")[0]
    if top == "RECYCLER":
        return "autorun.inf" in files
    return top not in {"Users", "Windows", "ProgramData", "Program Files", "Program Files (x86)", "inetpub", "srv"}
