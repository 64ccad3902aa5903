"""How ``quetsach center partners`` tells what it did: as JSON, and as sentences and tables in two languages."""

import argparse
from collections.abc import Mapping
from typing import Any

from quetsach.campaign.partners.total import Figure
from quetsach.cli.output import print_table, say
from quetsach.cli.parser import chosen_language
from quetsach.core.number import number_text
from quetsach.web.office.partners.models import Delivery

_WORDS: Mapping[str, Mapping[str, Any]] = {
    "vi": {
        "added": "Đã thêm đối tác {key}.",
        "token": "Mã truy cập của {key} (chỉ hiện một lần, hãy cất giữ ngay):",
        "revoked": "Đã thu hồi {number} mã truy cập.",
        "declared": "Đã ghi nhận bản khai phương pháp số {version} của {key}, áp dụng từ {first}.",
        "list": ("đối tác", "tên", "bản khai", "tệp đã nhận", "dữ liệu đến"),
        "none": "Chưa có đối tác nào.",
        "taking": "đang tiếp nhận",
        "taken": "Tệp {name}: {records} bản ghi = {accepted} nhận mới + {duplicates} trùng + {replaced} thay thế + "
        "{set_aside} tách riêng.",
        "known": "Tệp này đã được tiếp nhận trước đây; không có gì thay đổi.",
        "waiting": "Tệp {name} đang chờ xử lý.",
        "faults": ("dòng", "lý do", "cột", "nội dung"),
        "more": "… và {number} bản ghi khác; xem thêm bằng --json hoặc trong văn phòng.",
        "worked": "Đã xử lý xong {number} tệp.",
        "totals": ("đối tác", "chỉ tiêu", "đơn vị đếm", "ít nhất", "nhiều nhất"),
        "all": "mọi đối tác (phần trùng chưa rõ)",
        "turns": "lượt",
        "machines": "máy",
        "measures": {
            "turns": "lượt quét",
            "machines": "máy đã quét",
            "infected": "nhiễm mã độc",
            "cleaned": "đã làm sạch",
            "count": "theo họ mã độc",
        },
    },
    "en": {
        "added": "Added partner {key}.",
        "token": "Token of {key} (shown this once, keep it now):",
        "revoked": "{number} tokens revoked.",
        "declared": "Declaration {version} of {key} holds from {first}.",
        "list": ("partner", "name", "declarations", "files", "data until"),
        "none": "No partners yet.",
        "taking": "taking in",
        "taken": "File {name}: {records} records = {accepted} accepted + {duplicates} duplicates + "
        "{replaced} replaced + {set_aside} set aside.",
        "known": "This file was taken in before; nothing changes.",
        "waiting": "File {name} is waiting.",
        "faults": ("line", "reason", "column", "excerpt"),
        "more": "… and {number} more; --json or the office shows them.",
        "worked": "{number} files finished.",
        "totals": ("partner", "measure", "counted as", "at least", "at most"),
        "all": "all partners (overlap not known)",
        "turns": "turns",
        "machines": "machines",
        "measures": {
            "turns": "scan turns",
            "machines": "scanned",
            "infected": "infected",
            "cleaned": "cleaned",
            "count": "by family",
        },
    },
}
MOST_FAULTS = 10_000
"""Records that were set aside and are shown with ``--json``; the office and the interface page through all."""
SHOWN_FAULTS = 20
"""Records that were set aside and are shown without ``--json``."""


def words_of(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Return the sentences of the chosen language."""
    return _WORDS[chosen_language(arguments)]


def receipt(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as JSON: its counts add up to its records."""
    counts = ("records", "accepted", "duplicates", "replaced", "set_aside")
    return {
        "delivery": delivery.pk,
        "file": delivery.name,
        "sha256": delivery.sha256,
        "state": delivery.state,
        **{name: getattr(delivery, name) for name in counts},
    }


def tell_delivery(delivery: Delivery, faults: list[dict[str, Any]], words: Mapping[str, Any], *, is_new: bool) -> None:
    """Tell what became of a file, and the first records that were set aside."""
    if not is_new:
        say(words["known"])
    say(words["taken" if delivery.is_done else "waiting"].format(**receipt(delivery), name=delivery.name))
    if faults:
        print_table(words["faults"], [tuple(fault.values()) for fault in faults], right=(0,))
    if delivery.set_aside > len(faults):
        say(words["more"].format(number=delivery.set_aside - len(faults)))


def figure_json(figure: Figure) -> dict[str, Any]:
    """Return a figure as JSON."""
    return {
        "measure": figure.measure,
        "counted_as": figure.counted_as,
        "least": figure.least,
        "most": figure.most,
        "rows": figure.rows,
        "rows_with_value": figure.given,
    }


def figure_row(name: str, figure: Figure, words: Mapping[str, Any], language: str) -> tuple[str, ...]:
    """Return a figure as a row of the table of totals."""
    numbers = [number_text(number, language) for number in (figure.least, figure.most)]
    return (name, words["measures"][figure.measure], words[figure.counted_as], *numbers)
