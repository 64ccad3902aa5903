"""Taking a file in: received whole, then worked off in pieces, each in one transaction with its checkpoint.

Whatever happens between two pieces, the next worker goes on where the last piece ended; two workers at once cannot
both take the same piece, because each checks the checkpoint under the partner's lock.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import batched
from typing import Self

from django.db import connection, transaction

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import PartnerError
from quetsach.campaign.partners.declaration import Level
from quetsach.campaign.partners.record import Cells, Fault, Reason, read_records
from quetsach.campaign.partners.row import Held, PlaceOnDay, Row, RowReader, Tally, Verdict, judge
from quetsach.campaign.partners.row import Line as RowLine
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.web.office.log.services import log_append
from quetsach.web.office.partners.models import (
    Delivery,
    DeliveryState,
    HeldRow,
    Line,
    Partner,
    SetAside,
    row_key,
)
from quetsach.web.office.partners.services.spool import spool, spool_opened, spool_path, sweep
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_unit

# Codes of places as partners write them: what a code or key names on a day.

_LEVELS = {
    "centre": Level.COUNTRY,
    "province": Level.PROVINCE,
    "district": Level.DISTRICT,
    "commune": Level.COMMUNE,
    "ministry": Level.ORGANISATION,
    "agency": Level.ORGANISATION,
    "enterprise": Level.ORGANISATION,
}


@dataclass(frozen=True, slots=True)
class UnitCodes:
    """Every unit by code and key, read once for a file. A code was used again with a new meaning; its days decide."""

    by_name: dict[str, list[tuple[date, date, PlaceOnDay]]]

    @classmethod
    def read(cls) -> Self:
        """Read them from the tree."""
        found: dict[str, list[tuple[date, date, PlaceOnDay]]] = defaultdict(list)
        for pk, key, code, kind, opened, closed in Unit.objects.values_list(
            "pk", "key", "code", "kind", "opened", "closed"
        ):
            entry = (opened, closed or date.max, PlaceOnDay(pk, _LEVELS[kind]))
            found[code].append(entry)
            if key != code:
                found[key].append(entry)
        return cls(dict(found))

    def on(self, name: str, day: date) -> PlaceOnDay | None:
        """Return what a code or key names on a day."""
        for opened, closed, place in self.by_name.get(name, ()):
            if opened <= day < closed:
                return place
        return None


AT_ONCE_RECORDS = 2000
"""A report of so many is worked off before the sender is answered; a larger one by the centre's worker."""
PIECE_RECORDS = 5000
MOST_LINES = 5000
"""Products, versions and families of one partner: beyond that a column holds something else."""
MOST_WAITING = 20
"""Files of one partner in the spool: a program that has run wild must not fill the disk."""
_FIGURES = ("turns", "machines", "infected", "cleaned", "count")
_COLUMNS = ("key", "line_id", "first", "unit_id", "delivery_id", "revision", *_FIGURES)

_logger = logging.getLogger("quetsach.office.partners")

type Record = tuple[int, Cells | Fault]


def delivery_receive(
    *, partner: Partner, name: str, chunks: Iterable[bytes], channel: str, by: Person | None, now: datetime
) -> tuple[Delivery, bool]:
    """Take a file into the spool; nothing of it counts before it is worked off.

    Args:
        partner: who sends it.
        name: the file's name, for people.
        chunks: its bytes, as they arrive.
        channel: ``api``, ``page`` or ``command``.
        by: who brings it; ``None`` for a token and the command line.
        now: the time (UTC).

    Returns:
        The delivery, and whether it is new: the same file again is the delivery that it was, unless something of it
        was set aside, which may fit by now.

    Raises:
        PartnerError: nothing is declared yet, too many files wait, or this one cannot be read.
        AccessError: not this person's to do.
    """
    if by is not None:
        require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    if not partner.declarations.exists():
        raise PartnerError(
            Text("it is not declared how this partner counts"),
            code="undeclared",
            status=409,
            hint=Text("declare the method before the first report"),
        )
    if partner.deliveries.filter(state=DeliveryState.WAITING).count() >= MOST_WAITING:
        raise PartnerError(
            Text("{number} reports of this partner are waiting already", number=MOST_WAITING),
            code="too-many",
            status=429,
            hint=Text("send this one when they are worked off"),
        )
    spooled = spool(chunks, partner=partner.pk)
    with transaction.atomic():
        Partner.objects.select_for_update().get(pk=partner.pk)
        known = partner.deliveries.filter(sha256=spooled.sha256).order_by("-pk").first()
        if known is not None and (not known.is_done or not known.set_aside):
            if known.is_done:
                spool_path(partner.pk, spooled.sha256).unlink(missing_ok=True)
            return known, False
        delivery = Delivery.objects.create(
            partner=partner,
            sha256=spooled.sha256,
            name="".join(c for c in name if c.isprintable())[:120] or "report",
            size_bytes=spooled.size_bytes,
            records=spooled.records,
            channel=channel,
            by=by,
            received_at=now,
        )
        log_append(
            by=by,
            act="partner-delivery",
            subject=f"partner:{partner.key}",
            unit=None,
            detail={"delivery": delivery.pk, "sha256": spooled.sha256, "records": spooled.records, "by": channel},
            now=now,
        )
    return delivery, True


def deliveries_work(*, now: datetime, is_stopped: Callable[[], bool] = lambda: False) -> int:
    """Work off all that waits, oldest first; return how many files were finished.

    A worker of the centre calls this from time to time.
    """
    sweep(keep={(d.partner_id, d.sha256) for d in Delivery.objects.filter(state=DeliveryState.WAITING)}, now=now)
    finished = 0
    for delivery in Delivery.objects.filter(state=DeliveryState.WAITING).order_by("pk"):
        try:
            finished += delivery_take_in(delivery=delivery, now=now, is_stopped=is_stopped).is_done
        except QuetsachError as error:  # of this file; the others are worked off all the same
            _logger.warning("delivery %s: %s", delivery.pk, error)
        if is_stopped():
            break
    return finished


def delivery_take_in(
    *,
    delivery: Delivery,
    now: datetime,
    is_stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _records: None,
) -> Delivery:
    """Work off one file from where it was left; return the delivery as it stands afterwards.

    Raises:
        PartnerError: the file is no longer there.
    """
    delivery = Delivery.objects.select_related("partner").get(pk=delivery.pk)
    if delivery.is_done:
        return delivery
    path = spool_path(delivery.partner_id, delivery.sha256)
    if not path.exists():
        raise PartnerError(
            Text("the file of delivery {number} is no longer in the spool", number=delivery.pk),
            code="lost",
            hint=Text("send it again"),
        )
    pieces = _Pieces(delivery, today(now), now)
    with spool_opened(path) as lines:
        records = _after(read_records(lines, where=delivery.name), delivery.next_line)
        for piece in batched(records, PIECE_RECORDS, strict=False):
            if is_stopped() or not pieces.take(piece):
                break
            progress(len(piece))
    after = Delivery.objects.get(pk=delivery.pk)
    if after.is_done:
        path.unlink(missing_ok=True)
    return after


def _after(records: Iterator[Record], line: int) -> Iterator[Record]:
    return (record for record in records if record[0] >= line)


class _Pieces:
    """Takes the records of one delivery, piece by piece."""

    def __init__(self, delivery: Delivery, day: date, now: datetime) -> None:
        self._delivery = delivery
        self._now = now
        declarations = list(delivery.partner.declarations.all())
        self._declarations = {d.version: d.pk for d in declarations}
        self._reader = RowReader([d.method for d in declarations], place_on=UnitCodes.read().on, today=day)
        self._lines: dict[RowLine, int | None] = {}
        self._days: dict[date, str] = {}
        self._next_line = delivery.next_line

    def take(self, piece: tuple[Record, ...]) -> bool:
        """Take one piece in; ``False`` when another worker has gone on, or a declaration has come since."""
        read = [(number, self._reader.read(c) if isinstance(c, tuple) else c) for number, c in piece]
        with transaction.atomic():
            partner = Partner.objects.select_for_update().get(pk=self._delivery.partner_id)
            delivery = Delivery.objects.get(pk=self._delivery.pk)
            if delivery.next_line != self._next_line or partner.declarations.count() != len(self._declarations):
                return False
            faults: list[tuple[int, Fault]] = []
            tally = self._hold(read, faults)
            SetAside.objects.bulk_create(
                SetAside(delivery=delivery, line=n, reason=f.reason, column=f.column, excerpt=f.excerpt)
                for n, f in faults
            )
            delivery.next_line = piece[-1][0] + 1
            delivery.accepted += tally.accepted
            delivery.duplicates += tally.duplicates
            delivery.replaced += tally.replaced
            delivery.set_aside += len(faults)
            if delivery.looked_at == delivery.records:
                delivery.state, delivery.finished_at = DeliveryState.DONE, self._now
            delivery.save()
        self._next_line = delivery.next_line
        return True

    def _hold(self, read: list[tuple[int, Row | Fault]], faults: list[tuple[int, Fault]]) -> Tally:
        keyed: list[tuple[int, int, Row]] = []
        for number, row in read:
            fault = row if isinstance(row, Fault) else None
            if isinstance(row, Row):
                line = self._line(row.line)
                if line is None:
                    fault = Fault.of(Reason.TOO_MANY_LINES, "product", row.line.product)
                else:
                    keyed.append((number, row_key(line, row.first, row.place), row))
            if fault:
                faults.append((number, fault))
        held = self._held([key for _, key, _ in keyed])
        rows: dict[int, Row] = {}
        tally, stored = Tally(), frozenset(held)
        for number, key, row in keyed:
            candidate = Held(row.revision, row.figures)
            verdict = judge(candidate, held.get(key))
            if isinstance(verdict, Reason):
                faults.append((number, Fault.of(verdict, "revision", row.revision)))
                continue
            tally.add(verdict)
            if verdict is not Verdict.DUPLICATE:
                held[key] = candidate
                rows[key] = row
        HeldRow.objects.filter(pk__in=rows.keys() & stored).delete()
        self._insert(rows)
        return tally

    def _held(self, keys: list[int]) -> dict[int, Held]:
        rows = HeldRow.objects.filter(pk__in=keys).values_list("key", "revision", *_FIGURES)
        return {key: Held(revision, (t, m, i, c, n)) for key, revision, t, m, i, c, n in rows}

    def _insert(self, rows: dict[int, Row]) -> None:
        """Write rows without making a model of each."""
        marks = ", ".join(["%s"] * len(_COLUMNS))
        columns = ", ".join(connection.ops.quote_name(c) for c in _COLUMNS)
        table = connection.ops.quote_name(HeldRow._meta.db_table)  # noqa: SLF001  (Django documents it)
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608  (our own names)
                [self._values(key, row) for key, row in rows.items()],
            )

    def _values(self, key: int, row: Row) -> tuple[int | str | None, ...]:
        first = self._days.get(row.first)
        if first is None:
            first = self._days[row.first] = str(connection.ops.adapt_datefield_value(row.first))
        return (key, self._lines[row.line], first, row.place, self._delivery.pk, row.revision, *row.figures)

    def _line(self, line: RowLine) -> int | None:
        """Return the identifier of a line, made when it is new; ``None`` when the partner has too many."""
        if line not in self._lines:
            found = {
                "declaration_id": self._declarations[line.declaration],
                "product": line.product,
                "version": line.version,
                "family": line.family,
            }
            made = Line.objects.filter(**found).first()
            if made is None and Line.objects.filter(partner=self._delivery.partner).count() < MOST_LINES:
                made = Line.objects.create(partner=self._delivery.partner, **found)
            self._lines[line] = made.pk if made else None
        return self._lines[line]
