"""Writes the files of sources: whole or not at all, over no text that others wrote since, and checked before."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from quetsach import storage
from quetsach.centre.sources import SourceError
from quetsach.centre.sources.source import SOURCES, Kind, Source, fields_of, read_source
from quetsach.centre.sources.transport import is_public
from quetsach.core.errors import QuetsachError
from quetsach.core.text import SystemText, Text
from quetsach.core.toml_table import TomlLines

SECRETS = "secrets"
"""The folder of secrets, below a centre's data: one folder a host, so that no page sends a secret to another host."""
LANDING = "landing"
"""The folder of landing folders, below a centre's data: a page names no other, as files are moved out of them."""
_MOST_LISTED = 200


def file_of(data: Path, name: str) -> Path:
    """Return the file of a source by its name in the folder; it is looked for in the list, never put together.

    Raises:
        SourceError: there is none.
    """
    for path in (data / SOURCES).glob("[!.]*.toml"):
        if path.name == name:
            return path
    raise SourceError(Text("there is no source {name}", name=name[:80]))


def edition_of(raw: bytes) -> str:
    """Return what tells one text of a file from another."""
    return sha256(raw).hexdigest()


def secrets_of(data: Path, host: str) -> tuple[Path, ...]:
    """Return the files of the secrets that are kept for a host; never what they hold."""
    hosts = {path.name: path for path in _listed(data / SECRETS) if path.is_dir()}
    return tuple(path for path in _listed(hosts[host]) if path.is_file()) if host in hosts else ()


def secret_hosts(data: Path) -> tuple[str, ...]:
    """Return the hosts for which secrets are kept."""
    return tuple(path.name for path in _listed(data / SECRETS) if path.is_dir())


def landing_folders(data: Path) -> tuple[Path, ...]:
    """Return the landing folders that a page may name."""
    return tuple(path for path in _listed(data / LANDING) if path.is_dir())


def _listed(folder: Path) -> list[Path]:
    if not folder.is_dir() or folder.is_symlink():
        return []
    found = (path for path in folder.iterdir() if not path.name.startswith(".") and not path.is_symlink())
    return sorted(found)[:_MOST_LISTED]


def source_text(kind: Kind, values: Mapping[str, Any]) -> bytes:
    """Return the file of a source; ``values`` by ``Field.key``, those that are empty or the default are left out."""
    tables: dict[str, list[str]] = {"": [f"kind = {json.dumps(str(kind))}"]}
    for field in fields_of(kind):
        value = values.get(field.key)
        if value not in (None, "", False, field.default):
            tables.setdefault(field.part, []).append(f"{field.name} = {_literal(value)}")
    parts = [[f"[{name}]", *lines] if name else lines for name, lines in tables.items()]
    return ("\n\n".join("\n".join(lines) for lines in parts) + "\n").encode()


def _literal(value: Any) -> str:
    return json.dumps(value if isinstance(value, bool | int) else str(value), ensure_ascii=False)


def values_of(raw: bytes) -> dict[str, Any]:
    """Return the values of a file that the reader accepts, by ``Field.key``."""
    content = tomllib.loads(raw.decode())
    named = ((field, content.get(field.part, {}) if field.part else content) for field in fields_of(content["kind"]))
    return {field.key: table[field.name] for field, table in named if field.name in table}


def checked_text(data: Path, kind: Kind, values: Mapping[str, Any], before: Mapping[str, Any]) -> bytes:
    """Return the file of a source as a page may write it: it reaches nothing that the machine has not opened to pages.

    What only the machine may say is kept as it was.

    Raises:
        SourceError: a field is wrong, or names a secret or folder that it must not.
    """
    fields = fields_of(kind)
    kept = {field.key: before[field.key] for field in fields if field.is_local and field.key in before}
    was = {field.key: before.get(field.key, field.default) for field in fields} if before else {}
    same_place = bool(was) and all(values.get(name) == was.get(name) for name in ("url", "files_url"))
    raw = source_text(
        kind,
        {
            **values,
            **kept,
            "paused": before.get("paused", False),
            **({} if same_place else {"public_only": kind is not Kind.FOLDER}),
        },
    )
    source = read_source(raw, where=str(values.get("name") or SOURCES))
    _refuse_places(data, source, values, before, same_place=same_place)
    return raw


def _refuse_places(
    data: Path, source: Source, values: Mapping[str, Any], before: Mapping[str, Any], *, same_place: bool
) -> None:
    if source.folder is not None:
        if str(source.folder) != before.get("folder") and source.folder not in landing_folders(data):
            hint = Text("who runs the centre's computer makes it: {folder}", folder=data / LANDING / "…")
            raise SourceError(Text("no page may name this landing folder"), where=source.name, hint=hint)
        return
    hosts = [urlsplit(url).hostname or "" for url in (source.url, source.files_url) if url]
    if not same_place and not all(map(is_public, hosts)):
        hint = Text("a source inside the own network is described in a file on the centre's computer")
        raise SourceError(Text("this address is not of the public Internet"), where=source.name, hint=hint)
    allowed = secrets_of(data, hosts[0])
    for name in ("secret_file", "key_file"):
        path = values.get(name)
        if not path or (same_place and path == before.get(name)):
            continue
        if urlsplit(source.url).scheme != "https":
            raise SourceError(Text("a secret is sent to addresses that start with https:// alone"), where=source.name)
        if Path(str(path)) not in allowed:
            folder = data / SECRETS / hosts[0]
            hint = Text("secrets of this host are files of {folder}", folder=folder)
            raise SourceError(Text("this secret is not kept for {host}", host=hosts[0]), where=source.name, hint=hint)


def add(data: Path, source: Source, raw: bytes) -> None:
    """Write the file of a new source.

    Raises:
        SourceError: there is one of this name, or it cannot be written.
    """
    with _written(data):
        path = data / SOURCES / f"{source.name}.toml"
        if source.name in _names(data) or path.exists():
            raise SourceError(Text("there is a source {name} already", name=source.name), hint=Text("choose another"))
        storage.write(path, raw)


def change(data: Path, name: str, raw: bytes, *, edition: str) -> None:
    """Write the file of a source anew, unless somebody else did since ``edition``.

    Raises:
        SourceError: it has changed or is gone, or cannot be written.
    """
    with _written(data):
        path = file_of(data, name)
        _require_edition(path, edition)
        read_source(raw, where=f"{SOURCES}/{name}")
        storage.write(path, raw)


def pause(data: Path, name: str, *, is_paused: bool) -> None:
    """Have a source asked when due, or no more. One line is changed: what somebody wrote beside it stays.

    Raises:
        SourceError: the file is damaged or gone, or cannot be written.
    """
    with _written(data):
        path = file_of(data, name)
        raw = storage.read_input(path)
        source = read_source(raw, where=f"{SOURCES}/{name}")
        if source.is_paused != is_paused:
            changed = _with_pause(raw, is_paused=is_paused)
            read_source(changed, where=f"{SOURCES}/{name}")
            storage.write(path, changed)


def _with_pause(raw: bytes, *, is_paused: bool) -> bytes:
    text = raw.decode()
    lines, line = text.splitlines(keepends=True), f"paused = {json.dumps(is_paused)}\n"
    number = TomlLines(text).line(("paused",)) if "paused" in tomllib.loads(text) else 0
    return "".join([*lines[: number - 1], line, *lines[number:]] if number else [line, *lines]).encode()


def remove(data: Path, name: str, *, edition: str) -> None:
    """Remove the file of a source, also a damaged one. What has landed and what is remembered of it stays.

    Raises:
        SourceError: it has changed or is gone, or cannot be removed.
    """
    with _written(data):
        path = file_of(data, name)
        _require_edition(path, edition)
        path.unlink()
        storage.sync(path.parent)


def _require_edition(path: Path, edition: str) -> None:
    if edition_of(storage.read_input(path)) != edition:
        hint = Text("look at it as it is now, then change it again")
        raise SourceError(Text("somebody else has changed this source since"), where=path.name, hint=hint)


def _names(data: Path) -> set[str]:
    names = set()
    for path in (data / SOURCES).glob("[!.]*.toml"):
        try:
            names.add(read_source(storage.read_input(path), where=path.name).name)
        except QuetsachError:
            continue
    return names


@contextmanager
def _written(data: Path) -> Iterator[None]:
    """Keep other writers out, and name what the disk refuses."""
    folder = data / SOURCES
    try:
        storage.make_folder(folder)
        with storage.locked(folder / ".lock"):
            yield
    except OSError as error:
        raise SourceError(
            Text("cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(folder)
        ) from error
