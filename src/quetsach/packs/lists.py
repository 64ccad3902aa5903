"""The lists of indicators of a pack, and traits that know an artefact by one: what a list knows is only reported."""

from collections.abc import Mapping

from quetsach.core.errors import InputError
from quetsach.core.indicator_list import IndicatorList, ListKind, parse_list
from quetsach.core.pack import Action, ArtefactKind, Trait
from quetsach.packs.errors import PackError
from quetsach.packs.table import Table, not_utf8

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
                raise not_utf8(raw, error, place) from None
            except InputError as error:
                raise PackError(error.what, where=place, hint=error.hint) from None
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
