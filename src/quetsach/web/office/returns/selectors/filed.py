"""What is stored of returns: forms and their versions, one return, its links, who stands for whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet, Sum

from quetsach.campaign.returns.form import Check, CheckKind, Element, Form
from quetsach.core.text import LocalText, Text
from quetsach.web.api.selectors import kept
from quetsach.web.office.plans.selectors import campaign_names
from quetsach.web.office.returns.models import Assignment, Period, Return, ReturnForm, ReturnLink, SignOff
from quetsach.web.office.tree.models import Unit

# Forms of returns as people look at them: their versions, where each is used, and what a new one changes.


@dataclass(frozen=True, slots=True)
class FormVersion:
    """One version of a form, and how many times units were asked for returns on it."""

    kept: ReturnForm
    asked: int

    @property
    def form(self) -> Form:
        """The form as a record."""
        return self.kept.form


@dataclass(frozen=True, slots=True)
class FormChanges:
    """What differs from an earlier version: questions that came, went, and those that ask or count otherwise."""

    before: Form
    added: tuple[Element, ...]
    removed: tuple[Element, ...]
    changed: tuple[Element, ...]
    are_checks_changed: bool


def form_versions() -> tuple[FormVersion, ...]:
    """Return all versions, those of one form together, the newest first."""
    asked: dict[int, int] = {}
    for pk in Assignment.objects.values_list("form", flat=True):
        asked[pk] = asked.get(pk, 0) + 1
    found = [FormVersion(kept, asked.get(kept.pk, 0)) for kept in ReturnForm.objects.all()]
    return tuple(sorted(found, key=lambda one: (one.form.id, -one.form.version)))


def form_uses(kept: ReturnForm) -> tuple[tuple[Assignment, str], ...]:
    """Return where units were asked for returns on a form, the newest first, and what each campaign is called."""
    found = list(kept.assignments.select_related("campaign").order_by("-pk"))
    names = campaign_names({one.campaign.key for one in found})
    return tuple((one, names.get(one.campaign.key, one.campaign.key)) for one in found)


def changes_since(form: Form) -> FormChanges | None:
    """Return what a version changes against the one before it; ``None`` for the first."""
    others = [kept.form for kept in ReturnForm.objects.filter(code__startswith=f"{form.id}-")]
    earlier = [other for other in others if other.id == form.id and other.version < form.version]
    if not earlier:
        return None
    before = max(earlier, key=lambda other: other.version)
    old, new = ({element.id: element for element in one.elements()} for one in (before, form))
    return FormChanges(
        before,
        added=tuple(element for name, element in new.items() if name not in old),
        removed=tuple(element for name, element in old.items() if name not in new),
        changed=tuple(element for name, element in new.items() if name in old and old[name] != element),
        are_checks_changed=before.checks != form.checks,
    )


def rules_of(form: Form) -> tuple[LocalText, ...]:
    """Return what must hold between answers, as sentences."""
    own = [
        Check(element.id, kind, target, (element.id,))
        for element in form.elements()
        for kind, target in ((CheckKind.SUM, element.sums_to), (CheckKind.AT_MOST, element.at_most))
        if target
    ]
    return tuple(_rule(form, check) for check in (*form.checks, *own))


def _rule(form: Form, check: Check) -> LocalText:
    whole, parts = form.label(check.whole), form.labels(check.parts)
    if check.kind is CheckKind.AT_MOST:
        return Text("{parts}: no more than “{whole}”.", parts=parts, whole=whole)
    if check.excuse:
        return Text(
            "{parts} add up to “{whole}”, or “{excuse}” says why not.",
            parts=parts,
            whole=whole,
            excuse=form.label(check.excuse),
        )
    return Text("{parts} add up to “{whole}”.", parts=parts, whole=whole)


# What is stored of returns: one return, its links, who stands for whom.


def period_of(assignment: int, key: str) -> Period | None:
    """Return a period of an assignment; ``None`` if there is none."""
    found = Period.objects.select_related("assignment__form", "assignment__campaign")
    return found.filter(assignment=assignment, key=key).first()


def return_of(unit: Unit, period: Period) -> Return | None:
    """Return what is stored of a unit's return; ``None`` while nothing is."""
    return Return.objects.filter(period=period, unit=unit).select_related("period", "unit").first()


def links_open(unit: Unit, period: Period, *, now: datetime) -> QuerySet[ReturnLink]:
    """Return the links to a unit's return that open now."""
    return ReturnLink.objects.filter(period=period, unit=unit, withdrawn_at=None, expires_at__gt=now)


def link_by(unit: Unit, period: Period, number: str) -> ReturnLink | None:
    """Return the link to a unit's return that has a number; ``None`` for another, or what is no number."""
    if not number.isdecimal() or len(number) >= 18:
        return None
    links = ReturnLink.objects.filter(period=period, unit=unit).select_related("unit", "period")
    return links.filter(pk=int(number)).first()


def sign_offs(period: Period) -> QuerySet[SignOff]:
    """Return who stands for whom in a period, with the units."""
    return SignOff.objects.filter(period=period).select_related("unit", "signed_by").prefetch_related("missing")


@dataclass(frozen=True, slots=True)
class FleetReport:
    """Distinct installations, runs and findings that the tool reported within a period (UTC days of the runs)."""

    machines: int
    runs: int
    findings: int


def fleet_report(unit: Unit, period: Period) -> FleetReport:
    """Return what the tool reported under the unit's key, or under its code while that code meant this unit."""
    last = min(period.last, unit.closed - timedelta(days=1)) if unit.closed else period.last
    counted = (
        kept()
        .filter(unit__in={unit.key, unit.code}, day__gte=max(period.first, unit.opened), day__lte=last)
        .aggregate(
            machines=Count("install_id", distinct=True),
            runs=Count("report_id"),
            findings=Sum("findings_count", default=0),
        )
    )
    return FleetReport(**counted)
