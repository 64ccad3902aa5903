"""What a publication would change: each figure as it is out and as it waits, and why the large changes.

Reasons come from what both snapshots say of themselves: feeds, days, windows, tables, baselines, and whether an
instrument changed. Where none of these differs, that is said too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from quetsach.centre.publication.snapshot import CampaignFigures, RankedRow, Snapshot, WindowFigure
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Text

LARGE_PERCENT = 10
"""From what change on a figure needs a reason beside it."""

LARGE_POINTS = 1
"""The same for a change against the baseline, in percentage points."""

_SECTIONS = {
    "families": Text("Families"),
    "isps": Text("Internet providers"),
    "places": Text("Provinces and cities"),
    "sectors": Text("Sectors"),
}
_SAME = Text("Same feeds, window and tables: these feeds themselves have more or fewer sightings.")
_FAMILIES = Text("The table of family names changed.")
_NETWORK = Text("The address tables changed.")
_WITHHELD = Text("This table was not made: it would give small figures away.")


class Fate(StrEnum):
    """What becomes of a figure."""

    STAYS = "stays"
    CHANGES = "changes"
    APPEARS = "appears"
    GOES = "goes"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure as it is published and as it would be; ``None`` where one of the two does not have it.

    ``percent`` is the change, ``published_change`` and ``candidate_change`` what each says against its baseline.
    """

    title: LocalText
    published: float | None
    candidate: float | None
    published_change: float | None = None
    candidate_change: float | None = None
    reasons: tuple[LocalText, ...] = ()

    @property
    def fate(self) -> Fate:
        """Whether the figure appears, changes, goes away or stays."""
        if self.published is None:
            return Fate.APPEARS
        if self.candidate is None:
            return Fate.GOES
        before, after = (self.published, self.published_change), (self.candidate, self.candidate_change)
        return Fate.STAYS if before == after else Fate.CHANGES

    @property
    def percent(self) -> float | None:
        """The change in percent."""
        if not self.published or self.candidate is None:
            return None
        return 100 * (self.candidate - self.published) / self.published

    @property
    def is_large(self) -> bool:
        """Whether the change needs a reason; one from zero has no percentage and is large."""
        if self.fate in (Fate.APPEARS, Fate.GOES) or (self.published == 0 and self.candidate):
            return True
        before, after = self.published_change, self.candidate_change
        has_moved = before != after if before is None or after is None else abs(after - before) >= LARGE_POINTS
        return has_moved or (self.percent is not None and abs(self.percent) >= LARGE_PERCENT)


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together; of a ranking what stays is folded.

    ``reasons`` hold for all large changes, or say what else would be different.
    """

    title: LocalText
    lines: tuple[Line, ...]
    reasons: tuple[LocalText, ...] = ()
    is_ranking: bool = False

    @property
    def shown(self) -> tuple[Line, ...]:
        """The lines to look at."""
        return tuple(line for line in self.lines if line not in self.folded)

    @property
    def folded(self) -> tuple[Line, ...]:
        """The lines of a ranking that would stay as they are."""
        return tuple(line for line in self.lines if self.is_ranking and line.fate is Fate.STAYS)

    @property
    def has_changed(self) -> bool:
        """Whether anything of it would be different."""
        return bool(self.reasons) or any(line.fate is not Fate.STAYS for line in self.lines)


def sections(before: Snapshot | None, after: Snapshot) -> tuple[Section, ...]:
    """Return everything that a publication would replace, in the order of the pages."""
    return (_latest(before, after), *_campaigns(before, after), *_rankings(before, after))


def _latest(before: Snapshot | None, after: Snapshot) -> Section:
    old = before.latest if before else None
    reasons = (*after.blocked, *_window_reasons(old, after.latest, before.feeds if before else ()))
    line = Line(after.latest.title, float(old.addresses) if old else None, float(after.latest.addresses))
    return Section(Text("The country"), (_explained(line, reasons),))


def _campaigns(before: Snapshot | None, after: Snapshot) -> Iterator[Section]:
    old = {campaign.id: campaign for campaign in before.campaigns} if before else {}
    new = {campaign.id: campaign for campaign in after.campaigns}
    for key in (*new, *(key for key in old if key not in new)):
        yield _campaign(old.get(key), new.get(key))


def _campaign(old: CampaignFigures | None, new: CampaignFigures | None) -> Section:
    windows = [{w.id: w for w in figures.windows} if figures else {} for figures in (old, new)]
    keys = (*windows[1], *(key for key in windows[0] if key not in windows[1]))
    baseline = tuple(_baseline_reasons(old, new))
    lines = []
    for key in keys:
        was, is_ = windows[0].get(key), windows[1].get(key)
        known = is_ or was
        assert known is not None  # noqa: S101  (each key is of one of the two)
        line = Line(
            known.title,
            float(was.addresses) if was else None,
            float(is_.addresses) if is_ else None,
            was.change_percent if was else None,
            is_.change_percent if is_ else None,
        )
        reasons = _gone(old, new) if is_ is None else tuple(_window_reasons(was, is_, ()))
        lines.append(_explained(line, reasons, otherwise=() if baseline else (_SAME,)))
    shown = new or old
    assert shown is not None  # noqa: S101
    return Section(shown.name, tuple(lines), (*baseline, *_word_reasons(old, new)))


def _gone(old: CampaignFigures | None, new: CampaignFigures | None) -> tuple[LocalText, ...]:
    if new is None and old is not None:
        return (Text("This campaign is no longer among the published figures: look into it before you agree."),)
    return (Text("The window left the plan, or has no data."),)


def _baseline_reasons(old: CampaignFigures | None, new: CampaignFigures | None) -> Iterator[LocalText]:
    if old is None or new is None or old.seal == new.seal:
        return
    if not new.seal:
        yield Text("The frozen baseline is no longer there.")
    elif old.seal:
        yield Text("The baseline was frozen again (baseline decision {decision}).", decision=new.decision)
    else:
        yield Text("The baseline was frozen (baseline decision {decision}).", decision=new.decision)


def _word_reasons(old: CampaignFigures | None, new: CampaignFigures | None) -> Iterator[LocalText]:
    """Say what a page would say differently beside its figures."""
    if old is None or new is None:
        return
    if new.is_final and not old.is_final:
        yield Text("The campaign is closed: these figures are final.")
    elif old.is_final and not new.is_final:
        yield Text("The figures are no longer final.")
    if (old.name, old.summary) != (new.name, new.summary):
        yield Text("The campaign's name or summary changes.")
    yield from (Text("New target: {text}", text=text) for text in new.goals if text not in old.goals)
    yield from (Text("Target that is gone: {text}", text=text) for text in old.goals if text not in new.goals)
    yield from (Text("New notice: {text}", text=text) for text in new.warnings if text not in old.warnings)
    yield from (Text("Notice that is gone: {text}", text=text) for text in old.warnings if text not in new.warnings)


def _rankings(before: Snapshot | None, after: Snapshot) -> Iterator[Section]:
    window = tuple(_window_reasons(before.latest if before else None, after.latest, before.feeds if before else ()))
    for name, title in _SECTIONS.items():
        old: Sequence[RankedRow] = getattr(before, name) if before else ()
        new: Sequence[RankedRow] = getattr(after, name)
        if after.withheld and old and not new:
            yield Section(title, (), (_WITHHELD,), is_ranking=True)
            continue
        was, is_ = ({row.id: row for row in rows} for rows in (old, new))
        tables = [*_rates(was, is_)]
        if before and name == "families" and before.families_version != after.families_version:
            tables.append(_FAMILIES)
        if before and name in ("isps", "places") and before.network_versions != after.network_versions:
            tables.append(_NETWORK)
        reasons = (*after.blocked, *window, *tables)
        lines = tuple(
            Line(
                (is_.get(key) or was[key]).name,
                was[key].mean_daily if key in was else None,
                is_[key].mean_daily if key in is_ else None,
            )
            for key in (*is_, *(key for key in was if key not in is_))
        )
        large = any(line.is_large for line in lines)
        if lines:
            because = (reasons or (_SAME,)) if before and large else tuple(tables)
            yield Section(title, lines, because, is_ranking=True)


def _rates(was: Mapping[str, RankedRow], is_: Mapping[str, RankedRow]) -> Iterator[LocalText]:
    """Say where a rate changes though its figure stays: only the addresses that it is set against changed."""
    both = [(was[key], is_[key]) for key in is_ if key in was]
    if count := sum(a.mean_daily == b.mean_daily and a.per_thousand != b.per_thousand for a, b in both):
        yield Text(
            "The rate per 1,000 addresses changes in {count} line.",
            many="The rate per 1,000 addresses changes in {count} lines.",
            count=count,
        )


def _explained(line: Line, reasons: Sequence[LocalText], otherwise: tuple[LocalText, ...] = (_SAME,)) -> Line:
    if not line.is_large or (line.fate is Fate.APPEARS and not reasons):
        return line
    return Line(
        line.title,
        line.published,
        line.candidate,
        line.published_change,
        line.candidate_change,
        tuple(dict.fromkeys(reasons)) or otherwise,
    )


def _window_reasons(
    old: WindowFigure | None, new: WindowFigure | None, old_feeds: Sequence[str]
) -> Iterator[LocalText]:
    """Say how two windows differ in what they stand on; ``old_feeds`` where the old one does not name its own."""
    if old is None or new is None:
        return
    before = set(old.feeds or old_feeds)
    if before and new.feeds:
        if added := ", ".join(sorted(set(new.feeds) - before)):
            yield Text("A feed was added: {added}.", added=added)
        if lost := ", ".join(sorted(before - set(new.feeds))):
            yield Text("A feed is gone: {lost}.", lost=lost)
    if (old.first, old.last) != (new.first, new.last):
        yield Text(
            "The window moved: {before} → {after}.",
            before=Period(old.first, old.last),
            after=Period(new.first, new.last),
        )
    if old.days_with_data != new.days_with_data:
        yield Text(
            "Days with data: {before} → {after} of {whole}.",
            before=old.days_with_data,
            after=new.days_with_data,
            whole=new.days,
        )
