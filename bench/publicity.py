"""What one publicity kit costs: 18 sheets in two languages, texts, announcement and QR codes, as one archive.

Kits of units with different names are made one after the other, by CPU time after the first (which warms the
compilers). Beside it the time of one A3 poster alone, so that the ratio holds on any machine.

Usage: python bench/publicity.py [KITS]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from quetsach.campaign.codes import code_of
from quetsach.campaign.kit_texts import Facts
from quetsach.core.text import LocalText
from quetsach.web.configuration import configure_web

MOST_CPU_SECONDS_A_KIT = 3.0
AT = datetime(2020, 10, 6, 3, tzinfo=UTC)
CAMPAIGN = LocalText(
    "Chiến dịch rà soát và bóc gỡ mã độc trên toàn quốc năm 2020",
    "Nationwide malware scanning and removal campaign 2020",
)


def facts(number: int) -> Facts:
    """Return the facts of one of many units."""
    unit = LocalText(f"Ủy ban nhân dân xã số {number}, tỉnh Bà Rịa - Vũng Tàu", f"Commune {number}")
    days = (date(2020, 9, 17), date(2020, 12, 15))
    return Facts(CAMPAIGN, *days, unit, f"{number:05}-2020", "https://quetsach.example.vn", code_of(number * 10**9))


def kit(number: int) -> bytes:
    """Make the kit of one of many units."""
    from quetsach.web.office.publicity.contents import kit_archive

    return kit_archive(facts(number), made_at=AT)


def poster(number: int) -> bytes:
    """Make the A3 poster of one of many units."""
    from quetsach.web.office.publicity.contents import sheet_values
    from quetsach.web.office.publicity.sheets.typesetter import SHEETS, typeset

    return typeset(SHEETS[0], sheet_values(facts(number), "vi"), made_at=AT)


def cpu_seconds(work: Callable[[int], object], number: int) -> float:
    """Return the CPU time of a piece of work."""
    start = time.process_time()
    work(number)
    return time.process_time() - start


def main() -> int:
    """Measure, print, and fail above the target."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        configure_web(Path(folder))
        size = len(kit(0))
        a_kit = statistics.median(cpu_seconds(kit, number) for number in range(1, count + 1))
        a_poster = statistics.median(cpu_seconds(poster, count + number) for number in range(1, count + 1))
    print(f"one kit:    {a_kit:.2f} CPU s, {size / 1e6:.1f} MB (at most {MOST_CPU_SECONDS_A_KIT:.0f} CPU s)")
    print(f"one poster: {a_poster * 1000:.0f} CPU ms; a kit is {a_kit / a_poster:.0f} of them")
    return int(a_kit > MOST_CPU_SECONDS_A_KIT)


if __name__ == "__main__":
    sys.exit(main())
