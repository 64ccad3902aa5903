"""Who reads raw sightings in tests, how delivered bytes are read back, and a feed whose layout is mended."""

from datetime import UTC, datetime

from quetsach.feeds.layout_files import Layouts, read_layouts
from quetsach.lake.delivery import Delivery
from quetsach.lake.ingestion import landed_chunks
from quetsach.lake.readers import Access
from quetsach.lake.view import LakeView

TESTER = Access("tester", "tests", datetime(2020, 6, 20, tzinfo=UTC))


def landed_bytes(view: LakeView, delivery: Delivery) -> bytes:
    """Return the bytes of a delivery as they came."""
    return b"".join(landed_chunks(view.folder / delivery.landed_path))


def watch_layouts(*kinds: str) -> Layouts:
    """Return the layouts of a feed ``watch`` whose report reads rows of these kinds: a mended one reads more."""
    text = f"""
        feed = "watch"
        title = {{ vi = "w", en = "w" }}
        version = "{"-".join(kinds)}"
        [[report]]
        name = "bots"
        summary = {{ vi = "w", en = "w" }}
        columns = {{ observed_at = "at", address = "ip", malware = "bot" }}
        only.kind = {list(kinds)}
    """
    return Layouts(read_layouts(text.encode(), where="w.toml"))
