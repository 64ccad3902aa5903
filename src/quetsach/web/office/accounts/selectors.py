"""Reads of lists of stolen accounts, for pages of the office and for answers."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from quetsach.web.office.accounts.models import Batch, Entry
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.people.access import today

SUBJECT = "accounts"


def is_open(now: datetime) -> bool:
    """Whether owners may ask: it is switched on, and there is a list in force."""
    return bool(settings.CENTER.answers_owners) and in_force(today(now)).exists()


def in_force(day: date) -> QuerySet[Batch]:
    """Return the lists that owners are answered from on a day."""
    return Batch.objects.filter(ended_at=None, expires_on__gt=day).exclude(agreed_at=None)


def all_batches() -> QuerySet[Batch]:
    """Return all lists, the newest first."""
    return Batch.objects.select_related("by", "agreed_by")


def entries_of(look_up: bytes, *, day: date) -> list[Entry]:
    """Return what the lists in force say of one address, by one look into the index."""
    found = Entry.objects.filter(look_up=look_up, batch__in=in_force(day))
    return list(found.select_related("batch").order_by("-batch__handed_over_on", "-batch_id"))


def told_count(batch: Batch) -> int:
    """Return how many owners of a list were answered."""
    return batch.entries.exclude(told_on=None).count()


def left_count(batch: Batch) -> int:
    """Return how many addresses of a list are still kept: owners may have had theirs erased."""
    return batch.entries.count()


def waiting_approval(batch: Batch) -> Approval | None:
    """Return the request that waits for a second person; ``None`` if none does."""
    return Approval.objects.filter(kind=SUBJECT, subject=f"{SUBJECT}:{batch.pk}", is_granted=None).first()


def batch_of(approval: Approval) -> Batch | None:
    """Return the list that a request is about; ``None`` if its entries are erased."""
    number = approval.subject.partition(":")[2]
    return all_batches().filter(pk=int(number), digest=approval.digest, ended_at=None).first()


def shown_to_approver(approval: Approval) -> Mapping[str, Any]:
    """Return what whoever decides is shown."""
    return {"batch": batch_of(approval)}


def batch_names(keys: Collection[str]) -> Mapping[str, str]:
    """Return what the log calls lists."""
    found = Batch.objects.filter(pk__in=[int(key) for key in keys if key.isdigit()])
    return {str(batch.pk): str(batch) for batch in found}
