"""Who may do what, and where in the tree: a role is held over a unit and everything below it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is for the campaign."""

    OPERATOR = "operator"
    ANALYST = "analyst"
    PRESS = "press"
    AUDITOR = "auditor"
    APPROVER = "approver"
    EDITOR = "editor"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What a role allows."""

    SEE = "see"
    EDIT_UNITS = "edit-units"
    EDIT_CONTACTS = "edit-contacts"
    RUN_CAMPAIGN = "run-campaign"
    WRITE_LETTER = "write-letter"
    ISSUE_LETTER = "issue-letter"
    HANDLE_LETTER = "handle-letter"
    ENTER_RETURN = "enter-return"
    APPROVE_RETURN = "approve-return"
    PUBLISH_NUMBERS = "publish-numbers"
    PUBLISH_PACKS = "publish-packs"
    HANDLE_FEEDS = "handle-feeds"
    MAKE_KIT = "make-kit"
    ANSWER_CASES = "answer-cases"
    MANAGE_PEOPLE = "manage-people"
    READ_LOG = "read-log"


COUNTRY_ROLES = frozenset({Role.OPERATOR, Role.ANALYST, Role.PRESS, Role.AUDITOR})
"""Roles of the centre: they are held over the root of the tree and nowhere else."""

_UNIT_EDITOR = {
    Permission.SEE,
    Permission.EDIT_CONTACTS,
    Permission.WRITE_LETTER,
    Permission.HANDLE_LETTER,
    Permission.ENTER_RETURN,
    Permission.MAKE_KIT,
    Permission.ANSWER_CASES,  # those that were handed to the unit
}
_UNIT_APPROVER = {
    *_UNIT_EDITOR,
    Permission.ISSUE_LETTER,
    Permission.APPROVE_RETURN,
    Permission.MANAGE_PEOPLE,
    Permission.READ_LOG,
}
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(Permission),
    Role.ANALYST: frozenset(
        {Permission.SEE, Permission.PUBLISH_NUMBERS, Permission.PUBLISH_PACKS, Permission.HANDLE_FEEDS}
    ),
    Role.PRESS: frozenset({Permission.SEE, Permission.PUBLISH_NUMBERS, Permission.MAKE_KIT, Permission.ANSWER_CASES}),
    Role.AUDITOR: frozenset({Permission.SEE, Permission.READ_LOG}),
    Role.APPROVER: frozenset(_UNIT_APPROVER),
    Role.EDITOR: frozenset(_UNIT_EDITOR),
    Role.VIEWER: frozenset({Permission.SEE}),
}
"""What each role allows; one table, so that a reader sees all of it at once."""


@dataclass(frozen=True, slots=True, order=True)
class Duty:
    """A role over one unit. ``path`` is the unit's path on the day that is asked about, such as ``/tw/31-2025/``."""

    role: Role
    path: str


def may(duties: Iterable[Duty], act: Permission, path: str) -> bool:
    """Whether somebody with these duties may do ``act`` to the unit at ``path`` (same day's tree)."""
    return any(path.startswith(top) for top in scope(duties, act))


def scope(duties: Iterable[Duty], act: Permission) -> tuple[str, ...]:
    """Return the tops of the subtrees in which ``act`` is allowed; none lies inside another."""
    tops = sorted({duty.path for duty in duties if act in PERMISSIONS[duty.role]})
    found: list[str] = []
    for top in tops:
        if not any(top.startswith(above) for above in found):
            found.append(top)
    return tuple(found)


def may_give(duties: Iterable[Duty], given: Duty) -> bool:
    """Whether somebody with these duties may give ``given`` to another: only in his subtree, never more than he has.

    Roles of the centre are given by whoever may manage people over the whole country.
    """
    held = tuple(duties)
    if given.role in COUNTRY_ROLES and given.path.count("/") != 2:
        return False
    return may(held, Permission.MANAGE_PEOPLE, given.path) and all(
        may(held, act, given.path) for act in PERMISSIONS[given.role]
    )
