"""``quetsach center lake``: sightings at the end of their lifetime, roll-ups made again, who read raw sightings."""

import argparse
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from quetsach.centre.keeping import expire_sightings
from quetsach.cli.center.opened import centre_with_lake
from quetsach.cli.output import Progress, print_json, print_table, say
from quetsach.cli.parser import ExitCode, chosen_language
from quetsach.core.errors import InputError
from quetsach.core.number import number_text, size_text
from quetsach.lake import access, compaction, keeping

_WORDS: dict[str, dict[str, Any]] = {
    "vi": {
        "expired": "Đã xóa {sightings} lượt ghi nhận của {days} ngày ({files} tệp, {size}). Bảng tổng hợp theo "
        "ngày còn lại.",
        "waits": "{sightings} lượt ghi nhận của {days} ngày ({files} tệp, {size}) đã hết hạn lưu nhưng chưa xóa được "
        "vì có chương trình đang đọc. Khi không còn ai đọc, lần nhập dữ liệu hoặc lệnh lake tiếp theo sẽ xóa.",
        "would": "Sẽ xóa {sightings} lượt ghi nhận của {days} ngày ({files} tệp, {size}).",
        "nothing": "Không có lượt ghi nhận nào cũ hơn {days} ngày.",
        "rebuilt": "Đã dựng lại {made} bảng tổng hợp theo ngày, {mended} bảng phải sửa; {expired} bảng giữ "
        "nguyên vì lượt ghi "
        "nhận đã hết hạn lưu.",
        "compacted": "Đã gộp {files} tệp của {days} ngày thành mỗi ngày một tệp.",
        "compact": "Không có ngày nào có từ {files} tệp trở lên.",
        "access": ("thời điểm (UTC)", "người đọc", "lệnh", "dữ liệu", "của"),
        "unread": "Chưa có ai đọc lượt ghi nhận gốc.",
        "broken": "Dòng {line} bị hỏng hoặc không nối tiếp dòng trước: nhật ký đã bị sửa.",
    },
    "en": {
        "expired": "{sightings} sightings of {days} days are deleted ({files} files, {size}). Their roll-ups stay.",
        "waits": "{sightings} sightings of {days} days ({files} files, {size}) have expired and are not deleted yet: "
        "somebody is reading. Once nobody is, the next ingest or lake command deletes them.",
        "would": "{sightings} sightings of {days} days would be deleted ({files} files, {size}).",
        "nothing": "No sightings are older than {days} days.",
        "rebuilt": "{made} roll-ups were made again, {mended} of them had to be mended; {expired} stay because "
        "their sightings "
        "have expired.",
        "compacted": "{files} files of {days} days of reports are one a day now.",
        "compact": "No day of a report has {files} files or more.",
        "access": ("time (UTC)", "who", "command", "read", "of"),
        "unread": "Nobody has read raw sightings yet.",
        "broken": "Line {line} is damaged or does not follow the line before it: the log was changed.",
    },
}


def expire(arguments: argparse.Namespace) -> int:
    """Delete sightings and delivered files that are older than their lifetime."""
    centre = centre_with_lake(arguments)
    gone = expire_sightings(centre, days=arguments.days, now=datetime.now(UTC), is_dry_run=arguments.dry_run)
    if arguments.json:
        print_json({**asdict(gone), "is_dry_run": arguments.dry_run})
        return ExitCode.NOTHING_FOUND
    language = chosen_language(arguments)
    told = "would" if arguments.dry_run else "expired" if gone.is_deleted else "waits"
    told = told if gone.files else "nothing"
    say(
        _WORDS[language][told].format(
            sightings=number_text(gone.sightings, language),
            days=gone.days if gone.files else arguments.days,
            files=number_text(gone.files, language),
            size=size_text(gone.size_bytes, language),
        )
    )
    return ExitCode.NOTHING_FOUND


def rebuild(arguments: argparse.Namespace) -> int:
    """Make every roll-up again from its sightings."""
    lake = centre_with_lake(arguments).lake
    with Progress("Đang dựng lại / rebuilding", len(lake.view().roll_ups())) as progress:
        rebuilt = keeping.rebuild(lake, progress=progress.advance)
    language = chosen_language(arguments)
    if arguments.json:
        print_json(asdict(rebuilt))
    else:
        say(_WORDS[language]["rebuilt"].format(**{k: number_text(v, language) for k, v in asdict(rebuilt).items()}))
    return ExitCode.USAGE if rebuilt.mended else ExitCode.NOTHING_FOUND


def compact(arguments: argparse.Namespace) -> int:
    """Gather the sightings of a day that came in many files into one."""
    lake = centre_with_lake(arguments).lake
    if arguments.files < 2:
        raise InputError("one file needs no gathering", hint="--files 2")
    with Progress("Đang gộp / gathering", len(lake.view().roll_ups())) as progress:
        gathered = compaction.compact(lake, least_files=arguments.files, progress=progress.advance)
    language = chosen_language(arguments)
    if arguments.json:
        print_json(asdict(gathered))
    else:
        counts = asdict(gathered) if gathered.files else {"files": arguments.files}
        text = _WORDS[language]["compacted" if gathered.files else "compact"]
        say(text.format(**{name: number_text(count, language) for name, count in counts.items()}))
    return ExitCode.NOTHING_FOUND


def print_access(arguments: argparse.Namespace) -> int:
    """List who read raw sightings."""
    lake = centre_with_lake(arguments).lake
    words = _WORDS[chosen_language(arguments)]
    lines = list(access.readings(lake.folder))
    told = [reading for reading, _ in lines if reading]
    broken = [number for number, (_, follows) in enumerate(lines, 1) if not follows]
    if arguments.json:
        print_json({"readings": [asdict(reading) for reading in told], "broken_lines": broken})
    elif told:
        rows = [(f"{r.at:%Y-%m-%d %H:%M:%S}", r.who, r.command, r.what, r.of) for r in told]
        print_table(words["access"], rows)
    else:
        say(words["unread"])
    if not arguments.json:
        for line in broken:
            say(words["broken"].format(line=line))
    return ExitCode.USAGE if broken else ExitCode.NOTHING_FOUND
