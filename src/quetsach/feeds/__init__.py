"""Bytes of one feed format in, tables of sightings and rejects out; one module a format."""

import re
from dataclasses import replace

from quetsach.core.text import Text
from quetsach.feeds.layout import LAYOUTS, FeedError, Layout, check_name
from quetsach.feeds.lines import Header

_DATED_NAME = re.compile(r"\d{4}-\d{2}-\d{2}-([a-z0-9_]+)(?:[.-].*)?")


def layout_of(feed: str, report: str | None, *, file_name: str, head: bytes) -> Layout:
    """Decide how to read a file: by the report that was named, else by its file name, else by its header.

    Shadowserver names files ``2020-06-16-event4_sinkhole-vn.csv`` (date, type, identifier). A file named like that
    is never taken for another report, whatever its header looks like: not every report with such columns speaks of
    infected machines. Without such a name the header must be exactly the published one; the ``event4_`` report is
    then taken, because its twin cannot be told apart.

    Args:
        feed: a feed of ``layout.LAYOUTS``.
        report: the report's name, or ``None`` to find it out.
        file_name: the name under which the file came, without folders; may be empty.
        head: the first bytes of the file, at least ``lines.MAX_HEADER_BYTES`` of them if there are as many.

    Raises:
        FeedError: the feed or report is unknown, or the header cannot be read or lacks a required column.
    """
    of_feed = [layout for layout in LAYOUTS if layout.feed == feed]
    if not of_feed:
        known = ", ".join(dict.fromkeys(layout.feed for layout in LAYOUTS))
        raise FeedError(
            Text("unknown feed {feed}", feed=repr(feed[:60])), hint=Text("known feeds: {known}", known=known)
        )
    header = Header.parse(head)
    layout = _named(of_feed, report, file_name) or _recognised(of_feed, header)
    header.check(layout)
    return layout


def _named(of_feed: list[Layout], report: str | None, file_name: str) -> Layout | None:
    if report is None:
        found = _DATED_NAME.fullmatch(file_name.lower())
        if found is None or of_feed[0].open_report:
            return None
        report = found[1]
    for layout in of_feed:
        if layout.report == report:
            return layout
        if layout.open_report:
            return replace(layout, report=check_name(report))
    known = ", ".join(layout.report for layout in of_feed)
    raise FeedError(
        Text("{feed} has no known report {report}", feed=of_feed[0].feed, report=repr(report[:60])),
        hint=Text("known reports: {known}", known=known),
    )


def _recognised(of_feed: list[Layout], header: Header) -> Layout:
    names = frozenset(header.names)
    for layout in of_feed:
        if layout.open_report or layout.header == names:
            return layout
    raise FeedError(
        Text("neither the file's name nor its header says which report this is"),
        hint=Text("name the report: {known}", known=", ".join(layout.report for layout in of_feed)),
    )
