"""Totals for everyone: made once as a document, frozen by its digest, public when a second person let it out."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from quetsach.campaign.returns.completeness import Completeness, completeness_text
from quetsach.campaign.returns.form import CheckKind, Form
from quetsach.campaign.returns.protection import Relation, hidden_cells
from quetsach.core.pack import LocalText
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.campaigns.models import Campaign
from quetsach.web.office.returns.models import Publication
from quetsach.web.office.returns.selectors.tally import Tally, places_of
from quetsach.web.office.returns.selectors.totals import Totals, totals_by_level, whole
from quetsach.web.office.units.models import Position

FORMAT = 1
LEVEL = 1
"""Public rows are the units directly below the centre: provinces and ministries; never communes."""


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """A total of the whole country: exact, with how many returns gave it."""

    id: str
    label: LocalText
    definition: LocalText
    counts: str
    span: str
    value: int
    given: int


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One province or ministry; a value is ``None`` where it is too small to be printed, or would give such a one away.

    A figure that none of its returns gave is not among ``values``.
    """

    key: str
    name: LocalText
    completeness: Completeness
    values: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class PublishedTotals:
    """Approved totals of a campaign's returns with their completeness, as they were let out."""

    campaign: str
    period: str
    since: date
    first: date
    last: date
    published_at: datetime
    figures: tuple[PublishedFigure, ...]
    completeness: Mapping[str, Completeness]
    rows: tuple[PublishedRow, ...]
    sha256: str

    @property
    def sentences(self) -> tuple[LocalText, ...]:
        """Completeness by kind of unit: "38 of 63 provinces (60.3 %), 54.0 % on time"."""
        return tuple(completeness_text(kind, c, is_approved_only=True) for kind, c in self.completeness.items())

    @property
    def all_units(self) -> Completeness:
        """All expected units together."""
        return sum(self.completeness.values(), Completeness())


def published_totals(campaign: Campaign | str) -> PublishedTotals | None:
    """Return the newest totals of a campaign that a second person let out; ``None`` while there are none."""
    key = campaign if isinstance(campaign, str) else campaign.key
    asked = Publication.objects.filter(assignment__campaign__key=key).select_related("period")
    granted = {
        (a.subject, a.digest): a.decided_at
        for a in Approval.objects.filter(kind="numbers", subject__startswith="returns:", is_granted=True)
    }
    for one in asked.order_by("-period__last", "-asked_at"):
        at = granted.get((one.subject, one.sha256))
        if at is not None:
            return _read(one, at)
    return None


def totals_document(tally: Tally) -> dict[str, Any]:
    """Return what would be published of a period: approved returns alone, small cells protected."""
    period = tally.period
    form = period.assignment.form.form
    elements = form.figure_elements()
    periods = list(period.assignment.periods.filter(last__lte=period.last))
    totals = totals_by_level(period.assignment, periods, elements, level=LEVEL, is_approved_only=True)
    country, complete = whole(totals), tally.by_level(LEVEL)
    names = {p.path: p for p in places_of(Position.objects.on(period.last).filter(level__lte=LEVEL))}
    values = _protected(form, totals)
    return {
        "format": FORMAT,
        "campaign": period.assignment.campaign.key,
        "form": form.code,
        "period": period.key,
        "since": periods[0].first.isoformat(),
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "completeness": {kind: counted.as_json() for kind, counted in sorted(tally.by_kind().items())},
        "figures": [
            {
                "id": element.id,
                "label": {"vi": element.label.vi, "en": element.label.en},
                "definition": {"vi": element.definition.vi, "en": element.definition.en},
                "counts": str(element.counts),
                "span": str(element.span),
                "value": country[element.id].value,
                "given": country[element.id].given,
            }
            for element in elements
            if element.id in country
        ],
        "rows": [
            {
                "key": names[path].key,
                "name": {"vi": names[path].name_vi, "en": names[path].name_en or names[path].name_vi},
                "completeness": complete.get(path, Completeness()).as_json(),
                "values": values.get(path, {}),
            }
            for path in sorted({*totals, *complete})
        ],
    }


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document's canonical JSON."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _protected(form: Form, totals: Totals) -> dict[str, dict[str, int | None]]:
    """Hide small cells, and what would give them back: columns add up to the country, some rows to their own total."""
    cells = {(path, name): total.value for path, row in totals.items() for name, total in row.items()}
    columns = {name for _, name in cells}
    relations = [Relation(tuple(cell for cell in cells if cell[1] == name)) for name in sorted(columns)]
    sums = [check for check in form.checks if check.kind is CheckKind.SUM]
    for path, row in totals.items():
        relations += [
            Relation(tuple((path, part) for part in check.parts), (path, check.whole))
            for check in sums
            if {check.whole, *check.parts} <= row.keys()
        ]
    hidden = hidden_cells(cells, relations)
    return {
        path: {name: None if (path, name) in hidden else total.value for name, total in row.items()}
        for path, row in totals.items()
    }


def _read(asked: Publication, published_at: datetime) -> PublishedTotals:
    document = asked.document
    return PublishedTotals(
        campaign=document["campaign"],
        period=document["period"],
        since=date.fromisoformat(document["since"]),
        first=date.fromisoformat(document["first"]),
        last=date.fromisoformat(document["last"]),
        published_at=published_at,
        figures=tuple(
            PublishedFigure(**{**f, "label": LocalText(**f["label"]), "definition": LocalText(**f["definition"])})
            for f in document["figures"]
        ),
        completeness={kind: Completeness.from_json(c) for kind, c in document["completeness"].items()},
        rows=tuple(
            PublishedRow(r["key"], LocalText(**r["name"]), Completeness.from_json(r["completeness"]), r["values"])
            for r in document["rows"]
        ),
        sha256=asked.sha256,
    )
