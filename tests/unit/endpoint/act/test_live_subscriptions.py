"""An event subscription of a running Windows goes with binding, consumer and filter, and comes back as it was."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.infection import with_fields
from tests.infection_of_windows import of_file
from tests.live_windows import LiveHost, LiveWindows

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.undo import recover, undo, unfinished
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.host.nt.services import NtSubscriptions
from quetsach.endpoint.host.port import StoredObject
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import Outcome, RemoveSubscription
from quetsach.endpoint.store.state import State
from quetsach.packs.specimen.windows import write

NOW = datetime(2026, 11, 25, tzinfo=UTC)
REPOSITORY = b"/Windows/System32/wbem/Repository/OBJECTS.DATA"
SPACE = "root\\subscription"


def _object(kind: str, name: str, maker: int = 5) -> StoredObject:
    text = f'\ninstance of {kind}\n{{\n\tCreatorSID = {{1, {maker}}};\n\tName = "{name}";\n}};\n'
    return StoredObject(SPACE, f'{kind}.Name="{name}"', text)


def _binding(consumer: str, filter_: str, *, is_long: bool = False) -> StoredObject:
    place = "\\\\\\\\.\\\\root\\\\subscription:" if is_long else ""
    path = (
        f'__FilterToConsumerBinding.Consumer="{place}CommandLineEventConsumer.Name=\\"{consumer}\\"",'
        f'Filter="__EventFilter.Name=\\"{filter_}\\""'
    )
    return StoredObject(SPACE, path, f"\ninstance of __FilterToConsumerBinding\n{{\n\t{path}\n}};\n")


class Service:
    """A management service in memory; each change of it can be the last."""

    def __init__(self, *stored: StoredObject) -> None:
        self.stored = {one.path: one for one in stored}
        self.left = 1_000
        self.is_deaf = False

    def objects(self, namespace: str, kind: str) -> Iterator[StoredObject]:
        found = list(self.stored.values())
        yield from (one for one in found if one.namespace == namespace and one.path.startswith(f"{kind}."))

    def delete(self, namespace: str, path: str) -> None:
        if path not in self.stored:
            raise FileNotFoundError
        self._change()
        if not self.is_deaf:
            del self.stored[path]

    def compile(self, namespace: str, text: str) -> None:
        self._change()
        known = (one for one in OBJECTS if one.text == text)
        self.stored |= {one.path: replace(one, text=one.text.replace("{1, 5}", "{1, 9}")) for one in known}

    def _change(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise CrashError


class CrashError(BaseException):
    """The machine stops here."""


OBJECTS = (
    _object("__EventFilter", "Lọc"),
    _object("CommandLineEventConsumer", "Ác\\\\x"),
    _binding("Ác\\\\\\\\x", "Lọc", is_long=True),
    _object("CommandLineEventConsumer", "other"),
    _object("NTEventLogEventConsumer", "SCM Event Log Consumer"),
)


def _host(windows: LiveWindows, service: Service | None) -> LiveHost:
    return replace(windows.host(), subscriptions=NtSubscriptions(service) if service else None)


def _windows(tmp_path: Path) -> LiveWindows:
    windows = LiveWindows(tmp_path / "root")
    write(windows.root, REPOSITORY[1:].decode(), b"repository")
    return windows


def _finding(windows: LiveWindows) -> Finding:
    found = of_file(windows.root, REPOSITORY, ArtefactKind.WMI_SUBSCRIPTION, Action.REMOVE_SUBSCRIPTION)
    return with_fields(found, name="Ác\\x", consumer="CommandLineEventConsumer", filter="Lọc", command="x")


def _alike(one: dict[str, StoredObject], other: dict[str, StoredObject]) -> bool:
    return {key: value.text.replace("{1, 9}", "{1, 5}") for key, value in one.items()} == {
        key: value.text for key, value in other.items()
    }


def test_all_of_a_subscription_goes_and_comes_back(tmp_path: Path) -> None:
    windows, state, service = _windows(tmp_path), State.open(tmp_path / "state"), Service(*OBJECTS)
    before = dict(service.stored)
    host = _host(windows, service)
    plan = make_plan((_finding(windows),), host, state.folder)
    assert [type(step.target) for step in plan.steps] == [RemoveSubscription]
    result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [Outcome.DONE]
    assert set(service.stored) == {one.path for one in OBJECTS[3:]}
    assert (windows.root / REPOSITORY[1:].decode()).read_bytes() == b"repository"
    assert [step.outcome for step in undo(state, host, result.session, now=NOW).steps] == [Outcome.RESTORED]
    assert _alike(service.stored, before)


def test_a_filter_that_others_use_stays(tmp_path: Path) -> None:
    windows, state = _windows(tmp_path), State.open(tmp_path / "state")
    service = Service(*OBJECTS, _binding("other", "Lọc"))
    host = _host(windows, service)
    plan = make_plan((_finding(windows),), host, state.folder)
    clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    assert OBJECTS[0].path in service.stored
    assert OBJECTS[1].path not in service.stored


def test_it_is_not_believed_that_a_subscription_is_gone(tmp_path: Path) -> None:
    windows, state, service = _windows(tmp_path), State.open(tmp_path / "state"), Service(*OBJECTS)
    service.is_deaf = True
    host = _host(windows, service)
    plan = make_plan((_finding(windows),), host, state.folder)
    result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [Outcome.FAILED]


@pytest.mark.parametrize(("more", "outcome"), [(0, Outcome.DONE), (1, Outcome.FAILED)])
def test_what_is_too_large_to_be_recorded_stays(tmp_path: Path, more: int, outcome: Outcome) -> None:
    """A million characters (2 ** 20) are recorded, and one more is not."""
    windows, state = _windows(tmp_path), State.open(tmp_path / "state")
    room = (1 << 20) + more - sum(len(one.text) for one in OBJECTS[:3])
    service = Service(OBJECTS[0], replace(OBJECTS[1], text=OBJECTS[1].text + " " * room), *OBJECTS[2:])
    host, before = _host(windows, service), dict(service.stored)
    plan = make_plan((_finding(windows),), host, state.folder)
    result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [outcome]
    assert (service.stored == before) is (outcome is Outcome.FAILED)


@pytest.mark.parametrize("still_there", [0, 1, 3])
def test_undo_makes_only_what_is_not_there_again(tmp_path: Path, still_there: int) -> None:
    windows, state, service = _windows(tmp_path), State.open(tmp_path / "state"), Service(*OBJECTS)
    host = _host(windows, service)
    plan = make_plan((_finding(windows),), host, state.folder)
    result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    newer = {one.path: replace(one, text=one.text + "newer") for one in OBJECTS[3 - still_there : 3]}
    service.stored |= newer
    outcome = {0: Outcome.RESTORED, 1: Outcome.REINSERTED, 3: Outcome.KEPT}[still_there]
    assert [step.outcome for step in undo(state, host, result.session, now=NOW).steps] == [outcome]
    assert set(service.stored) == {one.path for one in OBJECTS}
    assert newer.items() <= service.stored.items()


def test_it_is_not_believed_that_a_subscription_is_there_again(tmp_path: Path) -> None:
    windows, state, service = _windows(tmp_path), State.open(tmp_path / "state"), Service(*OBJECTS)
    host = _host(windows, service)
    plan = make_plan((_finding(windows),), host, state.folder)
    result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    service.compile = lambda namespace, text: None  # type: ignore[method-assign]
    (step,) = undo(state, host, result.session, now=NOW).steps
    assert (step.outcome, "did not take" in step.note) == (Outcome.FAILED, True)


def test_a_windows_that_was_shut_down_has_to_be_started_for_undo(tmp_path: Path) -> None:
    windows, state, service = _windows(tmp_path), State.open(tmp_path / "state"), Service(*OBJECTS)
    host = _host(windows, service)
    plan = make_plan((_finding(windows),), host, state.folder)
    result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    (step,) = undo(state, windows.shut_down(), result.session, now=NOW).steps
    assert (step.outcome, "start it" in step.note) == (Outcome.FAILED, True)
    assert [step.outcome for step in undo(state, host, result.session, now=NOW).steps] == [Outcome.RESTORED]


def test_one_that_was_deleted_before_is_gone(tmp_path: Path) -> None:
    windows, state = _windows(tmp_path), State.open(tmp_path / "state")
    host = _host(windows, Service(*OBJECTS[3:]))
    plan = make_plan((_finding(windows),), host, state.folder)
    result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [Outcome.GONE]


def test_where_no_windows_runs_it_is_only_reported(tmp_path: Path) -> None:
    windows = _windows(tmp_path)
    plan = make_plan((_finding(windows),), _host(windows, None), tmp_path)
    assert (plan.steps, [one.hold for one in plan.held]) == ((), [SkipReason.NOT_RUNNING])


@pytest.mark.parametrize("at", range(4))
def test_any_change_can_be_the_last(tmp_path: Path, at: int) -> None:
    windows, state, service = _windows(tmp_path), State.open(tmp_path / "state"), Service(*OBJECTS)
    before, host = dict(service.stored), _host(windows, service)
    plan = make_plan((_finding(windows),), host, state.folder)
    service.left = at
    with contextlib.suppress(CrashError):
        clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    service.left = 1_000
    for session in unfinished(state, host):
        recover(state, host, session, now=NOW)
    assert set(service.stored) == {one.path for one in OBJECTS[3:]}
    service.left = at
    with contextlib.suppress(CrashError):
        undo(state, host, state.sessions[0], now=NOW)
    service.left = 1_000
    undo(state, host, state.sessions[0], now=NOW)
    assert _alike(service.stored, before)
