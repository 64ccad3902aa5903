"""What follows from a grant at once. Rooms say it when the office starts; approvals know no room."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from quetsach.web.office.approvals.models import Approval


@dataclass(frozen=True, slots=True)
class Consequence:
    """How requests of one kind are looked at and carried out.

    ``check`` refuses what cannot be granted any more; ``carry_out`` does what was granted, and is called again where it
    failed; ``done`` says that it was done. ``template`` shows what is asked for, with what ``context`` returns.
    """

    check: Callable[[Approval], None]
    carry_out: Callable[[Approval, datetime], None]
    done: str | Promise
    template: str
    context: Callable[[Approval], Mapping[str, Any]]


_BY_SUBJECT: dict[str, Consequence] = {}


def register_consequence(subject: str, consequence: Consequence) -> None:
    """Say what follows for requests whose subject begins with ``subject`` and a colon."""
    _BY_SUBJECT[subject] = consequence


def consequence_of(approval: Approval) -> Consequence | None:
    """Return what follows from granting a request; ``None`` where the grant itself is all."""
    return _BY_SUBJECT.get(approval.subject.partition(":")[0])
