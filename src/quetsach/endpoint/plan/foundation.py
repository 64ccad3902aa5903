"""What no recipe may touch on any machine, from ``protected.toml``: files, keys and values of the registry."""

import functools
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from fnmatch import translate
from importlib import resources
from typing import Any

from quetsach.core.pack import Action
from quetsach.endpoint.artefact import RegistryAnchor
from quetsach.endpoint.host.registry import folded

_REMOVES_KEYS = frozenset({Action.REMOVE_KEY, Action.REMOVE_SERVICE})
_CONTROL_SET = re.compile(r"^HKLM\\SYSTEM\\CONTROLSET\d{3}(?=\\|$)")
_SERVICE = "HKLM\\SYSTEM\\CURRENTCONTROLSET\\SERVICES\\"


def is_foundation(path: bytes, platform: str, action: Action = Action.QUARANTINE) -> bool:
    """Return whether an action may not touch a path (inside the root, without links)."""
    table = _table()[platform]
    text = os.fsdecode(path)
    text = text if platform == "linux" else folded(text)
    if any(f"{text}/".startswith(f"{folder}/") for folder in table["folders"]) or _matches(text, table["files"]):
        return action is not Action.REMOVE_LINE or not _matches(text, table["edited_only"])
    if action is not Action.REMOVE_LINE and _matches(text, table["edited_only"]):
        return True
    folder, _, name = text.rpartition("/")
    places = table["program_folders"]
    if _matches(name, table["names"]) or (folder in places and _matches(name, table["programs"])):
        return True
    return (folder in places or folder.rpartition("/")[0] in places) and _matches(name, table["libraries"])


def is_needed_unit(name: bytes) -> bool:
    """Return whether stopping a unit would take a running Linux from its users, whoever wrote the unit file."""
    return _matches(os.fsdecode(name), _table()["linux"]["units"])


def is_needed_program(path: bytes, platform: str) -> bool:
    """Return whether the processes of a program are never ended: the system would stop, or nobody could sign in."""
    if platform not in ("linux", "windows"):
        return False
    text = os.fsdecode(path)
    folder, _, name = (text if platform == "linux" else folded(text)).rpartition("/")
    table = _table()[platform]
    return folder in table["process_folders"] and _matches(name, table["processes"])


def is_registry_foundation(anchor: RegistryAnchor, action: Action) -> bool:
    """Return whether an action may not touch a key or value of the registry."""
    table = _table()["registry"]
    key = _comparable(anchor.key)
    if any(key == tree or key.startswith(f"{tree}\\") for tree in table["trees"]):
        return True
    if action is Action.RESTORE_DEFAULT:
        return False
    if key.startswith(_SERVICE) and key.removeprefix(_SERVICE).partition("\\")[0] in table["services"]:
        return True
    if action in _REMOVES_KEYS:
        return key.count("\\") < 2 or any(f"{one}\\".startswith(f"{key}\\") for one in table["keys"])
    return action is Action.REMOVE_VALUE and _matches(f"{key}\\{folded(anchor.name or '')}", table["values"])


def is_in_naming_key(anchor: RegistryAnchor) -> bool:
    """Return whether a key names files to keep them from running or to let them through, not to start them."""
    key = _comparable(anchor.key)
    return any(key == place or key.startswith(f"{place}\\") for place in _table()["registry"]["naming"])


def _comparable(key: str) -> str:
    """Return a key in capitals, any account as ``HKCU`` and any control set as the one in force."""
    text = folded(key)
    if text.startswith("HKU\\"):
        account, _, rest = text.removeprefix("HKU\\").partition("\\")
        classes = "SOFTWARE\\CLASSES\\" if account.endswith("_CLASSES") else ""
        text = f"HKCU\\{classes}{rest}".rstrip("\\")
    return _CONTROL_SET.sub(r"HKLM\\SYSTEM\\CURRENTCONTROLSET", text.replace("\\WOW6432NODE\\", "\\"))


def _matches(text: str, patterns: Iterable[str]) -> bool:
    return any(_pattern(pattern).match(text) for pattern in patterns)


@functools.cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern).replace(".*", r"[^/\\]*"))


@functools.cache
def _table() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    text = resources.files(__package__).joinpath("protected.toml").read_text("utf-8")
    return {place: _folded(place, table) for place, table in tomllib.loads(text).items()}


def _folded(place: str, table: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    same = place == "linux"
    return {key: tuple(value if same else folded(value) for value in values) for key, values in table.items()}
