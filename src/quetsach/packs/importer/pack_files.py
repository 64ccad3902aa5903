"""The files of the pack that an import makes: it only reports."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from quetsach.core.indicator_list import ListKind, list_line
from quetsach.core.pack import ArtefactKind
from quetsach.core.text import LocalText, Text
from quetsach.packs.importer.intake import GivenFile, Taken

# The recipe of a pack of others' indicators: which traces are looked at for which list. It only reports.

_COMMANDS: Sequence[tuple[ArtefactKind, str]] = (
    (ArtefactKind.PROCESS, "command_line"),
    (ArtefactKind.CRON_ENTRY, "command"),
    (ArtefactKind.SYSTEMD_UNIT, "exec"),
    (ArtefactKind.RC_LOCAL_LINE, "line"),
    (ArtefactKind.PROFILE_LINE, "line"),
    (ArtefactKind.STARTUP_FILE, "command"),
    (ArtefactKind.SERVICE, "command"),
    (ArtefactKind.SCHEDULED_TASK, "command"),
    (ArtefactKind.WMI_SUBSCRIPTION, "command"),
    (ArtefactKind.REGISTRY_VALUE, "data"),
)
_FIELDS: Mapping[ListKind, Sequence[tuple[ArtefactKind, str]]] = {
    # A line of `hosts` names bad domains in order to block them; only where it leads to tells something.
    ListKind.ADDRESSES: ((ArtefactKind.SOCKET, "remote"), (ArtefactKind.SETTING_LINE, "line"), *_COMMANDS),
    ListKind.DOMAINS: ((ArtefactKind.SETTING_LINE, "command"), *_COMMANDS),
    ListKind.URLS: ((ArtefactKind.SETTING_LINE, "command"), *_COMMANDS),
}
_WHY: Mapping[str, LocalText] = {
    "rule": Text("The content matches a detection rule of a third party; the evidence names its author."),
    ListKind.HASHES: Text("The content is byte for byte a sample on the list of a third party."),
    ListKind.NAMES: Text(
        "The name of the file is on the list of a third party, and this machine has another sign from it."
    ),
    ListKind.ADDRESSES: Text("This names a network address that is on the list of a third party."),
    ListKind.DOMAINS: Text("This names a domain that is on the list of a third party."),
    ListKind.URLS: Text("This names a web address that is on the list of a third party."),
}


@dataclass(frozen=True, slots=True)
class _Trait:
    id: str
    kind: ArtefactKind
    test: str
    why: LocalText

    def text(self, only_with: Sequence[str] = ()) -> str:
        rests = f"only_with = [{', '.join(f'"{other}"' for other in only_with)}]\n" if only_with else ""
        return (
            f'[[trait]]\nid = "{self.id}"\nkind = "{self.kind}"\n{self.test}\n{rests}action = "report"\n'
            f'why.vi = "{self.why.vi}"\nwhy.en = "{self.why.en}"\n'
        )


def recipe_for(kinds: Sequence[ListKind], *, has_rules: bool) -> str:
    """Return the recipe of a pack with these lists, and with rules or without."""
    traits = list(_traits(kinds, has_rules=has_rules))
    texts = [trait.text() for trait in traits]
    if ListKind.NAMES in kinds:
        named = _Trait("file-names", ArtefactKind.FILE, 'listed.name = "names.txt"', _WHY[ListKind.NAMES])
        texts.append(named.text([trait.id for trait in traits]))
    return "\n".join(texts)


def _traits(kinds: Sequence[ListKind], *, has_rules: bool) -> Iterator[_Trait]:
    for kind in (ArtefactKind.FILE, ArtefactKind.PROCESS):
        if ListKind.HASHES in kinds:
            yield _Trait(f"{kind}-hashes", kind, 'hash_list = "hashes.txt"', _WHY[ListKind.HASHES])
        if has_rules:
            yield _Trait(f"{kind}-rule", kind, 'rule = "*"', _WHY["rule"])
    for list_kind, fields in _FIELDS.items():
        if list_kind in kinds:
            for kind, field in fields:
                test = f'listed.{field} = "{list_kind.file_name}"'
                yield _Trait(f"{kind}-{list_kind}", kind, test, _WHY[list_kind])


# The files of the pack that an import makes.

PLATFORMS = ("linux", "macos", "windows")

_MOST_AUTHORS = 200
_GUIDANCE_VI = """# Dấu hiệu của bên thứ ba: {family}

## Đây là gì

Gói này gồm các dấu hiệu do bên khác công bố: {author}.
Quét Sạch chỉ báo lại những gì khớp, không thay đổi gì trên máy.

## Nó đã làm gì

Một dấu hiệu khớp chưa chắc là mã độc: danh sách của bên thứ ba có thể sai hoặc đã cũ.
Phần bằng chứng cho biết dấu hiệu nào khớp và ai đưa ra.

## Cần làm gì bây giờ

- Giữ nguyên máy, ghi lại những gì được báo.
- Nhờ người phụ trách công nghệ thông tin xem xét trước khi xóa bất cứ tệp nào.
- Nếu là máy của cơ quan, báo cho đơn vị chuyên trách an toàn thông tin.
"""
_GUIDANCE_EN = """# Indicators of a third party: {family}

## What it is

This pack holds signs that others have published: {author}.
Quét Sạch only tells what matches and changes nothing on the machine.

## What it did

A sign that matches need not be malware: the list of a third party can be wrong or old.
The evidence says which sign matched and whose it is.

## What to do now

- Leave the machine as it is, and note what was reported.
- Ask whoever looks after your computers before you delete any file.
- If it is a machine of an agency, tell your security unit.
"""


@dataclass(frozen=True, slots=True)
class Heading:
    """What the pack is called and whose content it is."""

    family: str
    author: str
    licence: str
    day: date
    platforms: Sequence[str] = PLATFORMS


def pack_files(heading: Heading, taken: Taken, given: Sequence[GivenFile]) -> dict[str, bytes]:
    """Return the files of the pack: name -> bytes. The same input gives the same bytes."""
    files = {
        "pack.toml": _head(heading),
        "rules.yar": _rules(taken),
        "recipe.toml": recipe_for(tuple(taken.lists), has_rules=bool(taken.rules.rules)),
        "guidance.vi.md": _GUIDANCE_VI.format(family=heading.family, author=heading.author),
        "guidance.en.md": _GUIDANCE_EN.format(family=heading.family, author=heading.author),
        "sources.md": _sources(heading, taken, given),
    }
    files |= {kind.file_name: _list(kind, entries) for kind, entries in taken.lists.items()}
    return {name: text.encode() for name, text in files.items()}


def _head(heading: Heading) -> str:
    platforms = ", ".join(map(_quoted, heading.platforms))
    return f"""format = 1
family = {_quoted(heading.family)}
version = "{heading.day:%Y.%m.%d}"
name.vi = {_quoted(f"Dấu hiệu của bên thứ ba: {heading.family}")}
name.en = {_quoted(f"Indicators of a third party: {heading.family}")}
platforms = [{platforms}]
severity = "medium"
aliases = []
references = []
author = {_quoted(heading.author)}
licence = {_quoted(heading.licence)}
"""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # what JSON escapes in a printable text, TOML escapes so too


def _rules(taken: Taken) -> str:
    if not taken.rules.rules:
        return "// This pack knows nothing by rules.\n"
    return taken.rules.text(taken.rules.rules) + "\n"


def _list(kind: ListKind, entries: Mapping[str, str]) -> str:
    return "".join(f"{list_line(kind, entry, entries[entry])}\n" for entry in sorted(entries))


def _sources(heading: Heading, taken: Taken, given: Sequence[GivenFile]) -> str:
    lines = [f"# Sources of {heading.family}", "", f"Author: {heading.author}. Licence: {heading.licence}.", ""]
    lines += ["| file | SHA-256 |", "|---|---|"]
    lines += [f"| {_cell(one.name)} | {hashlib.sha256(one.content).hexdigest()} |" for one in given]
    if taken.rules.rules:
        lines += ["", f"Rules compiled by: {', '.join(taken.engines)}."]
        lines += ["No second engine was asked: another may refuse a rule."] * (len(taken.engines) == 1)
    lines += ["", "| taken over | |", "|---|---|"]
    lines += [f"| {kind} | {len(entries):,} |" for kind, entries in taken.lists.items()]
    lines += [f"| rules | {len(taken.rules.rules):,} |"] if taken.rules.rules else []
    authors = Counter((rule.meta.get("author", heading.author), _licence(rule.meta)) for rule in taken.rules.rules)
    if authors:
        lines += ["", "| author of rules | licence | rules |", "|---|---|---|"]
        lines += [
            f"| {_cell(a)} | {_cell(li or heading.licence)} | {n} |"
            for (a, li), n in authors.most_common(_MOST_AUTHORS)
        ]
    if taken.refused:
        lines += ["", "Left out, by reason:", "", "| reason | |", "|---|---|"]
        lines += [f"| {reason} | {count:,} |" for reason, count in taken.refused.items()]
    return "\n".join([*lines, ""])


def _licence(meta: Mapping[str, str]) -> str:
    return meta.get("license") or meta.get("licence") or ""


def _cell(text: str) -> str:
    return "".join(c if c.isprintable() and c != "|" else " " for c in text)[:200]
