"""Who may do what and where: nothing leaks out of a subtree, nobody gives more than he has."""

from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.authority import COUNTRY_ROLES, PERMISSIONS, Duty, Permission, Role, may, may_give, scope

NAMES = st.sampled_from(["1", "11", "2", "21-2025", "a"])
PATHS = st.lists(NAMES, min_size=0, max_size=4).map(lambda names: "/tw/" + "".join(f"{name}/" for name in names))
DUTIES = st.lists(st.builds(Duty, st.sampled_from(Role), PATHS), max_size=5)


def units_above(path: str) -> set[tuple[str, ...]]:
    """Name the unit and everything above it, without looking at paths as texts."""
    names = path.strip("/").split("/")
    return {tuple(names[:end]) for end in range(1, len(names) + 1)}


def is_allowed(duties: list[Duty], act: Permission, path: str) -> bool:
    return any(act in PERMISSIONS[d.role] and tuple(d.path.strip("/").split("/")) in units_above(path) for d in duties)


@given(DUTIES, st.sampled_from(Permission), PATHS)
def test_one_may_do_what_a_duty_over_the_unit_or_one_above_it_allows_and_nothing_else(duties, act, path) -> None:
    assert may(duties, act, path) == is_allowed(duties, act, path)


@given(DUTIES, st.sampled_from(Permission), PATHS)
def test_the_scope_covers_exactly_what_one_may_do(duties, act, path) -> None:
    tops = scope(duties, act)
    assert any(path.startswith(top) for top in tops) == may(duties, act, path)
    assert not any(one != other and one.startswith(other) for one in tops for other in tops)


@given(DUTIES, st.builds(Duty, st.sampled_from(Role), PATHS), st.sampled_from(Permission), PATHS)
def test_nobody_gives_more_than_he_has(duties, given_duty, act, path) -> None:
    if may_give(duties, given_duty) and may([given_duty], act, path):
        assert may(duties, act, path)


@given(DUTIES, st.builds(Duty, st.sampled_from(Role), PATHS))
def test_only_who_manages_people_there_gives_a_duty(duties, given_duty) -> None:
    if may_give(duties, given_duty):
        assert is_allowed(duties, Permission.MANAGE_PEOPLE, given_duty.path)


@given(DUTIES, st.sampled_from(sorted(COUNTRY_ROLES)), PATHS.filter(lambda path: path != "/tw/"))
def test_roles_of_the_centre_are_given_over_the_whole_country_alone(duties, role, path) -> None:
    assert not may_give(duties, Duty(role, path))


def test_a_unit_whose_name_begins_alike_is_another_one() -> None:
    assert not may([Duty(Role.EDITOR, "/tw/31/")], Permission.SEE, "/tw/311/")
