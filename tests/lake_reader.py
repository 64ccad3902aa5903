"""Who reads raw sightings in tests."""

from datetime import UTC, datetime

from quetsach.lake.access import Access

TESTER = Access("tester", "tests", datetime(2020, 6, 20, tzinfo=UTC))
