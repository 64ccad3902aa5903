"""Pack folders and packed files become values; what does not hold together is refused with the place and the remedy.

A pack folder has the files of ``container.FILES`` and, for analysts, ``specimen.py``. See ``docs/reference``.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import boreal

from quetsach.core.errors import InputError
from quetsach.core.pack import ACTIONS_OF_KIND, Action, ArtefactKind, FileHash, LocalText, Pack, Trait, pattern_rule
from quetsach.core.rule_text import rules_of
from quetsach.packs.container import CONTAINER_LIMIT_BYTES, FILES, unpack
from quetsach.packs.errors import PackError
from quetsach.packs.table import Table, read_toml

FILE_LIMIT_BYTES = 4 << 20
PLATFORMS = ("linux", "macos", "windows")
SEVERITIES = ("test", "low", "medium", "high", "critical")

_FORMAT = 1
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"20\d\d\.(0[1-9]|1[0-2])\.(0[1-9]|[12]\d|3[01])(\.\d\d)?")
_PATTERN_LIMIT = 512
_ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256"}
_SMALLEST_HASHED = 64
"""Tiny files are alike: a line feed has a hash too."""
_LARGEST_HASHED = 4 << 30


def load_pack(path: Path) -> Pack:
    """Return the pack in a folder or a ``.qsp`` file.

    Raises:
        PackError: it cannot be read or does not hold together.
    """
    return parse_pack(read_folder(path) if path.is_dir() else unpack(_read(path, CONTAINER_LIMIT_BYTES)), str(path))


def load_shelf(folder: Path) -> tuple[Pack, ...]:
    """Return the packs of a folder of pack folders and ``.qsp`` files, by family; of one family the newest.

    Raises:
        PackError: the folder cannot be read, or one of its packs cannot be used.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise PackError(f"cannot read the shelf: {error.strerror}", where=str(folder)) from None
    return newest(load_pack(e) for e in entries if e.suffix == ".qsp" or (e / "pack.toml").is_file())


def newest(packs: Iterable[Pack]) -> tuple[Pack, ...]:
    """Return one pack a family, the one with the highest version, ordered by family."""
    by_family: dict[str, Pack] = {}
    for pack in packs:
        if pack.family not in by_family or by_family[pack.family].version < pack.version:
            by_family[pack.family] = pack
    return tuple(by_family[family] for family in sorted(by_family))


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the content of a pack folder: file name -> bytes.

    Raises:
        PackError: a file is missing, unreadable or too large.
    """
    return {name: _read(folder / name, FILE_LIMIT_BYTES) for name in FILES}


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except OSError as error:
        raise PackError(f"cannot be read: {error.strerror}", where=str(path), hint="a pack needs this file") from None
    if len(raw) > limit:
        raise PackError(f"larger than {limit:,} bytes", where=str(path), hint="a pack's files are small texts")
    return raw


def parse_pack(content: Mapping[str, bytes], where: str) -> Pack:
    """Return the pack that the files make.

    Args:
        content: file name -> bytes, with all of ``FILES``.
        where: what to call the pack in errors.

    Raises:
        PackError: a file is missing or malformed, or the files do not fit each other.
    """
    if missing := [name for name in FILES if name not in content]:
        raise PackError(f"the file {missing[0]} is missing", where=where, hint="a pack needs " + ", ".join(FILES))
    head = read_toml(content["pack.toml"], where=f"{where}/pack.toml")
    if head.take_number("format") != _FORMAT:
        head.fail(f"this tool reads format {_FORMAT}", hint="update quetsach")
    rules = _text(content, "rules.yar", where)
    pack = Pack(
        family=_matching(head, "family", _SLUG, "lower-case words joined by hyphens"),
        version=_matching(head, "version", _VERSION, "a date such as 2026.11.25, or 2026.11.25.02 for a second one"),
        name=head.take_local_text("name"),
        platforms=frozenset(_choices(head, "platforms", PLATFORMS)),
        severity=head.take_choice("severity", str, SEVERITIES),
        aliases=head.take_texts("aliases"),
        references=_references(head),
        author=head.take_text("author"),
        licence=head.take_text("licence"),
        rules=rules,
        traits=_traits(content["recipe.toml"], f"{where}/recipe.toml", _rule_names(rules, f"{where}/rules.yar")),
        guidance=LocalText(
            vi=_text(content, "guidance.vi.md", where),
            en=_text(content, "guidance.en.md", where),
        ),
        digest=content_digest(content),
    )
    head.finish()
    return pack


def content_digest(content: Mapping[str, bytes]) -> str:
    """Return the SHA-256 (hex) of a pack's files: of name, length and bytes of each, in the order of ``FILES``."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(f"{name}\0{len(content[name])}\0".encode() + content[name])
    return digest.hexdigest()


def _text(content: Mapping[str, bytes], name: str, where: str) -> str:
    try:
        text = content[name].decode()
    except UnicodeDecodeError as error:
        raise PackError(f"byte {error.start} is not UTF-8", where=f"{where}/{name}", hint="save it as UTF-8") from None
    if not text.strip():
        raise PackError("the file is empty", where=f"{where}/{name}", hint="write it")
    return text


def _matching(table: Table, name: str, form: re.Pattern[str], description: str) -> str:
    value = table.take_text(name, hint=description)
    if not form.fullmatch(value):
        table.fail(f"field {name!r} is {value!r}", hint=description)
    return value


def _choices(table: Table, name: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    values = table.take_texts(name)
    if not values or not set(values) <= set(choices):
        table.fail(f"field {name!r} is {list(values)!r}", hint=f"one or more of {', '.join(choices)}")
    return values


def _references(table: Table) -> tuple[str, ...]:
    references = table.take_texts("references")
    for reference in references:
        if not reference.startswith("https://"):
            table.fail(f"the reference {reference!r} is no https:// address", hint="other sources go into sources.md")
    return references


def compile_rules(source: str, where: str) -> boreal.Scanner:
    """Return rules compiled.

    Raises:
        PackError: they do not compile.
    """
    try:
        return boreal.compile(source=source, includes=False)
    except boreal.Error as error:
        raise PackError(f"the rules do not compile: {error}", where=where, hint="mend the rule named above") from None


def _rule_names(source: str, where: str) -> frozenset[str]:
    """Return the names of the rules that can be asked for: not the private ones."""
    scanner = compile_rules(source, where)
    try:
        for rule in rules_of(source).rules:
            _ = rule.file_types
    except InputError as error:
        raise PackError(error.what, where=where, hint=error.hint) from None
    return frozenset(rule.identifier for rule in scanner if not rule.is_private)


def _traits(raw: bytes, where: str, rules: frozenset[str]) -> tuple[Trait, ...]:
    recipe = read_toml(raw, where=where)
    tables = recipe.take_tables("trait")
    recipe.finish()
    traits: dict[str, Trait] = {}
    for table in tables:
        trait = _trait(table, rules)
        if trait.id in traits:
            table.fail(f"the id {trait.id!r} is taken", hint="give each trait its own id")
        traits[trait.id] = trait
    for trait, table in zip(traits.values(), tables, strict=True):
        for other in (*trait.refers_to, *trait.only_with):
            if other not in traits or other == trait.id:
                table.fail(f"no other trait is called {other!r}", hint="name traits of this recipe")
    if not traits:
        recipe.fail("the recipe has no trait", hint="write at least one [[trait]]")
    return tuple(traits.values())


def _trait(table: Table, rules: frozenset[str]) -> Trait:
    kind = table.take_choice("kind", ArtefactKind, tuple(ArtefactKind))
    trait = Trait(
        id=_matching(table, "id", _SLUG, "lower-case words joined by hyphens"),
        kind=kind,
        action=table.take_choice("action", Action, tuple(sorted(ACTIONS_OF_KIND[kind]))),
        why=table.take_local_text("why"),
        rule=table.take_text("rule", default=""),
        match=table.take_pairs("match"),
        refers_to=table.take_texts("refers_to"),
        only_with=table.take_texts("only_with"),
        names=table.take_texts("names"),
        hashes=tuple(_hash(table, text) for text in table.take_texts("hashes")),
        memory=table.take_flag("memory"),
    )
    table.finish()
    if not (trait.rule or trait.match or trait.refers_to or trait.names or trait.hashes):
        table.fail("the trait tests nothing", hint="give it rule, hashes, names, match or refers_to")
    _check_file_tests(table, trait)
    if trait.rule and kind not in {ArtefactKind.FILE, ArtefactKind.PROCESS}:
        table.fail("only files and processes have content to match", hint="use match or refers_to")
    if trait.rule and trait.rule not in rules:
        table.fail(f"rules.yar has no rule {trait.rule!r}", hint=f"one of {', '.join(sorted(rules)) or 'none'}")
    for field, pattern in trait.match:
        _check_pattern(table, field, pattern)
    return trait


def _check_file_tests(table: Table, trait: Trait) -> None:
    """Check what only files, or only processes, can be tested for."""
    if (trait.names or trait.hashes) and trait.kind is not ArtefactKind.FILE:
        table.fail("only files have names and hashes to match", hint="use match")
    if any("/" in name or "\\" in name or not name.isprintable() for name in trait.names):
        table.fail("a name is a file's own name, without folders", hint="use match.path beside it for the folder")
    if trait.memory and not (trait.kind is ArtefactKind.PROCESS and trait.rule):
        table.fail("only a process with a rule has memory to match", hint="use kind = 'process' with a rule")
    if trait.kind is not ArtefactKind.FILE or trait.rule or trait.hashes:
        return
    if trait.action is not Action.REPORT and not (trait.names and trait.only_with):
        hint = "give it a rule or hashes; a name alone can be anyone's, and acts only_with a finding that is sure"
        table.fail("a file is known by its content", hint=hint)
    if not trait.names and not any(field == "archive" for field, _ in trait.match):
        table.fail("every file would have to be tested", hint="give it rule, hashes or names")


def _hash(table: Table, text: str) -> FileHash:
    """Return a hash written as ``size:digest``; the length of the digest tells the algorithm."""
    size, _, digest = text.partition(":")
    algorithm = _ALGORITHMS.get(len(digest), "")
    if not (size.isdecimal() and algorithm and set(digest) <= set("0123456789abcdef")):
        table.fail(f"{text[:80]!r} is no hash", hint="write size:digest, such as 73802:0a1b…, in small letters")
    if not _SMALLEST_HASHED <= int(size[:16]) <= _LARGEST_HASHED:
        table.fail(f"a file of {size[:16]} bytes is not known by its hash", hint=f"at least {_SMALLEST_HASHED} bytes")
    return FileHash(algorithm, digest, int(size[:16]))


def _check_pattern(table: Table, field: str, pattern: str) -> None:
    if len(pattern) > _PATTERN_LIMIT:
        table.fail(f"the pattern of {field!r} is longer than {_PATTERN_LIMIT} characters", hint="split the trait")
    try:
        boreal.compile(source=pattern_rule(pattern), includes=False)
    except boreal.Error as error:
        table.fail(f"the pattern of {field!r} does not compile: {error}", hint="write it as YARA does: /regex/")
