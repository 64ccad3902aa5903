"""What ``quetsach center units`` says: its words, one unit's facts, what an import does or cannot do."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from quetsach.campaign.units.cells import CellFault
from quetsach.campaign.units.comparison import Plan
from quetsach.cli.output import print_json, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.web.office.tree.models import Unit

_MOST_FAULTS = 50
WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "plan": "{added} đơn vị mới, {changed} thay đổi (trong đó {closed} kết thúc), {successions} quan hệ kế thừa "
        "(bỏ {dropped}), {contacts} đơn vị đổi đầu mối, {members} thay đổi về nhóm",
        "same": "Nội dung tệp giống với dữ liệu hiện có.",
        "dry": "Chưa có gì thay đổi. Bỏ --dry-run để áp dụng.",
        "done": "Đã áp dụng.",
        "faults": "Tệp có {count} lỗi, chưa có gì thay đổi:",
        "loaded": "Đã thêm {count} đơn vị của bộ dữ liệu đi kèm; đơn vị đã có giữ nguyên.",
        "left": "Chưa thêm {count} đơn vị vì mã đang thuộc đơn vị đã có (ví dụ {example}). Để cập nhật theo bộ dữ liệu "
        "đi kèm, kể cả quan hệ kế thừa đã được sửa, xem trước bằng: quetsach center units import --bundled --dry-run",
        "written": "Đã ghi {path}",
        "no-unit": "không có đơn vị nào mang mã này",
        "no-unit-hint": "ghi mã kèm năm như 31-2025, hoặc mã cùng với --on NGÀY",
        "not-there": "không có trong cây ngày này",
        "facts": "mã kèm năm|mã|tên tiếng Việt|tên tiếng Anh|loại|có từ ngày|kết thúc ngày|văn bản quyết định|"
        "đơn vị kế thừa|kế thừa từ|cây ngày|vị trí trong cây|các cấp trên",
        "below": "mã kèm năm|tên|số đơn vị cấp dưới",
        "figures": "đơn vị|tên|số liệu",
    },
    "en": {
        "plan": "{added} new units, {changed} changed ({closed} of them ending), {successions} successions "
        "({dropped} dropped), other contacts for {contacts} units, {members} memberships of groups",
        "same": "The file says what is there already.",
        "dry": "Nothing was changed. Leave out --dry-run to apply it.",
        "done": "Applied.",
        "faults": "The file has {count} faults, nothing was changed:",
        "loaded": "Added {count} units of the tables of this build; those that were there stay as they were.",
        "left": "Left out {count} units whose code a unit that is there has (such as {example}). To take the tables of "
        "this build over, with successions mended since, look first: quetsach center units import --bundled --dry-run",
        "written": "Written: {path}",
        "no-unit": "there is no unit of this key or code",
        "no-unit-hint": "give a key such as 31-2025, or a code together with --on DAY",
        "not-there": "not in the tree on that day",
        "facts": "key|code|Vietnamese name|English name|kind|opened|closed|decree|successors|predecessors|"
        "tree of the day|place in the tree|above",
        "below": "key|name|units below",
        "figures": "unit|name|figure",
    },
}


def tell_faults(faults: Sequence[CellFault], arguments: argparse.Namespace) -> int:
    """Say every fault of a file by cell, and that nothing was changed."""
    words = WORDS[chosen_language(arguments)]
    language = chosen_language(arguments)
    told = [
        {
            "sheet": fault.sheet,
            "row": fault.row,
            "column": fault.column,
            "what": fault.what.in_language(language),
            "hint": fault.hint.in_language(language),
        }
        for fault in faults
    ]
    if arguments.json:
        print_json({"applied": False, "faults": told})
    else:
        say(words["faults"].format(count=len(told)))
        for fault in told[:_MOST_FAULTS]:
            where = ", ".join(str(part) for part in (fault["sheet"], fault["row"] or "", fault["column"]) if part)
            say(f"  {where}: {fault['what']} ({fault['hint']})")
    return ExitCode.USAGE


def facts_of(unit: Unit) -> dict[str, Any]:
    """Return what is known of a unit, whatever the day."""
    return {
        "key": unit.key,
        "code": unit.code,
        "name_vi": unit.name_vi,
        "name_en": unit.name_en,
        "kind": unit.kind,
        "opened": str(unit.opened),
        "closed": str(unit.closed) if unit.closed else None,
        "decree": unit.decree,
        "successors": list(unit.successors.order_by("pk").values_list("new__key", flat=True)),
        "predecessors": list(unit.predecessors.order_by("old__key").values_list("old__key", flat=True)),
    }


def counts_of(plan: Plan) -> dict[str, int]:
    """Return how much a plan changes."""
    return {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "closed": len(plan.closed),
        "successions": len(plan.successions),
        "dropped": len(plan.dropped),
        "contacts": len(plan.contacts),
        "members": len(plan.members),
    }
