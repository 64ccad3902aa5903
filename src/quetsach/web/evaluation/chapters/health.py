"""The instrument: which feeds were there, on how many days of each window. A gap is told beside the figures."""

from quetsach.centre.evaluation.inputs import Inputs
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.document import Block, Chapter, Column, Form, Gap, Statement, Table, Tone

_TITLE = LocalText("Tình trạng nguồn dữ liệu", "Health of the feeds")
_NONE = LocalText("Không có nguồn dữ liệu nào.", "There are no feeds.")
_COLUMNS = (
    Column("feed", LocalText("Nguồn dữ liệu", "Feed")),
    Column("window", LocalText("Kỳ", "Window")),
    Column("days", LocalText("Số ngày", "Days"), Form.NUMBER),
    Column("days_with_data", LocalText("Số ngày có dữ liệu", "Days with data"), Form.NUMBER),
    Column("sightings", LocalText("Lượt ghi nhận", "Sightings"), Form.NUMBER),
)


def health(inputs: Inputs) -> Chapter:
    """Return the chapter."""
    if not inputs.feed_days:
        return Chapter("feeds", _TITLE, (Gap(_TITLE, _NONE),))
    gaps = sorted({f.feed for f in inputs.feed_days if f.days_with_data < f.days})
    blocks: list[Block] = []
    if gaps:
        names = ", ".join(gaps)
        blocks.append(
            Statement(
                Tone.CAUTION,
                LocalText("Nguồn dữ liệu bị gián đoạn", "Feeds with gaps"),
                LocalText(
                    f"Có ngày không có dữ liệu: {names}. Số liệu của những kỳ này thấp hơn thực tế.",
                    f"Days without data: {names}. Figures of these windows are too low.",
                ),
            )
        )
    rows = tuple((f.feed, f.window, f.days, f.days_with_data, f.sightings) for f in inputs.feed_days)
    return Chapter("feeds", _TITLE, (*blocks, Table("feeds", _TITLE, _COLUMNS, rows)))
