"""Programs of the system and of this environment give no finding. A rule that hits here must not be published."""

import os
import sysconfig
from datetime import UTC, datetime
from pathlib import Path

from quetsach.endpoint.host.linux import live_host
from quetsach.endpoint.look.scan import Scope, scan
from quetsach.packs.load import load_shelf

SHELF = Path(__file__).parents[3] / "packs"
LIBRARIES = Path(sysconfig.get_path("purelib"))
PLACES = [Path("/usr/bin"), Path("/usr/sbin"), Path("/etc"), LIBRARIES / "django", LIBRARIES / "duckdb"]


def test_goodware_gives_no_finding() -> None:
    result = scan(
        live_host(),
        load_shelf(SHELF),
        scope=Scope.PATHS,
        now=datetime(2026, 11, 25, tzinfo=UTC),
        paths=[os.fsencode(place.resolve()) for place in PLACES if place.exists()],
        jobs=2,
    )
    assert result.findings == ()
    assert result.files > 2_000
