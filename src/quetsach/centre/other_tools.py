"""The catalogue of other makers' tools as a centre shows it: the build's, its country's, and its own changes."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quetsach import storage
from quetsach.campaign.tool_catalogue import (
    OtherTool,
    ToolChange,
    ToolList,
    laid_over,
    read_tool_change,
    read_tool_list,
    tool_change_text,
    tool_list_text,
)
from quetsach.centre.tables import country_folder
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import SystemText, Text
from quetsach.installation import bundled

_FOLDER = "other-tools"
_FILE = "other-tools.toml"
_CHANGES = "asked"


class ToolCatalogueError(QuetsachError):
    """The catalogue cannot be changed so."""


def own_list_path(data: Path) -> Path:
    """Return where a centre keeps what it changed of the catalogue."""
    return data / _FOLDER / _FILE


def load_other_tools(data: Path | None) -> tuple[OtherTool, ...]:
    """Return the catalogue of a centre; without a data folder, that of this build for its country.

    Raises:
        QuetsachError: a list is damaged.
    """
    folders = [bundled("data") / _FOLDER, country_folder(data)]
    if data is not None:
        folders.append(data / _FOLDER)
    return laid_over(_LISTS[number].of(path) for number, path in enumerate(_there(folders)) if path)


def find_other_tool(data: Path | None, id_: str) -> OtherTool | None:
    """Return a tool of the catalogue by its id.

    Raises:
        QuetsachError: a list is damaged.
    """
    return next((tool for tool in load_other_tools(data) if tool.id == id_), None)


def keep_change(data: Path, change: ToolChange) -> str:
    """Keep what somebody wants changed until it is decided; return its SHA-256 (hex), by which it is found.

    Raises:
        ToolCatalogueError: it changes nothing, it was made of an entry that has changed since, or cannot be kept.
        InputError: it could not be read again.
    """
    if change.after == change.before:
        raise ToolCatalogueError(Text("this changes nothing"), hint=Text("change the entry, or leave it as it is"))
    require_fits(data, change)
    content = tool_change_text(change).encode()
    read_tool_change(content, where=change.id)
    digest = hashlib.sha256(content).hexdigest()
    with _written(data):
        storage.make_folder(_change_path(data, digest).parent)
        storage.write(_change_path(data, digest), content)
    return digest


def kept_change(data: Path, digest: str) -> ToolChange | None:
    """Return a change that waits or was not carried out yet; ``None`` if there is none, or another lies in its place.

    Raises:
        InputError: it is damaged.
    """
    try:
        content = storage.read_input(_change_path(data, digest))
    except InputError:
        return None
    if hashlib.sha256(content).hexdigest() != digest:
        return None
    return read_tool_change(content, where=f"{_FOLDER}/{_CHANGES}/{digest[:12]}")


def require_fits(data: Path, change: ToolChange) -> None:
    """Refuse a change of an entry that is another one by now.

    Raises:
        ToolCatalogueError: it is.
    """
    found = find_other_tool(data, change.id)
    if (found.edition if found else "") != change.before:
        raise ToolCatalogueError(
            Text("this entry of the catalogue has changed since"), hint=Text("look at it again, then ask again")
        )


def carry_out(data: Path, change: ToolChange) -> None:
    """Write a change into the centre's own list; what was written before is not written again.

    Raises:
        ToolCatalogueError: the entry is another one by now, or the list cannot be written.
        QuetsachError: a list is damaged.
    """
    with _written(data):
        found = find_other_tool(data, change.id)
        if (found.edition if found else "") == change.after:
            return
        require_fits(data, change)
        path = own_list_path(data)
        own = _read(path) if path.exists() else ToolList()
        changed = own.with_tool(change.tool) if change.tool else own.without_tool(change.id)
        storage.write(path, tool_list_text(changed))


def forget_change(data: Path, digest: str) -> None:
    """Throw away a change that was carried out or refused."""
    _change_path(data, digest).unlink(missing_ok=True)


def _read(path: Path) -> ToolList:
    return read_tool_list(storage.read_input(path), where=str(path))


_LISTS = tuple(storage.LastRead(_read) for _number in range(3))
"""Of the build, the country and the centre."""


def _there(folders: list[Path]) -> Iterator[Path | None]:
    for folder in folders:
        path = folder / _FILE
        yield path if path.exists() else None


def _change_path(data: Path, digest: str) -> Path:
    return data / _FOLDER / _CHANGES / f"{digest}.toml"


@contextmanager
def _written(data: Path) -> Iterator[None]:
    """Keep other writers out, and name what the disk refuses."""
    folder = data / _FOLDER
    try:
        storage.make_folder(folder)
        with storage.locked(folder / ".lock"):
            yield
    except OSError as error:
        raise ToolCatalogueError(
            Text("cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(folder)
        ) from error
