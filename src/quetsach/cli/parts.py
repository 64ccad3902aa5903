"""The licences of the parts that the tool is made of."""

import re
from importlib import metadata
from pathlib import Path

_NEED = re.compile(
    r"""(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(\[(?P<extras>[^]]*)\])?(.*extra\s*==\s*["'](?P<of>[^"']*)["'])?"""
)
"""A need of a distribution: its name, the extras that are asked for, and the extra that asks for it."""
_TEXTS = ("LICENSE", "LICENCE", "COPYING", "NOTICE")


def licences_of_parts() -> str:
    """Return name, version and licence of every distribution in use, with the texts that each carries."""
    return "\n\n".join(_licence(part) for part in sorted(_parts(), key=lambda part: part.name.casefold()))


def _parts() -> list[metadata.Distribution]:
    """Return the distribution of the tool and what it needs, each once."""
    wanted, found = [("quetsach", "")], dict[str, metadata.Distribution]()
    while wanted:
        name, extras = wanted.pop()
        try:
            part = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # needed on another system only
            continue
        found[part.name.casefold()] = part
        needed = (_NEED.match(line) for line in part.requires or ())
        wanted += [
            (need["name"], need["extras"] or "")
            for need in needed
            if need is not None
            and (not need["of"] or need["of"] in extras.split(","))
            and need["name"].casefold() not in found
        ]
    return list(found.values())


def _licence(part: metadata.Distribution) -> str:
    said = part.metadata
    classes = (one.rpartition(" :: ")[2] for one in said.get_all("Classifier", ()) if one.startswith("License ::"))
    name = said.get("License-Expression") or said.get("License") or ", ".join(classes)
    files = (Path(str(one.locate())) for one in part.files or () if one.name.upper().startswith(_TEXTS))
    texts = [path.read_text("utf-8", "replace").strip() for path in files if path.is_file()]
    return "\n".join((f"{part.name} {part.version}", *filter(None, (name, *texts))))
