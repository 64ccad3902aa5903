"""``quetsach center publicity``: makes a unit's kit, and says how far its publicity came."""

import argparse
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.cli.output import print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.number import SMALLEST_CELL, number_text
from quetsach.core.period import Period, parse_day
from quetsach.web.office.blob_store import KITS
from quetsach.web.office.people.access import today
from quetsach.web.office.plans.selectors import campaign_of
from quetsach.web.office.publicity.selectors.reach import Reach, reach_of
from quetsach.web.office.publicity.services import kit_make
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_unit, unit_of

_DAYS_SHOWN = 30
_WORDS: Mapping[str, Mapping[str, str]] = {
    "vi": {
        "made": "Đã lập bộ tài liệu của {unit}: {path}",
        "code": "Mã xác minh {code} chưa có hiệu lực: một người trình, một người khác duyệt phát hành trong văn phòng.",
        "no-unit": "không có đơn vị này",
        "no-unit-hint": "ghi mã đơn vị kèm năm, ví dụ 31-2025",
        "no-campaign": "trong văn phòng không có chiến dịch này",
        "no-campaign-hint": "nhập chiến dịch trước: quetsach center campaigns import",
        "no-place": "trong những ngày này đơn vị không có trong cây đơn vị",
        "no-out": "không ghi được vào thư mục này",
        "unit": "đơn vị",
        "visits": "lượt mở trang",
        "all": "gồm các đơn vị cấp dưới",
        "own": "mã của riêng đơn vị",
        "channel": "kênh (theo báo cáo)",
        "times": "số lần",
        "waiting": "chưa phê duyệt",
        "apart": "Lượt mở trang và các kênh là hai loại khác nhau, không cộng với nhau.",
    },
    "en": {
        "made": "Made the kit of {unit}: {path}",
        "code": "The code {code} does not hold yet: one person asks for release in the office and another one decides.",
        "no-unit": "there is no such unit",
        "no-unit-hint": "write the code with its year, such as 31-2025",
        "no-campaign": "the office has no such campaign",
        "no-campaign-hint": "import it first: quetsach center campaigns import",
        "no-place": "the unit did not stand in the tree in these days",
        "no-out": "this folder cannot be written",
        "unit": "unit",
        "visits": "visits",
        "all": "with all below",
        "own": "own codes",
        "channel": "channel (from returns)",
        "times": "times",
        "waiting": "not approved yet",
        "apart": "Visits and channels are different things and are never added up.",
    },
}


def kit(arguments: argparse.Namespace) -> int:
    """Make the kit of a unit."""
    words = _WORDS[chosen_language(arguments)]
    now = arguments.now
    unit = _unit(arguments.unit, words)
    campaign = campaign_of(arguments.campaign)
    if campaign is None:
        raise InputError(words["no-campaign"], where=arguments.campaign[:60], hint=words["no-campaign-hint"])
    kit = kit_make(unit=unit, campaign=campaign, by=None, now=now)
    code = kit.verification.code
    path = _written(arguments.out / f"quet-sach-{unit.key}-{code}.zip", KITS.read(kit.sha256), words)
    name = unit.name
    if arguments.json:
        print_json({"kit": kit.pk, "unit": arguments.unit, "code": code, "sha256": kit.sha256, "file": str(path)})
    else:
        say(words["made"].format(unit=name, path=path))
        say(words["code"].format(code=code))
    return ExitCode.NOTHING_FOUND


def reach(arguments: argparse.Namespace) -> int:
    """Tell visits through QR codes by unit and channel."""
    words = _WORDS[chosen_language(arguments)]
    now = arguments.now
    unit = _unit(arguments.unit, words)
    period = _period(arguments, now.date())
    reach = reach_of(unit, period, person=None, day=today(now))
    if reach is None:
        raise InputError(words["no-place"], where=f"{unit.key} {period}")
    if arguments.json:
        print_json(_as_json(reach))
    else:
        _print(reach, words, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _unit(key: str | None, words: Mapping[str, str]) -> Unit:
    try:
        return unit_of(key) if key else root_unit()
    except Unit.DoesNotExist as error:
        raise InputError(words["no-unit"], where=(key or "")[:60], hint=words["no-unit-hint"]) from error


def _written(path: Path, content: bytes, words: Mapping[str, str]) -> Path:
    try:
        storage.make_folder(path.parent, mode=storage.SHARED_FOLDER)
        storage.write(path, content, mode=storage.SHARED)
    except OSError as error:
        raise QuetsachError(words["no-out"], where=str(path.parent), hint=str(error)) from error
    return path


def _period(arguments: argparse.Namespace, utc_day: date) -> Period:
    last = parse_day(arguments.last) if arguments.last else utc_day
    first = parse_day(arguments.first) if arguments.first else last - timedelta(days=_DAYS_SHOWN - 1)
    return Period(first, last)


def _as_json(reach: Reach) -> dict[str, Any]:
    return {
        "unit": reach.unit.key,
        "first": reach.period.first.isoformat(),
        "last": reach.period.last.isoformat(),
        "visits": {
            "total": reach.total,
            "own": reach.own,
            "below": {row.unit.key: row.visits for row in reach.below},
            "weeks": {week.first.isoformat(): count for week, count in reach.weeks},
            "days": {day.isoformat(): count for day, count in reach.days},
        },
        "channels": [
            {
                "campaign": table.campaign.en,
                "rows": [
                    {"channel": use.label.en, "times": use.times, "waiting": use.waiting, "units": use.units}
                    for use in table.rows
                ],
            }
            for table in reach.channels
        ],
    }


def _print(reach: Reach, words: Mapping[str, str], language: str) -> None:
    def count(value: int | None) -> str:
        return f"< {SMALLEST_CELL}" if value is None else number_text(value, language)

    rows = [
        [f"{reach.unit.name}, {words['all']}", count(reach.total)],
        [f"{reach.unit.name}, {words['own']}", count(reach.own)],
        *([row.unit.name, count(row.visits)] for row in reach.below),
    ]
    print_table([words["unit"], words["visits"]], rows, right=(1,))
    for table in reach.channels:
        print(f"\n{table.campaign.in_language(language)}")
        uses = [[use.label.in_language(language), count(use.times), count(use.waiting)] for use in table.rows]
        print_table([words["channel"], words["times"], words["waiting"]], uses, right=(1, 2))
    if reach.channels:
        say(words["apart"])
