from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.returns.state import (
    Conflict,
    Scope,
    ancestors,
    children_of,
    conflicts,
    conflicts_of,
    nearest_above,
)

PATHS = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), max_size=30).map(
    lambda all_parts: sorted({f"/tw/{'/'.join(parts)}/" for parts in all_parts} | {"/tw/"})
)


def test_ancestors_are_told_from_the_nearest() -> None:
    assert list(ancestors("/tw/31/303/11296/")) == ["/tw/31/303/", "/tw/31/", "/tw/"]


def test_a_level_that_is_not_asked_is_stepped_over() -> None:
    assert children_of(["/tw/", "/tw/31/303/1/", "/tw/31/303/2/"]) == {"/tw/": ("/tw/31/303/1/", "/tw/31/303/2/")}


def test_a_name_that_begins_like_another_is_not_below_it() -> None:
    assert nearest_above(["/tw/3/", "/tw/31/"]) == {}


def test_a_return_of_a_subtree_conflicts_with_one_inside_it() -> None:
    filed = {"/tw/31/": Scope.SUBTREE, "/tw/31/303/": Scope.OWN, "/tw/01/": Scope.OWN}
    assert conflicts(filed) == (Conflict("/tw/31/", "/tw/31/303/"),)


def test_returns_of_own_machines_never_conflict() -> None:
    assert conflicts({"/tw/31/": Scope.OWN, "/tw/31/303/": Scope.OWN}) == ()


def test_a_new_return_is_told_only_its_own_conflicts() -> None:
    filed = {"/tw/31/": Scope.SUBTREE, "/tw/31/303/": Scope.OWN}
    assert conflicts_of("/tw/01/", Scope.SUBTREE, filed) == ()
    assert conflicts_of("/tw/31/304/", Scope.OWN, filed) == (Conflict("/tw/31/", "/tw/31/304/"),)
    assert conflicts_of("/tw/", Scope.SUBTREE, {"/tw/01/": Scope.OWN}) == (Conflict("/tw/", "/tw/01/"),)


@given(PATHS, st.data())
def test_without_a_conflict_no_machine_is_counted_twice(paths: list[str], data: st.DataObject) -> None:
    """Every unit has one machine; a subtree return counts those of all below. No conflict: at most once each."""
    scopes = data.draw(st.dictionaries(st.sampled_from(paths), st.sampled_from(Scope)))
    times = dict.fromkeys(paths, 0)
    for path, scope in scopes.items():
        for machine in paths:
            if machine == path or (scope is Scope.SUBTREE and machine.startswith(path)):
                times[machine] += 1
    assert any(n > 1 for n in times.values()) == bool(conflicts(scopes))


@given(PATHS, st.data())
def test_returns_taken_in_one_by_one_never_conflict(paths: list[str], data: st.DataObject) -> None:
    taken: dict[str, Scope] = {}
    for path in data.draw(st.permutations(paths)):
        scope = data.draw(st.sampled_from(Scope))
        if not conflicts_of(path, scope, taken):
            taken[path] = scope
    assert conflicts(taken) == ()


@given(PATHS)
def test_everyone_but_the_top_waits_below_exactly_one(paths: list[str]) -> None:
    below = [path for children in children_of(paths).values() for path in children]
    assert sorted(below) == [path for path in paths if path != "/tw/"]
