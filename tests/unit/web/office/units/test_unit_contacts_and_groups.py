from datetime import date

import pytest
from tests.unit.web.office.conftest import NOW, OPENED, REFORM, TODAY

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import UnitsError
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Contact, Membership
from quetsach.web.office.units.services.contacts import (
    contact_add,
    contact_change,
    contact_remove,
)
from quetsach.web.office.units.services.unit import group_add, group_set_add, unit_join

HOA = {"name": "Nguyễn Thị Hoa", "title": "Văn thư", "email": "hoa@hongbang.example", "phone": "0225 3842 119"}


def _hoa(unit, by, *, is_primary: bool = True) -> Contact:
    return contact_add(unit=unit, **HOA, is_primary=is_primary, by=by, now=NOW)


def test_an_editor_keeps_the_contacts_below_him(units, person) -> None:
    editor = person(Role.EDITOR, "303-2020")
    assert _hoa(units["11296-2020"], editor).email == "hoa@hongbang.example"


@pytest.mark.parametrize("key", ["304-2020", "31-2020", "tw", "11320-2020"])
def test_contacts_beside_and_above_are_out_of_reach(units, person, key: str) -> None:
    editor, operator = person(Role.EDITOR, "303-2020"), person(Role.OPERATOR)
    contact = _hoa(units[key], operator)
    for act in (
        lambda: _hoa(units[key], editor),
        lambda: contact_change(contact=contact, **HOA, is_primary=False, by=editor, now=NOW),
        lambda: contact_remove(contact=contact, by=editor, now=NOW),
    ):
        with pytest.raises(AccessError) as refused:
            act()
        assert refused.value.is_hidden
    assert Contact.objects.count() == 1


def test_who_only_looks_changes_no_contact(units, person) -> None:
    with pytest.raises(AccessError):
        _hoa(units["303-2020"], person(Role.VIEWER, "31-2020"))


def test_a_unit_has_one_first_contact(units, person) -> None:
    editor = person(Role.EDITOR, "303-2020")
    first, second = _hoa(units["303-2020"], editor), _hoa(units["303-2020"], editor)
    first.refresh_from_db()
    assert (first.is_primary, second.is_primary) == (False, True)


def test_a_new_address_has_not_bounced(units, person) -> None:
    editor = person(Role.EDITOR, "303-2020")
    contact = _hoa(units["303-2020"], editor)
    contact.bounced_on = TODAY
    contact.save()
    same = contact_change(contact=contact, **HOA, is_primary=True, by=editor, now=NOW)
    assert same.bounced_on == TODAY
    new = contact_change(contact=contact, **{**HOA, "email": "x@y.example"}, is_primary=True, by=editor, now=NOW)
    assert new.bounced_on is None


def test_the_log_says_that_a_contact_changed_but_holds_nobody_s_data(units, person) -> None:
    editor = person(Role.EDITOR, "303-2020")
    contact_remove(contact=_hoa(units["303-2020"], editor), by=editor, now=NOW)
    entries = LogEntry.objects.order_by("number")
    assert [entry.act for entry in entries] == ["contact-add", "contact-remove"]
    assert all("Hoa" not in str(entry.detail) and "@" not in str(entry.detail) for entry in entries)


def _sectors():
    sector = group_set_add(code="sector", name_vi="Lĩnh vực", name_en="Sector", by=None, now=NOW)
    names = {"health": "Y tế", "energy": "Năng lượng"}
    groups = {
        code: group_add(group_set=sector, code=code, name_vi=name, name_en="", by=None, now=NOW)
        for code, name in names.items()
    }
    return sector, groups


def _memberships(unit) -> list[tuple[str, date, date | None]]:
    return list(Membership.objects.filter(unit=unit).order_by("first").values_list("group__code", "first", "until"))


def test_a_unit_is_in_one_group_of_a_set_at_a_time(units) -> None:
    sector, groups = _sectors()
    unit_join(unit=units["303-2020"], group_set=sector, group=groups["health"], since=OPENED, by=None, now=NOW)
    unit_join(unit=units["303-2020"], group_set=sector, group=groups["energy"], since=TODAY, by=None, now=NOW)
    assert _memberships(units["303-2020"]) == [("health", OPENED, TODAY), ("energy", TODAY, REFORM)]


def test_a_unit_leaves_a_group(units) -> None:
    sector, groups = _sectors()
    unit_join(unit=units["303-2020"], group_set=sector, group=groups["health"], since=OPENED, by=None, now=NOW)
    unit_join(unit=units["303-2020"], group_set=sector, group=None, since=TODAY, by=None, now=NOW)
    assert _memberships(units["303-2020"]) == [("health", OPENED, TODAY)]


def test_a_membership_outside_the_unit_s_days_is_refused(units) -> None:
    sector, groups = _sectors()
    with pytest.raises(UnitsError, match="does not exist on that day"):
        unit_join(unit=units["303-2020"], group_set=sector, group=groups["health"], since=REFORM, by=None, now=NOW)


def test_a_code_of_a_set_or_group_is_used_once(units) -> None:
    sector, _ = _sectors()
    with pytest.raises(UnitsError, match="taken"):
        group_set_add(code="sector", name_vi="Khác", name_en="", by=None, now=NOW)
    with pytest.raises(UnitsError, match="taken"):
        group_add(group_set=sector, code="health", name_vi="Khác", name_en="", by=None, now=NOW)


def test_only_operators_make_groups(units, person) -> None:
    sector, groups = _sectors()
    editor = person(Role.EDITOR, "303-2020")
    with pytest.raises(AccessError):
        unit_join(unit=units["303-2020"], group_set=sector, group=groups["health"], since=TODAY, by=editor, now=NOW)
