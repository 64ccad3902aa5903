"""A delivery: one file of one feed and report, and what became of its records.

Its JSON is the commit record: a Parquet file counts only if a delivery lists it. What was set aside and is understood
later is a commit of its own, a retry (``lake.retry``): the record of the delivery stays, and its account is read
together with those of its retries.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from quetsach.core.text import Text
from quetsach.feeds.layout import Subject
from quetsach.lake import LakeError

_RESTORE = "restore it from a backup of the lake"


def delivery_id(sha256: str, feed: str, report: str) -> str:
    """Return the identifier: the same bytes under another feed or report are another delivery."""
    return f"{sha256}.{feed}.{report}"


def retry_id(delivery: str, number: int) -> str:
    """Return the identifier of a retry of a delivery: like that of a delivery, of other digits."""
    digits, _, of_report = delivery.partition(".")
    return f"{hashlib.sha256(f'{digits}.{of_report} retry {number}'.encode()).hexdigest()}.{of_report}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was ingested. ``records`` = ``accepted`` + ``duplicates`` + ``quarantined``.

    ``days`` maps each UTC day to its accepted sightings; ``blank`` counts lines that are no records, ``context``
    objects of documents that only say more of others; ``versions`` names what decided (``families``, ``network``,
    ``layout``). ``subject`` says what its addresses are (``feeds.layout.Subject``). ``expired`` are the days whose
    sightings were deleted at the end of their lifetime; with the last of them (``has_landed`` is false) the delivered
    bytes and the quarantine went too. The counts stay, so that every record remains accounted for.

    A retry has ``retry_of``, the identifier of its delivery, and its number ``retry`` from 1: ``records`` are those
    that were set aside until then, ``quarantined`` those that still are. Of a delivery, ``retry`` is how many retries
    are in its account (``accounts``).
    """

    sha256: str
    feed: str
    report: str
    file: str
    size_bytes: int
    ingested_at: datetime
    records: int
    accepted: int
    duplicates: int
    quarantined: int
    repaired: int
    blank: int
    days: Mapping[date, int]
    versions: Mapping[str, str] = field(default_factory=dict)
    expired: tuple[date, ...] = ()
    has_landed: bool = True
    subject: str = Subject.HOST
    context: int = 0
    retry_of: str = ""
    retry: int = 0
    id: str = field(init=False, repr=False, compare=False)
    """The identifier of ``delivery_id``, of a retry that of ``retry_id``: asked for all the time, made once."""

    def __post_init__(self) -> None:
        made = retry_id(self.retry_of, self.retry) if self.retry_of else None
        object.__setattr__(self, "id", made or delivery_id(self.sha256, self.feed, self.report))

    @property
    def is_counted(self) -> bool:
        """Whether its addresses are those of infected machines: no others are counted."""
        return self.subject == Subject.HOST

    @property
    def adds_up(self) -> bool:
        """Whether every record is accounted for, once."""
        accounted = self.accepted + self.duplicates + self.quarantined
        return self.records == accounted and self.accepted == sum(self.days.values())

    def check(self) -> None:
        """Refuse a delivery that does not account for every record.

        Raises:
            LakeError: a record is missing or counted twice.
        """
        if not self.adds_up:
            raise LakeError(
                Text(
                    "{records} records, but {accepted} accepted + {duplicates} duplicates + {quarantined} "
                    "quarantined, {sum} in days",
                    records=self.records,
                    accepted=self.accepted,
                    duplicates=self.duplicates,
                    quarantined=self.quarantined,
                    sum=sum(self.days.values()),
                ),
                where=self.file,
                hint=Text("nothing of this file was ingested; please report this with the file"),
            )

    def sightings_path(self, day: date) -> str:
        """Return the Parquet file of one day, relative to the lake."""
        return f"sightings/day={day}/{self.id}.parquet"

    @property
    def quarantine_path(self) -> str:
        """The Parquet file of the rejects, relative to the lake; it exists if there are any."""
        return f"quarantine/{retry_id(self.retry_of or self.id, self.retry) if self.retry else self.id}.parquet"

    @property
    def landed_path(self) -> str:
        """The delivered bytes, compressed, relative to the lake."""
        return landed_path(self.sha256)

    def paths(self) -> list[str]:
        """Return every file that the delivery stands on, relative to the lake."""
        landed = [self.landed_path] if self.has_landed else []
        rejects = [self.quarantine_path] if self.quarantined and self.has_landed else []
        return [*landed, *[self.sightings_path(day) for day in self.days if day not in self.expired], *rejects]

    def to_record(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        record = asdict(self)
        del record["id"]
        record["ingested_at"] = self.ingested_at.astimezone(UTC).isoformat()
        record["days"] = {str(day): rows for day, rows in sorted(self.days.items())}
        record["expired"] = [str(day) for day in self.expired]
        if not self.retry_of:
            del record["retry_of"], record["retry"]
        return record

    def to_json(self) -> bytes:
        """Return the commit record: the fields, and every file for those who read the lake without this code."""
        return json.dumps({**self.to_record(), "files": self.paths()}, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes, *, where: str) -> "Delivery":
        """Read a commit record.

        Raises:
            LakeError: it is not one, or does not add up.
        """
        try:
            record: dict[str, Any] = json.loads(content)
            record.pop("files")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LakeError(Text("not a commit record: {error}", error=error), where=where, hint=_RESTORE) from error
        return cls.from_record(record, where=where)

    @classmethod
    def from_record(cls, record: dict[str, Any], *, where: str) -> "Delivery":
        """Read the fields of ``to_record``.

        Raises:
            LakeError: they are not such, or do not add up.
        """
        try:
            expired = tuple(date.fromisoformat(day) for day in record.get("expired", ()))
            days = {date.fromisoformat(day): int(rows) for day, rows in record["days"].items()}
            ingested_at = datetime.fromisoformat(record["ingested_at"])
            delivery = cls(**{**record, "ingested_at": ingested_at, "days": days, "expired": expired})
            adds_up = delivery.adds_up
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LakeError(Text("not a commit record: {error}", error=error), where=where, hint=_RESTORE) from error
        if not adds_up:
            raise LakeError(Text("a commit record that does not add up"), where=where, hint=_RESTORE)
        return delivery


def accounts(commits: Iterable[Delivery]) -> tuple[Delivery, ...]:
    """Return the deliveries among commits in their order, each with what its retries took in since.

    Raises:
        LakeError: a retry is of no delivery among them, or does not begin where the one before it ended.
    """
    of_delivery: defaultdict[str, list[Delivery]] = defaultdict(list)
    found: dict[str, Delivery] = {}
    for one in commits:
        if one.retry_of:
            of_delivery[one.retry_of].append(one)
        else:
            found[one.id] = one
    for id_, retries in of_delivery.items():
        for number, retry in enumerate(sorted(retries, key=lambda one: one.retry), 1):
            before = found.get(id_)
            if before is None or (retry.retry, retry.records) != (number, before.quarantined):
                told = Text("a retry that does not follow the account of its delivery")
                raise LakeError(told, where=f"{retry.id}.json", hint=_RESTORE)
            found[id_] = _with_retry(before, retry)
    return tuple(found.values())


def _with_retry(delivery: Delivery, retry: Delivery) -> Delivery:
    return replace(
        delivery,
        accepted=delivery.accepted + retry.accepted,
        duplicates=delivery.duplicates + retry.duplicates,
        quarantined=retry.quarantined,
        repaired=delivery.repaired + retry.repaired,
        days=Counter(delivery.days) + Counter(retry.days),
        versions=retry.versions,
        expired=tuple(sorted({*delivery.expired, *retry.expired})),
        has_landed=retry.has_landed,
        retry=retry.retry,
    )


def landed_path(sha256: str) -> str:
    """Return where delivered bytes lie, relative to the lake."""
    return f"landed/{sha256[:2]}/{sha256}.zst"
