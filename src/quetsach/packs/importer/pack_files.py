"""The files of the pack that an import makes."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from quetsach.core.indicator_list import ListKind, list_line
from quetsach.packs.importer.formats import GivenFile
from quetsach.packs.importer.recipe import recipe_for
from quetsach.packs.importer.take import Taken

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
