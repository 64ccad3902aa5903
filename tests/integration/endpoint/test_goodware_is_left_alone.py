"""Programs of the system and of this environment give no finding. A rule that hits here must not be published."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from quetsach.endpoint.host.linux import live_host
from quetsach.endpoint.scan import Scope, scan
from quetsach.packs.load import load_shelf

SHELF = Path(__file__).parents[3] / "packs"


def test_goodware_gives_no_finding() -> None:
    places = [
        b"/usr/bin",
        b"/usr/sbin",
        b"/etc",
        os.fsencode(sys.prefix) + b"/lib/python3.13/site-packages/cryptography",
    ]
    result = scan(
        live_host(),
        load_shelf(SHELF),
        scope=Scope.PATHS,
        now=datetime(2026, 11, 25, tzinfo=UTC),
        paths=[os.fsencode(Path(os.fsdecode(place)).resolve()) for place in places],
        jobs=2,
    )
    assert result.findings == ()
    assert result.files > 1_000
