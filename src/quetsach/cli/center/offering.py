"""What a centre offers for download: the wheel, which it seals with its root of trust, and the files of a release.

The page of downloads reads two lists in the folder ``tool``: ``tool.json`` for the wheel, ``release.json`` for the
rest. The files of a release are kept once, in the signed repository; the list is there too, for tools that update
themselves.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from quetsach import __version__, storage
from quetsach.core.errors import QuetsachError
from quetsach.core.help_line import NO_HELP_LINE, HelpLine
from quetsach.core.text import Text
from quetsach.packs.downloads import LIST_FILE, parse_downloads, read_downloads, seal_tool

FACTS_FILE = "tool.json"


def files_to_publish(
    folder: Path, given: Sequence[Path], *, root: bytes, repository: str, help_line: HelpLine = NO_HELP_LINE
) -> list[Path]:
    """Seal the wheel that is given, and return it with all files of the release.

    Args:
        folder: where the centre keeps what it offers; made if it does not exist.
        given: a wheel, and folders with one or with a release (``release.json``).
        root: the centre's root of trust.
        repository: the address of its repository.
        help_line: whom people call.

    Raises:
        QuetsachError: there is nothing to offer, or more than one wheel or release.
        ReleaseError: the release is not what its list says.
    """
    releases = [place for place in given if (place / LIST_FILE).is_file()]
    if len(releases) > 1:
        raise QuetsachError(
            Text("there are {number} releases", number=len(releases)),
            where=str(releases[1]),
            hint=Text("offer one of them"),
        )
    released = [place / entry.name for place in releases for entry in read_downloads(place)]
    wheel = _wheel(given, is_needed=not releases)
    files = [_seal(folder, wheel, root=root, repository=repository, help_line=help_line)] if wheel else []
    return [*files, *released, *(place / LIST_FILE for place in releases)]


def not_vouched_for(files: Iterable[Path], roots: Iterable[bytes]) -> list[str]:
    """Return the files of a release that carry none of the centre's roots of trust, so that they find no updates."""
    known = {hashlib.sha256(root).hexdigest() for root in roots}
    lists = [path for path in files if path.name == LIST_FILE]
    entries = (entry for path in lists for entry in parse_downloads(path.read_bytes(), where=str(path)))
    return [entry.name for entry in entries if entry.root_sha256 not in known]


def show_published(folder: Path, published: list[Path]) -> None:
    """Let the page of downloads offer what was published, and nothing of before.

    Raises:
        OSError: the lists cannot be written.
    """
    lists = [path for path in published if path.name == LIST_FILE]
    if lists and not _is_same(folder / LIST_FILE, lists[0]):
        storage.make_folder(folder)
        storage.write(folder / LIST_FILE, lists[0].read_bytes())
    if not lists:
        (folder / LIST_FILE).unlink(missing_ok=True)
    if not any(path.suffix == ".whl" for path in published):
        (folder / FACTS_FILE).unlink(missing_ok=True)


def _is_same(kept: Path, new: Path) -> bool:
    return kept.is_file() and kept.read_bytes() == new.read_bytes()


def _wheel(given: Sequence[Path], *, is_needed: bool) -> Path | None:
    places = [[place] if place.is_file() else sorted(place.glob("quetsach-*.whl")) for place in given]
    found = [path for paths in places for path in paths]
    if not found and not is_needed:
        return None
    if len(found) != 1:
        what = (
            Text("there are {number} wheels of the tool in place of one", number=len(found))
            if found
            else Text("there is no wheel of the tool")
        )
        raise QuetsachError(what, where=str(given[0]), hint=Text("build one with: make build/tool/stamp"))
    return found[0]


def _seal(folder: Path, wheel: Path, *, root: bytes, repository: str, help_line: HelpLine) -> Path:
    """Keep the sealed wheel and the facts about it; a wheel that was sealed alike before is left as it is."""
    content = wheel.read_bytes()
    told = json.dumps(dict(help_line.as_texts()))
    source = hashlib.sha256(b"\0".join((content, root, repository.encode(), told.encode()))).hexdigest()
    facts_path, sealed_path = folder / FACTS_FILE, folder / wheel.name
    if sealed_path.exists() and _sealed_from(facts_path) == source:
        return sealed_path
    sealed = seal_tool(content, root=root, repository=repository, help_line=help_line)
    storage.make_folder(folder)
    facts = {
        "file_name": wheel.name,
        "version": _version(wheel.name),
        "size_bytes": len(sealed),
        "sha256": hashlib.sha256(sealed).hexdigest(),
        "sealed_from": source,
    }
    storage.write(sealed_path, sealed)
    storage.write(facts_path, json.dumps(facts, indent=1))
    return sealed_path


def _sealed_from(path: Path) -> str:
    try:
        return str(json.loads(path.read_text("utf-8")).get("sealed_from", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _version(name: str) -> str:
    parts = name.split("-")
    return parts[1] if len(parts) > 1 else __version__
