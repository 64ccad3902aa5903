"""A library goes from the lists of Winsock with all entries that name it; the rest is numbered anew, and counted."""

from pathlib import Path

import pytest
from tests.fake_host import FakeHost, FakeRegistry, FakeTree
from tests.infection_of_windows import of_key, of_value

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act.hive import still_ours
from quetsach.endpoint.host.registry import BINARY, DWORD, KeyContent, PutKey, RegistryValue, inverse
from quetsach.endpoint.plan.plan import Plan, make_plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import EditRegistry

CATALOG = r"HKLM\SYSTEM\CurrentControlSet\Services\WinSock2\Parameters\Protocol_Catalog9"
ENTRIES = f"{CATALOG}\\Catalog_Entries"
LIBRARIES = ("mswsock", "lsp", "mswsock", "lsp", "other")


def _entry(library: str, number: int) -> KeyContent:
    data = f"C:\\{library}.dll".encode().ljust(260, b"\0") + number.to_bytes(4, "little")
    return KeyContent((RegistryValue("PackedCatalogItem", BINARY, data),))


def _host(tmp_path: Path, count: int | None = None, libraries: tuple[str, ...] = LIBRARIES) -> FakeHost:
    entries = {f"{place:012}": _entry(name, place) for place, name in enumerate(libraries, 1)}
    number = (len(libraries) if count is None else count).to_bytes(4, "little")
    values = (RegistryValue("Num_Catalog_Entries", DWORD, number), RegistryValue("Serial", DWORD, b"\7\0\0\0"))
    registry = FakeRegistry()
    registry.take(PutKey(CATALOG.replace("CurrentControlSet", "ControlSet001"), KeyContent(values)))
    for name, content in entries.items():
        registry.take(PutKey(f"{ENTRIES}\\{name}", content))
    return FakeHost(FakeTree(tmp_path), registry, is_live=True)


def _plan(host: FakeHost, *places: int, action: Action = Action.REMOVE_VALUE) -> Plan:
    assert host.registry is not None
    keys = [f"{ENTRIES}\\{place:012}" for place in places]
    found = (
        [of_value(host.registry, key, "PackedCatalogItem", action) for key in keys]
        if action is Action.REMOVE_VALUE
        else [of_key(key, ArtefactKind.REGISTRY_KEY, action) for key in keys]
    )
    return make_plan(found, host, Path("/state"))


@pytest.mark.parametrize("action", [Action.REMOVE_VALUE, Action.REMOVE_KEY])
def test_the_rest_of_the_list_closes_up_and_comes_back(tmp_path: Path, action: Action) -> None:
    host = _host(tmp_path)
    registry = host.registry
    assert registry is not None
    before = registry.content(CATALOG)
    (step,) = _plan(host, 2, 4, action=action).steps
    assert isinstance(step.target, EditRegistry)
    back = inverse(step.target.edits, registry)
    for edit in step.target.edits:
        registry.take(edit)
    assert registry.subkeys(ENTRIES) == tuple(f"{place:012}" for place in (1, 2, 3))
    left = [registry.values(f"{ENTRIES}\\{name}")[0].data for name in registry.subkeys(ENTRIES)]
    assert [data.partition(b"\0")[0] for data in left] == [b"C:\\mswsock.dll", b"C:\\mswsock.dll", b"C:\\other.dll"]
    assert [data[260] for data in left] == [1, 3, 5]
    count = registry.value(CATALOG, "Num_Catalog_Entries")
    assert count is not None
    assert count.text == "3"
    for edit in still_ours(back, step.target.edits, registry):
        registry.take(edit)
    assert registry.content(CATALOG) == before


@pytest.mark.parametrize("count", [0, 4, 6])
def test_a_list_that_is_not_as_windows_keeps_it_is_left_alone(tmp_path: Path, count: int) -> None:
    plan = _plan(_host(tmp_path, count), 2)
    assert (plan.steps, [one.hold for one in plan.held]) == ((), [SkipReason.UNREACHABLE])


def test_the_last_library_stays(tmp_path: Path) -> None:
    plan = _plan(_host(tmp_path, libraries=("lsp", "lsp")), 1, 2)
    assert (plan.steps, {one.hold for one in plan.held}) == ((), {SkipReason.SYSTEM})
