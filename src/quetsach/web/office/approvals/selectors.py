"""Reads of approvals: what waits for somebody, what somebody asked for, what was decided."""

from datetime import date

from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse

from quetsach.campaign.authority import Permission, scope
from quetsach.core.text import Text
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import DECIDING_ACT
from quetsach.web.office.people.access import duties_of, may_do, paths_of, within
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.selectors import people_with
from quetsach.web.office.refusal import AccessError

_PAGES = {
    "letter": "office:letters:letter",
    "campaign": "office:campaigns:asked",
    "numbers": "office:figures:figures",
    "baseline": "office:campaigns:baseline",
    "kit": "office:publicity:kit",
    "packs": "office:packs:packs",
    "assignment": "office:returns:assignment",
    "other-tools": "office:other_tools:tool",
    "accounts": "office:accounts:batch",
}
"""Kind -> the page that shows what is to be approved. Its argument, if it has one, follows the colon of the subject."""


def waiting_for(person: Person, *, day: date) -> QuerySet[Approval]:
    """Return what a person may decide now, the longest waiting first."""
    return _decidable(person, day=day).filter(is_granted=None).exclude(asked_by=person).order_by("asked_at")


def asked_by(person: Person) -> QuerySet[Approval]:
    """Return what a person asked for, the newest first."""
    return (
        Approval.objects.filter(asked_by=person).select_related("unit", "asked_by", "decided_by").order_by("-asked_at")
    )


def decided_near(person: Person, *, day: date) -> QuerySet[Approval]:
    """Return what was decided of that which a person may decide, the newest first."""
    return _decidable(person, day=day).exclude(is_granted=None).order_by("-decided_at")


def approval_for(person: Person, key: int, *, day: date) -> Approval:
    """Return an approval that a person asked for, may decide, or reads as an auditor.

    Raises:
        AccessError: there is none, or none that is his to know.
    """
    found = Approval.objects.select_related("unit", "asked_by", "decided_by").filter(pk=key).first()
    if found is not None and (
        found.asked_by_id == person.pk
        or may_decide(person, found, day=day)
        or may_do(person, Permission.READ_LOG, found.unit, day=day)
    ):
        return found
    raise AccessError(Text("no such approval"), is_hidden=True)


def may_decide(person: Person, approval: Approval, *, day: date) -> bool:
    """Whether a person has the right to decide; who asked never has."""
    return approval.asked_by_id != person.pk and may_do(person, DECIDING_ACT[approval.kind], approval.unit, day=day)


def nearest_deciders(approval: Approval, *, day: date) -> tuple[Person, ...]:
    """Return the people who may decide and can sign in, of the nearest unit that has any; who asked is none of them.

    A letter of a province is decided there as a rule: the centre may, and is not written to unless nobody else can.
    """
    paths = paths_of(approval.unit, day=day)
    keys = {key for path in paths for key in path.strip("/").split("/")} | {approval.unit.key}
    act = DECIDING_ACT[approval.kind]
    near: dict[int, list[Person]] = {}
    for person in people_with(act, keys, day=day):
        tops = scope(duties_of(person, day=day), act)
        depth = max((len(top) for top in tops for path in paths if path.startswith(top)), default=0)
        if depth and person.pk != approval.asked_by_id and person.is_vouched:
            near.setdefault(depth, []).append(person)
    return tuple(near[max(near)]) if near else ()


def subject_url(approval: Approval) -> str:
    """Return the page of what is to be approved; empty if it has none."""
    subject, _colon, argument = approval.subject.partition(":")
    if subject == "returns":
        assignment, _colon, period = argument.partition(":")
        return reverse("office:returns:publication", args=[assignment, period, approval.digest])
    if subject == "figures":
        return reverse("office:figures:candidate", args=[approval.digest])
    name = _PAGES.get(approval.kind, "")
    for arguments in ([argument], []):
        try:
            return reverse(name, args=arguments)
        except NoReverseMatch:
            continue
    return ""


def _decidable(person: Person, *, day: date) -> QuerySet[Approval]:
    found = Q(pk__in=[])
    for act in sorted(set(DECIDING_ACT.values())):
        kinds = [kind for kind, needed in DECIDING_ACT.items() if needed is act]
        found |= Q(kind__in=kinds) & within(person, act, day=day)
    return Approval.objects.filter(found).select_related("unit", "asked_by", "decided_by").distinct()
