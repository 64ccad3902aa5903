"""``quetsach center assess lot``: draws, once, who gets the measure in a trial within a provider."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from quetsach import storage
from quetsach.assess.rows import MAX_BYTES
from quetsach.assess.trial.lot import Lot, draw_lot, read_customers, strata_of_days
from quetsach.centre.registered import LOT, refuse_campaign
from quetsach.cli.center.assess.windows import campaign_folder, keep_once
from quetsach.cli.output import print_json, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.number import number_text
from quetsach.core.period import Period, parse_day
from quetsach.core.table import csv_text

_WHOLE = 100
_WORDS = {
    "vi": {
        "customers": "Đã rút thăm một lần: {treated}/{units} khách hàng được áp dụng biện pháp, số còn lại để đối "
        "chứng. Danh sách cho nhà mạng: {out}",
        "days": "Đã rút thăm một lần: áp dụng biện pháp trong {treated}/{units} ngày. Danh sách ngày: {out}",
        "kept": "Trung tâm chỉ lưu số lượng và mã băm của danh sách: {path}",
        "digest": "SHA-256 {digest}: hãy công bố cùng giá trị khởi tạo (seed) {seed!r} trước khi bắt đầu.",
    },
    "en": {
        "customers": "Drawn once: {treated} of {units} customers get the measure, the others are compared with. List "
        "for the provider: {out}",
        "days": "Drawn once: the measure applies on {treated} of {units} days. List of days: {out}",
        "kept": "The centre keeps how many there are and a digest of the list, and not the list: {path}",
        "digest": "SHA-256 {digest}: publish it, with the seed {seed!r}, before the start.",
    },
}


def run(arguments: argparse.Namespace) -> int:
    """Draw who gets the measure in a trial within a provider."""
    if not 0 < arguments.treated < _WHOLE:
        raise InputError("must be more than 0 and less than 100", where="--treated", hint="--treated 50")
    folder = campaign_folder(arguments)
    refuse_campaign(folder)
    days = Period.parse(arguments.days) if arguments.days else None
    if days:
        units = strata_of_days(days)
    else:
        listed: Path = arguments.customers
        units = read_customers(storage.read_input(listed, most_bytes=MAX_BYTES), where=listed.name)
    lot, treated = draw_lot(
        units,
        campaign=folder.name,
        seed=arguments.seed,
        share=arguments.treated / _WHOLE,
        start=parse_day(arguments.start),
        days=days,
        now=datetime.now(UTC),
    )
    path = folder / LOT
    refusal = "the lot of this trial was drawn already: it is not drawn again"
    keep_once(arguments, "lot-draw", path, lot.to_json(), digest=lot.digest, refusal=refusal)
    rows = [(lot.drawn.value.removesuffix("s"), "stratum", "arm")]
    rows += [(unit, stratum, str(int(unit in treated))) for unit, stratum in units.items()]
    try:
        storage.write(arguments.out, csv_text(rows).encode())
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(arguments.out)) from error
    if arguments.json:
        print_json({**lot.content(), "sha256": lot.digest, "file": str(path)})
    else:
        _tell(lot, path, arguments.out, chosen_language(arguments))
    return ExitCode.NOTHING_FOUND


def _tell(lot: Lot, path: Path, out: Path, language: str) -> None:
    words = _WORDS[language]
    counts = {name: number_text(count, language) for name, count in (("treated", lot.treated), ("units", lot.units))}
    say(words[lot.drawn.value].format(out=out, **counts))
    say(words["kept"].format(path=path))
    say(words["digest"].format(digest=lot.digest, seed=lot.seed))
