"""What is read from tool reports, and the figures that pages show, counted in one place once a minute."""

import json
import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from quetsach.assess.estimate import SMALLEST_CELL
from quetsach.assess.privacy import Known, release_refusal, rounded_cells
from quetsach.assess.privacy import Sum as PrivacySum
from quetsach.storage import LastRead, locked, make_folder, write
from quetsach.web.api.models import ReportDay, ReportedFinding, ToolReport
from quetsach.web.published.report_counts import WITH_FINDING, State, held_days
from quetsach.web.published.selectors import shelf

# The figures of tool reports as pages show them: counted in one place once a minute, kept in a file, only read here.
#
# No page counts: what strangers send must not make a page slower. The file is replaced by a rename, so that a reader
# sees one count or the next; the commands that erase and withdraw reports count anew before they end.

_FORMAT = "quetsach-tool-reports/1"
_LIMIT_BYTES = 65_536
_logger = logging.getLogger("quetsach.web.api")


@dataclass(frozen=True, slots=True)
class FamilyTally:
    """Distinct installations that reported one family, to the nearest ten, never fewer than ten.

    The figures grow report by report: exact ones would tell what a single report says.
    """

    family: str
    installs: int


@dataclass(frozen=True, slots=True)
class Tally:
    """National totals of the reports that count, and the families that most machines reported.

    ``left_out`` are reports that are kept and do not count: over the ceiling of their source, or of ``held_days``,
    which nobody has looked at yet. ``since`` is the first day (UTC) that counts.
    """

    counted_at: datetime
    reports: int
    installs: int
    installs_with_findings: int
    installs_cleaned: int
    since: date | None
    families: tuple[FamilyTally, ...]
    left_out: int
    held_days: tuple[date, ...]


def report_tally() -> Tally | None:
    """Return the figures as they were counted last, without a query; ``None`` where that was never done."""
    path = _path()
    try:
        if path is None:
            return None
        return _parsed.of(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        _logger.error("figures of tool reports: %s", error)  # noqa: TRY400  (the trace adds nothing)
        return None


@contextmanager
def counting() -> Iterator[None]:
    """Let one process at a time count and keep, so that an older count never replaces a newer one."""
    path = _path()
    if path is None:
        yield
        return
    make_folder(path.parent)
    with locked(path.with_suffix(".lock")):
        yield


def keep_tally(tally: Tally) -> None:
    """Replace the kept figures; to be called within :func:`counting`."""
    path = _path()
    if path is not None:
        text = json.dumps({"format": _FORMAT, **asdict(tally)}, default=str)
        write(path, text)


def _path() -> Path | None:
    data: Path | None = settings.CENTER.data
    return data / "published" / "tool-reports.json" if data else None


def _parse(path: Path) -> Tally:
    with path.open("rb") as file:
        facts: dict[str, Any] = json.loads(file.read(_LIMIT_BYTES))
    if facts.pop("format") != _FORMAT:
        raise ValueError("the figures are of another version; they are counted anew within a minute")
    facts["counted_at"] = datetime.fromisoformat(facts["counted_at"])
    facts["since"] = date.fromisoformat(facts["since"]) if facts["since"] else None
    facts["families"] = tuple(FamilyTally(**family) for family in facts["families"])
    facts["held_days"] = tuple(map(date.fromisoformat, facts["held_days"]))
    return Tally(**facts)


_parsed = LastRead(_parse)


# What is read from tool reports. All that counts them begins with :func:`kept`: nothing withdrawn is in a figure.

MOST_FAMILIES = 10
"""How many families a public page names."""

_has_finding = Q(state__in=WITH_FINDING)


def known_families() -> frozenset[str]:
    """Return the families that this centre publishes packs of: a tool of its own finds no other."""
    return frozenset(pack.family for pack in shelf())


def kept() -> QuerySet[ToolReport]:
    """Return all reports that were not withdrawn: for those who see single units, never for the public."""
    return ToolReport.objects.filter(withdrawal=None)


def days_held() -> tuple[date, ...]:
    """Return the days that stand out and that nobody has let count."""
    rows = kept().filter(is_counted=True).values("received_on").annotate(machines=Count("install_id", distinct=True))
    machines = {row["received_on"]: row["machines"] for row in rows.order_by()}
    return held_days(machines, released=set(_released()))


def _released() -> QuerySet[ReportDay, date]:
    return ReportDay.objects.exclude(released_at=None).values_list("day", flat=True)


def counts(held: Collection[date]) -> Q:
    """Return which kept reports public figures count: within the ceilings of their sources, of no day that is held."""
    within = Q(is_counted=True)
    return within & ~Q(received_on__in=held) if held else within


def installations(held: Collection[date]) -> QuerySet[Any, Any]:
    """Return each installation by ``install_id``: its ``runs`` that count, those with findings, its last days.

    An installation counts as cleaned when a report that counts says that a clean-up was completed, and no report,
    counted or not, says that malware was there later: found on a later day, or put back by a correction that arrived
    on that day or later. Within a day, a clean-up is taken to come after what was found.

    Args:
        held: the days that do not count.
    """
    of = counts(held)
    return (
        kept()
        .values("install_id")
        .annotate(
            runs=Count("pk", filter=of),
            finding_runs=Count("pk", filter=of & _has_finding),
            first_on=Min("received_on", filter=of),
            cleaned_on=Max("day", filter=of & Q(state=State.CLEANED)),
            found_on=Max("day", filter=Q(state=State.FOUND)),
            restored_on=Max(Coalesce("corrected_on", "received_on"), filter=Q(state=State.RESTORED)),
        )
        .order_by()
    )


IS_CLEANED = (
    Q(cleaned_on__isnull=False)
    & (Q(found_on__isnull=True) | Q(found_on__lte=F("cleaned_on")))
    & (Q(restored_on__isnull=True) | Q(restored_on__lt=F("cleaned_on")))
)
"""Of the rows of :func:`installations`: which count as cleaned."""


def count_reports(*, now: datetime) -> Tally:
    """Count anew; what this costs grows with the reports, so no page does it."""
    held = days_held()
    totals = installations(held).aggregate(
        reports=Sum("runs", default=0),
        installs=Count("install_id", filter=Q(runs__gt=0)),
        with_findings=Count("install_id", filter=Q(finding_runs__gt=0)),
        cleaned=Count("install_id", filter=IS_CLEANED),
        since=Min("first_on"),
    )
    return Tally(
        counted_at=now,
        reports=totals["reports"],
        installs=totals["installs"],
        installs_with_findings=totals["with_findings"],
        installs_cleaned=totals["cleaned"],
        since=totals["since"],
        families=_families(kept().filter(counts(held)), found=totals["with_findings"]),
        left_out=kept().count() - totals["reports"],
        held_days=held,
    )


def _families(reports: QuerySet[ToolReport], *, found: int) -> tuple[FamilyTally, ...]:
    rows = (
        ReportedFinding.objects.filter(family__in=known_families(), report__in=reports)
        .values("family")
        .annotate(installs=Count("report__install_id", distinct=True))
        .order_by()
    )
    return _protected({row["family"]: row["installs"] for row in rows}, found=found)


def _protected(installs: Mapping[str, int], *, found: int) -> tuple[FamilyTally, ...]:
    """Name the largest families of ten machines or more; none at all where the total would give a small one back."""
    if not installs:
        return ()
    # A report that came or went between the two queries must not make them contradict each other.
    found = min(max(found, *installs.values()), sum(installs.values()))
    rounded = rounded_cells({(family, ""): n for family, n in installs.items()})
    small = Known(1, min(SMALLEST_CELL - 1, found))
    shown = {cell: small if figure.value is None else figure.known for cell, figure in rounded.items()}
    # A machine with several families counts in each: together they are that many or more.
    if release_refusal(shown, [PrivacySum(tuple(shown), Known(found))]):
        return ()
    named = (FamilyTally(family, figure.value) for (family, _), figure in rounded.items() if figure.value is not None)
    return tuple(sorted(named, key=lambda row: (-row.installs, row.family))[:MOST_FAMILIES])


@dataclass(frozen=True, slots=True)
class DayOfReports:
    """What arrived on a UTC day and was not withdrawn; ``largest_source`` is the most that one source sent."""

    day: date
    reports: int
    counted: int
    machines: int
    cleaned: int
    largest_source: int
    is_held: bool
    is_released: bool


def days_of_reports(*, most: int) -> tuple[DayOfReports, ...]:
    """Return the newest days that have reports."""
    held, released = set(days_held()), set(_released())
    within = Q(is_counted=True)
    rows = (
        kept()
        .values("received_on")
        .annotate(
            reports=Count("pk"),
            counted=Count("pk", filter=within),
            machines=Count("install_id", distinct=True, filter=within),
            cleaned=Count("install_id", distinct=True, filter=within & Q(state=State.CLEANED)),
        )
    )
    days = list(rows.order_by("-received_on")[:most])
    largest = _largest_sources([row["received_on"] for row in days])
    return tuple(
        DayOfReports(
            day=row["received_on"],
            reports=row["reports"],
            counted=row["counted"],
            machines=row["machines"],
            cleaned=row["cleaned"],
            largest_source=largest.get(row["received_on"], 0),
            is_held=row["received_on"] in held,
            is_released=row["received_on"] in released,
        )
        for row in days
    )


def _largest_sources(days: Collection[date]) -> dict[date, int]:
    rows = kept().filter(received_on__in=days).exclude(source="").values("received_on", "source")
    found: dict[date, int] = {}
    for row in rows.annotate(reports=Count("pk")).order_by():
        found[row["received_on"]] = max(found.get(row["received_on"], 0), row["reports"])
    return found


@dataclass(frozen=True, slots=True)
class SourceOfReports:
    """What one source sent on a day; ``name`` is the digest that ``withdraw --source`` takes."""

    name: str
    reports: int
    machines: int
    cleaned: int


def sources_of_day(day: date, *, most: int) -> tuple[SourceOfReports, ...]:
    """Return the sources of a day that sent most: addresses of IPv4, /64 and /48."""
    found = [row for field in ("source", "site") for row in _by(field, day, most)]
    return tuple(sorted(found, key=lambda source: (-source.reports, source.name))[:most])


def _by(field: str, day: date, most: int) -> list[SourceOfReports]:
    rows = kept().filter(received_on=day).exclude(**{field: ""}).values(field)
    counts = rows.annotate(
        reports=Count("pk"),
        machines=Count("install_id", distinct=True),
        cleaned=Count("install_id", distinct=True, filter=Q(state=State.CLEANED)),
    )
    return [SourceOfReports(row.pop(field), **row) for row in counts.order_by("-reports", field)[:most]]
