"""The recipe of a pack and its lists of indicators: each trait is checked by itself and against the others."""

import re
from collections.abc import Mapping

import boreal

from quetsach.core.errors import InputError
from quetsach.core.indicator_list import (
    ALGORITHMS,
    LARGEST_HASHED,
    SMALLEST_HASHED,
    IndicatorList,
    ListKind,
    parse_list,
)
from quetsach.core.pack import (
    ACTIONS_OF_KIND,
    ANY_RULE,
    FIELDS_OF_KIND,
    Action,
    ArtefactKind,
    FileHash,
    Trait,
    pattern_rule,
)
from quetsach.core.toml_table import Table, not_utf8, read_toml
from quetsach.packs import PackError

# The lists of indicators of a pack, and traits that know an artefact by one: what a list knows is only reported.

type Lists = Mapping[str, IndicatorList]
"""File name -> the list in it."""


def lists_of(content: Mapping[str, bytes], where: str) -> Lists:
    """Return the lists among the files of a pack.

    Raises:
        PackError: one is not of the form; it names the line.
    """
    lists = {}
    for kind in ListKind:
        if (raw := content.get(kind.file_name)) is not None:
            place = f"{where}/{kind.file_name}"
            try:
                lists[kind.file_name] = parse_list(kind, raw.decode())
            except UnicodeDecodeError as error:
                raise not_utf8(raw, error, place, PackError) from None
            except InputError as error:
                raise PackError(error.text or error.what, where=place, hint=error.advice or error.hint) from None
    return lists


def take_hash_list(table: Table, lists: Lists) -> IndicatorList | None:
    """Return the list of hashes that a trait names in its field ``hash_list``."""
    name = table.take_text("hash_list", default="")
    return _list_called(table, "hash_list", name, {ListKind.HASHES}, lists) if name else None


def take_listed(table: Table, lists: Lists) -> tuple[tuple[str, IndicatorList], ...]:
    """Return field -> list of a trait: ``listed.FIELD`` names the file."""
    kinds = set(ListKind) - {ListKind.HASHES}
    return tuple(
        (field, _list_called(table, "listed", name, kinds, lists)) for field, name in table.take_pairs("listed")
    )


def check_list_tests(table: Table, trait: Trait) -> None:
    """Check what a trait asks of lists: only that is reported, and names of files are told with something surer."""
    if not (trait.hash_list or trait.listed):
        return
    if trait.action is not Action.REPORT:
        table.fail("what a list knows is only reported", field="action", hint="write action = 'report'")
    if trait.hash_list and trait.kind not in {ArtefactKind.FILE, ArtefactKind.PROCESS}:
        table.fail("only files and processes have a hash", field="hash_list", hint="use listed")
    for field, known in trait.listed:
        is_name = known.kind is ListKind.NAMES
        if is_name and (field, trait.kind) != ("name", ArtefactKind.FILE):
            table.fail("names of files are looked for in the name of a file", field="listed", hint="write listed.name")
        if is_name and not trait.only_with:
            hint = "give it only_with: a name alone can be anyone's"
            table.fail("a list of names shows nothing by itself", field="only_with", hint=hint)


def unused(traits: tuple[Trait, ...], lists: Lists) -> str:
    """Return a list that no trait asks for; empty when there is none."""
    used = {t.hash_list.kind for t in traits if t.hash_list} | {known.kind for t in traits for _, known in t.listed}
    return next((name for name, known in lists.items() if known.kind not in used), "")


def _list_called(table: Table, field: str, name: str, kinds: set[ListKind], lists: Lists) -> IndicatorList:
    if name not in {kind.file_name for kind in kinds}:
        allowed = ", ".join(sorted(kind.file_name for kind in kinds))
        table.fail(f"{name!r} cannot be a list here", field=field, hint=f"one of {allowed}")
    if name not in lists:
        table.fail(f"the pack has no file {name!r}", field=field, hint="add it, or take the field away")
    return lists[name]


# The recipe of a pack: each trait is read, checked by itself, and checked against the others.

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""Form of the names of families and traits."""

_PATTERN_LIMIT = 512


def parse_recipe(raw: bytes, where: str, rules: frozenset[str], lists: Lists) -> tuple[Trait, ...]:
    """Return the traits of a recipe.

    Args:
        raw: the file.
        where: what to call it in errors.
        rules: the names of the rules that a trait can ask for.
        lists: the lists of indicators of the pack.

    Raises:
        PackError: it does not hold together.
    """
    recipe = read_toml(raw, where=where, error=PackError)
    tables = recipe.take_tables("trait")
    recipe.finish()
    traits: dict[str, Trait] = {}
    for table in tables:
        trait = _trait(table, rules, lists)
        if trait.id in traits:
            table.fail(f"the id {trait.id!r} is taken", field="id", hint="give each trait its own id")
        traits[trait.id] = trait
    for trait, table in zip(traits.values(), tables, strict=True):
        for field in ("refers_to", "named_by", "only_with"):
            for other in getattr(trait, field):
                if other not in traits or other == trait.id:
                    table.fail(f"no other trait is called {other!r}", field=field, hint="name traits of this recipe")
        _check_naming(table, trait, [traits[other] for other in trait.named_by])
    _check_patterns(list(zip(tables, traits.values(), strict=True)))
    if not traits:
        recipe.fail("the recipe has no trait", hint="write at least one [[trait]]")
    if name := unused(tuple(traits.values()), lists):
        recipe.fail(f"no trait asks for {name}", hint="name it in hash_list or listed, or remove the file")
    return tuple(traits.values())


def _trait(table: Table, rules: frozenset[str], lists: Lists) -> Trait:
    kind = table.take_choice("kind", ArtefactKind, tuple(ArtefactKind))
    trait = Trait(
        id=table.take_matching("id", SLUG, "lower-case words joined by hyphens"),
        kind=kind,
        action=table.take_choice("action", Action, tuple(sorted(ACTIONS_OF_KIND[kind]))),
        why=table.take_local_text("why"),
        rule=table.take_text("rule", default=""),
        match=table.take_pairs("match"),
        refers_to=table.take_texts("refers_to"),
        only_with=table.take_texts("only_with"),
        named_by=table.take_texts("named_by"),
        names=table.take_texts("names"),
        hashes=tuple(_hash(table, text) for text in table.take_texts("hashes")),
        memory=table.take_flag("memory"),
        hash_list=take_hash_list(table, lists),
        listed=take_listed(table, lists),
    )
    table.finish()
    _check_fields(table, trait)
    is_listed = trait.hash_list or trait.listed
    is_tied = trait.refers_to or trait.named_by
    if not (trait.rule or trait.match or is_tied or trait.names or trait.hashes or is_listed):
        table.fail("the trait tests nothing", hint="give it rule, hashes, names, match, listed or refers_to")
    _check_file_tests(table, trait)
    check_list_tests(table, trait)
    if trait.rule and kind not in {ArtefactKind.FILE, ArtefactKind.PROCESS}:
        table.fail("only files and processes have content to match", field="rule", hint="use match or refers_to")
    if trait.rule == ANY_RULE and (trait.action is not Action.REPORT or trait.memory):
        table.fail("what any rule matches is only reported", field="rule", hint="name the rule that is to be acted on")
    if trait.rule not in {"", ANY_RULE, *rules}:
        table.fail(
            f"rules.yar has no rule {trait.rule!r}", field="rule", hint=f"one of {', '.join(sorted(rules)) or 'none'}"
        )
    return trait


def _check_fields(table: Table, trait: Trait) -> None:
    """Refuse a field that no artefact of the kind has: the trait would never be found, and nobody would know why."""
    known = FIELDS_OF_KIND[trait.kind]
    for test, fields in (("match", trait.match), ("listed", trait.listed)):
        for field, _ in fields:
            if field not in known:
                what = f"a {trait.kind} has no field {field!r}"
                table.fail(what, field=f"{test}.{field}", hint=f"one of {', '.join(known)}")


def _check_naming(table: Table, trait: Trait, naming: list[Trait]) -> None:
    """Check a trait of files that are known by what names them: a shell is named by every script."""
    if not naming:
        return
    if trait.kind is not ArtefactKind.FILE or not any(field == "path" for field, _ in trait.match):
        hint = "give it match.path: what a command names may be a program of the system"
        table.fail("only a file at a place of the family's own is known by what names it", field="named_by", hint=hint)
    if any(other.kind is ArtefactKind.FILE for other in naming):
        table.fail("a file names no other", field="named_by", hint="name traits of what starts the file")
    if trait.action is not Action.REPORT and any(other.action is Action.REPORT for other in naming):
        hint = "name traits that are acted on themselves, or report the file"
        table.fail("what is only reported is no ground to act on a file", field="named_by", hint=hint)


def _check_file_tests(table: Table, trait: Trait) -> None:
    """Check what only files, or only processes, can be tested for."""
    if (trait.names or trait.hashes) and trait.kind is not ArtefactKind.FILE:
        field = "names" if trait.names else "hashes"
        table.fail("only files have names and hashes to match", field=field, hint="use match")
    if any("/" in name or "\\" in name or not name.isprintable() for name in trait.names):
        table.fail("a name is a file's own name, without folders", field="names", hint="match.path says the folder")
    if trait.memory and not (trait.kind is ArtefactKind.PROCESS and trait.rule):
        table.fail(
            "only a process with a rule has memory to match", field="memory", hint="use kind = 'process' with a rule"
        )
    is_known = trait.rule or trait.hashes or trait.hash_list or trait.listed or trait.named_by
    if trait.kind is not ArtefactKind.FILE or is_known:
        return
    if trait.action is not Action.REPORT and not (trait.names and trait.only_with):
        hint = "give it a rule or hashes; a name alone can be anyone's, and acts only_with a finding that is sure"
        table.fail("a file is known by its content", hint=hint)
    if not trait.names and not any(field == "archive" for field, _ in trait.match):
        table.fail("every file would have to be tested", hint="give it rule, hashes or names")


def _hash(table: Table, text: str) -> FileHash:
    """Return a hash written as ``size:digest``; the length of the digest tells the algorithm."""
    size, _, digest = text.partition(":")
    algorithm = ALGORITHMS.get(len(digest), "")
    if not (size.isascii() and size.isdecimal() and algorithm and set(digest) <= set("0123456789abcdef")):
        table.fail(
            f"{text[:80]!r} is no hash", field="hashes", hint="write size:digest, such as 73802:0a1b…, in small letters"
        )
    if not SMALLEST_HASHED <= int(size[:16]) <= LARGEST_HASHED:
        what = f"a file of {size[:16]} bytes is not known by its hash"
        table.fail(what, field="hashes", hint=f"at least {SMALLEST_HASHED} bytes")
    return FileHash(algorithm, digest, int(size[:16]))


def _check_patterns(traits: list[tuple[Table, Trait]]) -> None:
    """Compile the patterns of a recipe, all at once; one by one to name the one that does not compile."""
    patterns = [(table, field, pattern) for table, trait in traits for field, pattern in trait.match]
    for table, field, pattern in patterns:
        if len(pattern) > _PATTERN_LIMIT:
            what = f"the pattern of {field!r} is longer than {_PATTERN_LIMIT} characters"
            table.fail(what, field=f"match.{field}", hint="split the trait")
    different = dict.fromkeys(pattern for _, _, pattern in patterns)
    named = (pattern_rule(pattern, name=f"pattern_{number}") for number, pattern in enumerate(different))
    try:
        boreal.compile(source="\n".join(named), includes=False)
    except boreal.Error:
        for table, field, pattern in patterns:
            _check_pattern(table, field, pattern)


def _check_pattern(table: Table, field: str, pattern: str) -> None:
    try:
        boreal.compile(source=pattern_rule(pattern), includes=False)
    except boreal.Error as error:
        reason = str(error).splitlines()[0].rpartition("error: ")[2]
        what = f"the pattern of {field!r} does not compile: {reason}"
        hint = "write it as YARA does between its slashes, with [0-9] for a digit and \\. for a point"
        table.fail(what, field=f"match.{field}", hint=hint)
