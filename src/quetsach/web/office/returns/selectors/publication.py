"""Totals for everyone: made once as a document, frozen by its digest, public when a second person let it out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from quetsach.assess import period_text
from quetsach.assess.privacy import Cell, Relation, hidden_cells
from quetsach.campaign.returns.completeness import KINDS, Completeness, in_order
from quetsach.campaign.returns.form import CheckKind, Form
from quetsach.campaign.schedule.outcome import KindFact, ReturnFacts, Total, TotalsRow
from quetsach.core.period import Period as Days
from quetsach.core.text import Joined, LocalText, Number, Text
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.reading import kept_while_read
from quetsach.web.office.returns.models import Period, Publication
from quetsach.web.office.returns.selectors.totals import totals_report

FORMAT = 1


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
    """Approved totals of a campaign's returns with their completeness, as they were let out or wait to be.

    ``published_at`` is ``None`` while they wait.
    """

    campaign: str
    period: str
    title: LocalText
    since: date
    first: date
    last: date
    published_at: datetime | None
    figures: tuple[PublishedFigure, ...]
    completeness: Mapping[str, Completeness]
    rows: tuple[PublishedRow, ...]
    sha256: str
    sums: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def all_units(self) -> Completeness:
        """All expected units together."""
        return sum(self.completeness.values(), Completeness())


def published_totals(campaign: Campaign | str) -> PublishedTotals | None:
    """Return the newest totals of a campaign that a second person let out; ``None`` while there are none."""
    key = campaign if isinstance(campaign, str) else campaign.key
    asked = Publication.objects.filter(assignment__campaign__key=key).select_related("period", "assignment__form")
    granted = _granted()
    for one in asked.order_by("-period__last", "-asked_at"):
        at = granted.get((one.subject, one.sha256))
        if at is not None:
            return totals_read(one, published_at=at)
    return None


@kept_while_read
def campaigns_with_totals() -> frozenset[str]:
    """Return the keys of the campaigns of which totals were let out."""
    asked = Publication.objects.defer("document").select_related("period", "assignment__campaign")
    granted = _granted()
    return frozenset(one.assignment.campaign.key for one in asked if (one.subject, one.sha256) in granted)


@kept_while_read
def _granted() -> dict[tuple[str, str], datetime | None]:
    """Return when totals were let out, by subject and digest."""
    found = Approval.objects.filter(kind="numbers", subject__startswith="returns:", is_granted=True)
    return {(one.subject, one.digest): one.decided_at for one in found}


def totals_document(period: Period, *, now: datetime) -> dict[str, Any]:
    """Return what would be published of a period: approved returns alone, small cells protected.

    Figures grow from period to period, so what a publication of these returns hid stays hidden in all that follow: what
    is printed later would bound it from above, and what was printed before from below.
    """
    document = totals_report(period, now=now, by="province", is_approved_only=True)
    values = {row["unit"]: row["values"] for row in document["rows"]}
    before = [
        (row["unit"], name)
        for earlier in Publication.objects.filter(assignment=period.assignment)
        for row in earlier.document["rows"]
        for name, value in row["values"].items()
        if value is None
    ]
    hidden = _hidden(period.assignment.form.form, values, before)
    for row in document["rows"]:
        row["values"] = {
            name: None if (row["unit"], name) in hidden else value for name, value in row["values"].items()
        }
    return {"format": FORMAT, **document}


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document's canonical JSON."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _hidden(form: Form, values: Mapping[str, Mapping[str, int]], before: Sequence[Cell]) -> frozenset[Cell]:
    """Hide small cells, and what would give them back: columns add up to the country, some rows to their own total."""
    cells = {(unit, name): value for unit, row in values.items() for name, value in row.items()}
    columns = sorted({name for _unit, name in cells})
    relations = [Relation(tuple(cell for cell in cells if cell[1] == name)) for name in columns]
    for unit, row in values.items():
        for check in form.checks:
            whole, parts = (unit, check.whole), tuple((unit, part) for part in check.parts)
            if check.kind is CheckKind.SUM and {check.whole, *check.parts} <= row.keys():
                relations.append(Relation(parts, whole))
            elif check.kind is CheckKind.AT_MOST and check.whole in row:
                relations += [Relation((part,), whole, is_at_most=True) for part in parts if part[1] in row]
    return hidden_cells(cells, relations, before=before)


def publication_request(period: Period) -> Approval | None:
    """Return the request to let totals of a period out that waits for a second person, if there is one."""
    return Approval.objects.filter(kind="numbers", subject=period.log_subject, is_granted=None).first()


def publications_of(period: Period) -> QuerySet[Publication]:
    """Return the totals of a period that were frozen to be let out."""
    return Publication.objects.filter(period=period).select_related("asked_by")


def publication_approval(frozen: Publication) -> Approval | None:
    """Return what became of asking for frozen totals."""
    asked = Approval.objects.filter(kind="numbers", subject=frozen.subject, digest=frozen.sha256)
    return asked.order_by("-pk").first()


def live_differences(frozen: Publication, *, now: datetime) -> tuple[LocalText, ...]:
    """Return in what the totals would be others if they were asked for now; nothing where they are the same."""
    before, after = frozen.document, totals_document(frozen.period, now=now)
    if digest_of(after) == frozen.sha256:
        return ()
    old, new = ({f["id"]: f for f in document["figures"]} for document in (before, after))
    changed: list[LocalText] = [
        Joined((LocalText(**name), ": ", _value(old, key), " → ", _value(new, key)), "")
        for key, name in ((key, (new.get(key) or old[key])["label"]) for key in (old | new))
        if _number(old, key) != _number(new, key)
    ]
    if not changed or before["completeness"] != after["completeness"]:
        changed.append(_OTHERWISE)
    return tuple(changed)


_OTHERWISE = Text("how complete they are, or figures of single provinces")


def _number(figures: Mapping[str, Any], key: str) -> int | None:
    return figures[key]["value"] if key in figures else None


def _value(figures: Mapping[str, Any], key: str) -> Number | str:
    number = _number(figures, key)
    return "–" if number is None else Number(number)


def totals_read(asked: Publication, *, published_at: datetime | None = None) -> PublishedTotals:
    """Return a frozen document as totals."""
    document = asked.document
    return PublishedTotals(
        campaign=document["campaign"],
        period=document["period"],
        title=asked.period.title,
        since=date.fromisoformat(document["since"]),
        first=date.fromisoformat(document["first"]),
        last=date.fromisoformat(document["last"]),
        published_at=published_at,
        figures=tuple(
            PublishedFigure(**{**f, "label": LocalText(**f["label"]), "definition": LocalText(**f["definition"])})
            for f in document["figures"]
        ),
        completeness=in_order({kind: Completeness.from_json(c) for kind, c in document["completeness"].items()}),
        rows=tuple(
            PublishedRow(r["unit"], LocalText(**r["name"]), Completeness.from_json(r["completeness"]), r["values"])
            for r in document["rows"]
        ),
        sha256=asked.sha256,
        sums=asked.assignment.form.form.sums,
    )


@kept_while_read
def returns_of(key: str) -> ReturnFacts | None:
    """Return the newest published totals of a campaign; ``None`` while there are none."""
    published = published_totals(key)
    return return_facts(published) if published else None


def return_facts(published: PublishedTotals) -> ReturnFacts:
    """Return totals as the public page, the archive and who lets them out are shown them."""
    units = published.all_units
    return ReturnFacts(
        totals=tuple(Total(f.id, f.label, f.value, f.definition, f.given) for f in published.figures),
        expected=units.expected,
        approved=units.accounted_approved,
        on_time=units.on_time,
        note=LocalText(*(f"{period_text(Days(published.since, published.last), one)}." for one in ("vi", "en"))),
        rows=tuple(
            TotalsRow(row.name, row.completeness.expected, row.completeness.accounted_approved, row.values)
            for row in published.rows
        ),
        sha256=published.sha256,
        sums=published.sums,
        kinds=tuple(
            KindFact(KINDS.get(kind, LocalText(kind, kind)), c.expected, c.accounted_approved, c.on_time)
            for kind, c in published.completeness.items()
            if c.expected
        ),
    )
