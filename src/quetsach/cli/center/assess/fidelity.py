"""``quetsach center assess fidelity``: takes in and tells when units really began, and who was reached too early."""

import argparse
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from quetsach import storage
from quetsach.assess.effect.fidelity import Fidelity, Kept, read_notes
from quetsach.centre.registered import FIDELITY, kept_record, order_of
from quetsach.cli.center.assess.windows import campaign_folder, keep_once
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.number import number_text
from quetsach.core.period import day_text

_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "title": "Triển khai so với thứ tự đã rút (mọi đơn vị vẫn được tính theo ngày đã rút):",
        "reached": "Từ ngày đến lượt, các đơn vị thực sự được chiến dịch đến: {share} thời gian.",
        "early": "Trước ngày đến lượt đã được chiến dịch đến: {share} thời gian, ở {units} đơn vị. Những đơn vị ấy "
        "không còn là đối chứng đúng nghĩa, nên tác động tính ra nhỏ hơn thực tế.",
        "seen": "Phân tích theo ngày đã rút thấy khoảng {share} tác động (theo lôgarit) so với khi mọi đơn vị được "
        "chiến dịch đến đúng ngày; đơn vị chưa ghi được coi là đúng ngày.",
        "kept": "Đã lưu ghi chép: {path}",
        "nothing": "Chưa có ghi chép nào về ngày bắt đầu thực tế.",
    },
    "en": {
        "title": "The roll-out against the order that was drawn (all units still count by the day that was drawn):",
        "reached": "From their turn on units were really reached for {share} of the time.",
        "early": "Before their turn they were reached already for {share} of the time, in {units} units. Those are no "
        "true controls any more, so that the estimate is smaller than the effect.",
        "seen": "By the days that were drawn, the analysis sees about {share} of the effect (in logarithms) that there "
        "is where all are reached on their day; units that are not noted count as on their day.",
        "kept": "The record was kept: {path}",
        "nothing": "Nothing was recorded of when units really began.",
    },
}
_HEADER = {
    "vi": ("ngày đã rút", "đơn vị", "đúng ngày", "sớm", "muộn", "không bắt đầu", "chưa ghi", "đến trước lượt"),
    "en": ("day drawn", "units", "as planned", "early", "late", "never", "not noted", "reached before"),
}


def run(arguments: argparse.Namespace) -> int:
    """Take in when units of a roll-out really began, and tell it."""
    folder, language = campaign_folder(arguments), chosen_language(arguments)
    order = order_of(folder)
    if order is None:
        hint = f"quetsach center assess rollout {folder.name}"
        raise InputError("no order of roll-out was drawn", where=folder.name, hint=hint)
    if arguments.record:
        content = storage.read_input(arguments.record)
        read_notes(content, order, where=arguments.record.name)
        path = folder / FIDELITY / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.csv"
        digest, refusal = hashlib.sha256(content).hexdigest(), "a record of this moment was kept already"
        keep_once(arguments, "roll-out-record", path, content, digest=digest, refusal=refusal)
        if not arguments.json:
            say(_WORDS[language]["kept"].format(path=path))
    found = kept_record(folder)
    if arguments.json:
        print_json({"fidelity": found.fidelity.as_json() if found else None})
    elif found:
        tell_fidelity(found.fidelity, language)
    else:
        say(_WORDS[language]["nothing"])
    return ExitCode.NOTHING_FOUND


def tell_fidelity(found: Fidelity, language: str, *, seen: float | None = None) -> None:
    """Print for people how far an order was kept, and how much of an effect (share) an analysis can see of it."""
    words = _WORDS[language]
    say("\n" + words["title"])
    rows = [
        (day_text(step.first, language), step.units, *(step.kept[kind] for kind in Kept), step.spilled)
        for step in found.steps
    ]
    print_table(_HEADER[language], rows, right=tuple(range(1, len(_HEADER[language]))))
    if found.reached is not None:
        say(words["reached"].format(share=_percent(found.reached, language)))
    if found.too_early:
        say(words["early"].format(share=_percent(found.too_early, language), units=found.spilled))
    if seen is not None and round(seen, 2) != 1:
        say(words["seen"].format(share=_percent(seen, language)))


def _percent(share: float, language: str) -> str:
    return number_text(100 * share, language) + ("%" if language == "vi" else " %")
