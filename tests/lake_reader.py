"""Who reads raw sightings in tests, and how delivered bytes are read back."""

from datetime import UTC, datetime

from quetsach.lake.delivery import Delivery
from quetsach.lake.ingestion import landed_chunks
from quetsach.lake.readers import Access
from quetsach.lake.view import LakeView

TESTER = Access("tester", "tests", datetime(2020, 6, 20, tzinfo=UTC))


def landed_bytes(view: LakeView, delivery: Delivery) -> bytes:
    """Return the bytes of a delivery as they came."""
    return b"".join(landed_chunks(view.folder / delivery.landed_path))
