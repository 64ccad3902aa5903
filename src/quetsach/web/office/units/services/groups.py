"""Groups across the tree, such as by sector: a unit is in at most one group of a set at a time."""

from datetime import date, datetime

from django.db import transaction

from quetsach.campaign.units.errors import UnitsError
from quetsach.core.pack import LocalText
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree import models
from quetsach.web.office.tree.models import Group, GroupSet, Membership
from quetsach.web.office.units.services.unit import require_centre

_TAKEN = LocalText("mã này đã dùng", "this code is taken")
_OUTSIDE = LocalText("đơn vị không tồn tại vào ngày đó", "the unit does not exist on that day")


@transaction.atomic
def group_set_add(*, code: str, name_vi: str, name_en: str, by: Person | None, now: datetime) -> GroupSet:
    """Add a way to divide units.

    Raises:
        AccessError: not an operator of the centre.
        UnitsError: the code is taken.
    """
    require_centre(by, now=now)
    if GroupSet.objects.filter(code=code).exists():
        raise UnitsError(_TAKEN, where=code)
    added = GroupSet.objects.create(code=code, name_vi=name_vi, name_en=name_en)
    log_append(by=by, act="group-set-add", subject=f"group-set:{code}", unit=None, detail={}, now=now)
    return added


@transaction.atomic
def group_add(*, group_set: GroupSet, code: str, name_vi: str, name_en: str, by: Person | None, now: datetime) -> Group:
    """Add a group to a set.

    Raises:
        AccessError: not an operator of the centre.
        UnitsError: the set has a group of that code.
    """
    require_centre(by, now=now)
    if group_set.groups.filter(code=code).exists():
        raise UnitsError(_TAKEN, where=code)
    added = Group.objects.create(group_set=group_set, code=code, name_vi=name_vi, name_en=name_en)
    log_append(by=by, act="group-add", subject=f"group:{group_set.code}/{code}", unit=None, detail={}, now=now)
    return added


@transaction.atomic
def unit_join(
    *, unit: models.Unit, group_set: GroupSet, group: Group | None, since: date, by: Person | None, now: datetime
) -> None:
    """Put a unit into a group of a set from a day on, or into none; what was before that day stays as it was.

    Raises:
        AccessError: not an operator of the centre.
        UnitsError: the unit does not exist on that day.
    """
    require_centre(by, now=now)
    if since < unit.opened or (unit.closed is not None and since >= unit.closed):
        raise UnitsError(_OUTSIDE, where=unit.key)
    of_set = Membership.objects.filter(unit=unit, group__group_set=group_set)
    of_set.filter(first__gte=since).delete()
    of_set.on(since).update(until=since)
    if group is not None:
        Membership.objects.create(unit=unit, group=group, first=since, until=unit.closed)
    detail = {"group_set": group_set.code, "group": group.code if group else None, "since": str(since)}
    log_append(by=by, act="unit-join", subject=f"unit:{unit.key}", unit=unit, detail=detail, now=now)
