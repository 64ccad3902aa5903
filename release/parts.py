"""Whose work a download is made of: each part with version, licence and the licence's text."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

_LEFT_OUT = frozenset(("pycparser",))
"""Packages that are fetched because others ask for them, and of which nothing is in a download."""
_STATED = {"boreal-python": "MIT OR Apache-2.0"}
"""Licences that the makers state in their repository only."""
_APACHE = "Apache-2.0"
_DEBIAN = Path("/usr/share/doc")
_COMMON = Path("/usr/share/common-licenses")
_RULE = "=" * 78
_HEAD = """Quét Sạch gồm các phần sau, mỗi phần theo giấy phép của nó.
Quét Sạch is made of these parts, each under its own licence.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a download.

    Args:
        name: as its makers call it.
        version: of what is in the download.
        licence: an SPDX expression; empty if its makers state none in that form.
        purl: its package URL.
        texts: the texts of its licences.
        inside: what its makers built into it, without texts of their own.
    """

    name: str
    version: str
    licence: str
    purl: str
    texts: tuple[str, ...] = ()
    inside: tuple["Part", ...] = ()


def package_parts(unpacked: Path) -> Iterator[Part]:
    """Yield the packages that were installed into a folder, with what their makers say is built into them."""
    for folder in sorted(unpacked.glob("*.dist-info")):
        facts = BytesHeaderParser().parsebytes((folder / "METADATA").read_bytes())
        name = facts["Name"].lower()
        if name in _LEFT_OUT:
            continue
        texts = tuple(path.read_text("utf-8") for path in sorted((folder / "licenses").rglob("*")) if path.is_file())
        purl = f"pkg:pypi/{name}@{facts['Version']}"
        inside = tuple(_built_in(folder / "sboms"))
        licence = facts["License-Expression"] or _STATED.get(name, "")
        if any(_APACHE in one.licence for one in inside) or not texts:
            texts = (*texts, common_text(_APACHE))
        yield Part(name, facts["Version"], licence, purl, texts, inside)


def _built_in(folder: Path) -> Iterator[Part]:
    """Yield what the lists say that a wheel brings (PEP 770)."""
    for path in sorted(folder.glob("*.json")):
        for entry in json.loads(path.read_bytes()).get("components", ()):
            purl = entry.get("purl", "").partition("?")[0]
            yield Part(entry["name"], entry["version"], _expression(entry.get("licenses", ())), purl)


def _expression(licences: Iterable[dict[str, Any]]) -> str:
    """Return the licences that a list of parts states as one expression; older crates part alternatives by a slash."""
    stated = [one.get("expression") or one["license"].get("id") or one["license"]["name"] for one in licences]
    return " AND ".join(word.replace("/", " OR ") for word in stated)


def debian_text(package: str) -> str:
    """Return what Debian records about whose work a package is, and its licence.

    Raises:
        OSError: the package is not installed.
    """
    return (_DEBIAN / package / "copyright").read_text("utf-8")


def common_text(licence: str) -> str:
    """Return the text of a licence that many share.

    Raises:
        OSError: Debian does not keep it.
    """
    return (_COMMON / licence).read_text("utf-8")


def licences_text(parts: Iterable[Part]) -> str:
    """Return the file that a download shows: first what there is, then each text once."""
    known, listed, texts = [*parts], [], []
    for part in known:
        listed.append(f"{part.name} {part.version}: {part.licence or 'see below'}")
        listed.extend(f"    with {one.name} {one.version}: {one.licence or 'see its makers'}" for one in part.inside)
    told: dict[str, list[str]] = {}
    for part in known:
        for text in part.texts:
            told.setdefault(text.strip(), []).append(f"{part.name} {part.version}")
    for text, names in told.items():
        texts.append(f"{_RULE}\n{', '.join(dict.fromkeys(names))}\n{_RULE}\n\n{text}\n")
    return "\n".join((_HEAD, *listed, "", *texts))
