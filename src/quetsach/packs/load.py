"""Pack folders and packed files become values; what does not hold together is refused with the place and the remedy.

A pack folder has the files of ``container.FILES`` and, for analysts, ``specimen.py``; that of a family of devices only
those of ``container.GUIDANCE_FILES``. See ``docs/reference``.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from quetsach.core.pack import Pack, Trait
from quetsach.core.text import LocalText, SystemText, Text
from quetsach.core.toml_table import Table, not_utf8, read_toml
from quetsach.packs import ContainerError, PackError
from quetsach.packs.container import (
    CONTAINER_LIMIT_BYTES,
    FILES,
    GUIDANCE_FILES,
    LIST_FILES,
    read_file,
    read_folder,
    unpack,
)
from quetsach.packs.recipe import SLUG, lists_of, parse_recipe
from quetsach.packs.rules import rule_names

PLATFORMS = ("linux", "macos", "windows")
SEVERITIES = ("test", "low", "medium", "high", "critical")

DEVICES = ("android", "camera", "nas", "router")
"""What the tool does not run on: packs of these have guidance for people and nothing else."""

_FORMAT = 1
_VERSION = re.compile(r"20\d\d\.(0[1-9]|1[0-2])\.(0[1-9]|[12]\d|3[01])(\.\d\d)?")


def load_pack(path: Path) -> Pack:
    """Return the pack in a folder or a ``.qsp`` file.

    Raises:
        PackError: it cannot be read or does not hold together.
    """
    return parse_pack(read_pack(path), str(path))


def read_pack(path: Path) -> dict[str, bytes]:
    """Return the files of a pack folder or of a ``.qsp`` file: name -> bytes.

    Raises:
        PackError: it cannot be read.
    """
    if path.is_dir():
        return read_folder(path)
    try:
        return unpack(read_file(path, CONTAINER_LIMIT_BYTES))
    except ContainerError as error:
        raise ContainerError(error.text or error.what, where=str(path), hint=error.advice or error.hint) from error


def load_shelf(folder: Path) -> tuple[Pack, ...]:
    """Return the packs of a folder of pack folders and ``.qsp`` files, by family; of one family the newest.

    Raises:
        PackError: the folder cannot be read, or one of its packs cannot be used.
    """
    read = ((read_pack(path), str(path)) for path in _packs_of(folder))
    return newest(parse_pack(content, where) for content, where in read)


def families_of(folder: Path, *, with_devices: bool = True) -> frozenset[str]:
    """Return the families of a shelf, by the heads of its packs; those of devices, which have guidance only, or not.

    Raises:
        PackError: the folder or the head of a pack cannot be read.
    """
    read = ((read_pack(path), str(path)) for path in _packs_of(folder))
    return frozenset(
        _family(_head(content, where))
        for content, where in read
        if with_devices or not set(DEVICES) & set(_platforms(content, where))
    )


def title_of(content: Mapping[str, bytes], where: str) -> LocalText:
    """Return what people call the family of a pack, by its head alone: its rules are not compiled.

    Raises:
        PackError: the head cannot be read.
    """
    return _head(content, where).take_local_text("name")


def _head(content: Mapping[str, bytes], where: str) -> Table:
    _require(content, GUIDANCE_FILES, where)
    return read_toml(content["pack.toml"], where=f"{where}/pack.toml", error=PackError)


def _family(head: Table) -> str:
    return head.take_matching("family", SLUG, "lower-case words joined by hyphens")


def _platforms(content: Mapping[str, bytes], where: str) -> tuple[str, ...]:
    return _choices(_head(content, where), "platforms", (*PLATFORMS, *DEVICES))


def packs_at(path: Path) -> list[Path]:
    """Return the pack folders and ``.qsp`` files of a shelf; of what is no shelf the path itself.

    Raises:
        PackError: the folder cannot be read.
    """
    is_shelf = path.is_dir() and not (path / "pack.toml").exists()
    return (_packs_of(path) if is_shelf else []) or [path]


def _packs_of(shelf: Path) -> list[Path]:
    try:
        entries = sorted(shelf.iterdir())
    except OSError as error:
        raise PackError(
            Text("cannot read the shelf: {reason}", reason=SystemText(error.strerror)), where=str(shelf)
        ) from None
    return [entry for entry in entries if entry.suffix == ".qsp" or (entry / "pack.toml").is_file()]


def newest(packs: Iterable[Pack]) -> tuple[Pack, ...]:
    """Return one pack a family, the one with the highest version, ordered by family."""
    by_family: dict[str, Pack] = {}
    for pack in packs:
        if pack.family not in by_family or by_family[pack.family].version < pack.version:
            by_family[pack.family] = pack
    return tuple(by_family[family] for family in sorted(by_family))


def parse_pack(content: Mapping[str, bytes], where: str) -> Pack:
    """Return the pack that the files make.

    Args:
        content: file name -> bytes, with all of ``FILES``.
        where: what to call the pack in errors.

    Raises:
        PackError: a file is missing or malformed, or the files do not fit each other.
    """
    head = _head(content, where)
    if head.take_number("format") != _FORMAT:
        head.fail(f"this tool reads format {_FORMAT}", field="format", hint=Text("update quetsach"))
    platforms = frozenset(_choices(head, "platforms", (*PLATFORMS, *DEVICES)))
    rules, traits = _recognition(content, where, platforms, head)
    pack = Pack(
        family=_family(head),
        version=head.take_matching("version", _VERSION, "a date such as 2026.11.25, or 2026.11.25.02 for a second one"),
        name=head.take_local_text("name"),
        platforms=platforms,
        severity=head.take_choice("severity", str, SEVERITIES),
        aliases=head.take_texts("aliases"),
        references=_references(head),
        author=head.take_text("author"),
        licence=head.take_text("licence"),
        rules=rules,
        traits=traits,
        guidance=LocalText(
            vi=_guidance(content, "vi", where),
            en=_guidance(content, "en", where),
        ),
        digest=content_digest(content),
    )
    head.finish()
    return pack


def _recognition(
    content: Mapping[str, bytes], where: str, platforms: frozenset[str], head: Table
) -> tuple[str, tuple[Trait, ...]]:
    """Return the rules and traits of a pack; none of a pack for devices."""
    if not platforms & set(DEVICES):
        _require(content, FILES, where)
        rules = _text(content, "rules.yar", where)
        names = rule_names(rules, f"{where}/rules.yar")
        lists = lists_of(content, where)
        return rules, parse_recipe(content["recipe.toml"], f"{where}/recipe.toml", names, lists)
    if platforms & set(PLATFORMS):
        hint = Text(
            "the tool runs on none of {names}: give them a pack of their own, with guidance only",
            names=", ".join(DEVICES),
        )
        head.fail("computers and devices stand in one pack", field="platforms", hint=hint)
    if superfluous := sorted(content.keys() - GUIDANCE_FILES):
        hint = Text("a pack of devices has {names}", names=", ".join(GUIDANCE_FILES))
        raise PackError(
            Text("nothing of this file can be used on a device"), where=f"{where}/{superfluous[0]}", hint=hint
        )
    return "", ()


def _require(content: Mapping[str, bytes], names: Iterable[str], where: str) -> None:
    for name in names:
        if name not in content:
            raise PackError(
                Text("the file {name} is missing", name=name),
                where=where,
                hint=Text("a pack needs {names}", names=", ".join(names)),
            )


def content_digest(content: Mapping[str, bytes]) -> str:
    """Return the SHA-256 (hex) of the files of a pack: name, length and bytes of each, ``FILES`` before its lists."""
    digest = hashlib.sha256()
    for name in (name for name in (*FILES, *LIST_FILES) if name in content):
        digest.update(f"{name}\0{len(content[name])}\0".encode() + content[name])
    return digest.hexdigest()


def _text(content: Mapping[str, bytes], name: str, where: str) -> str:
    try:
        text = content[name].decode()
    except UnicodeDecodeError as error:
        raise not_utf8(content[name], error, f"{where}/{name}", PackError) from None
    if not text.strip():
        raise PackError(Text("the file is empty"), where=f"{where}/{name}", hint=Text("write it"))
    return text


def _guidance(content: Mapping[str, bytes], language: str, where: str) -> str:
    """Return guidance; characters that a terminal obeys, or that turn the order of others around, are refused."""
    name = f"guidance.{language}.md"
    text = _text(content, name, where)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.replace("\t", "").isprintable():
            what = Text("the line has control or invisible characters")
            raise PackError(what, where=f"{where}/{name}:{number}", hint=Text("write it as plain text"))
    return text


def _choices(table: Table, name: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    values = table.take_texts(name)
    if not values or not set(values) <= set(choices):
        table.fail(
            f"field {name!r} is {list(values)!r}",
            field=name,
            hint=Text("one or more of {names}", names=", ".join(choices)),
        )
    return values


def _references(table: Table) -> tuple[str, ...]:
    references = table.take_texts("references")
    for reference in references:
        if not reference.startswith("https://"):
            what = Text("the reference {reference} is no https:// address", reference=repr(reference))
            table.fail(what, field="references", hint=Text("other sources go into sources.md"))
    return references
