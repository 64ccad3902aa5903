"""What an update from a good repository does."""

import os
import shutil
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, Machine, pack_of

from quetsach.packs import UnreachableError, keys
from quetsach.packs.keys import load_keys
from quetsach.packs.repository import publish_files, refresh_online
from quetsach.packs.source import Trust, load_trust


def test_installs_what_the_repository_lists(centre: Centre, machine: Machine, trust: Trust) -> None:
    result = machine.update(trust)
    assert result.installed == ("eicar-2026.01.01.qsp",)
    assert machine.installed() == pack_of("2026.01.01")


def test_a_second_update_fetches_no_pack_again(centre: Centre, machine: Machine, trust: Trust) -> None:
    machine.update(trust)
    centre.asked.clear()
    assert machine.update(trust).unchanged == ("eicar-2026.01.01.qsp",)
    assert not [path for path in centre.asked if path.startswith("targets/")]


def test_a_newer_pack_replaces_the_older(centre: Centre, machine: Machine, trust: Trust) -> None:
    machine.update(trust)
    centre.publish("2026.02.02")
    result = machine.update(trust)
    assert (result.installed, result.removed) == (("eicar-2026.02.02.qsp",), ("eicar-2026.01.01.qsp",))
    assert machine.installed() == pack_of("2026.02.02")


def test_a_withdrawn_pack_is_removed(centre: Centre, machine: Machine, trust: Trust) -> None:
    machine.update(trust)
    publish_files(centre.folder, keys=load_keys(centre.keys), files={"packs": {}}, now=centre.now)
    assert machine.update(trust).removed == ("eicar-2026.01.01.qsp",)
    assert machine.installed() == {}


def test_a_refreshed_timestamp_is_taken(centre: Centre, machine: Machine, trust: Trust) -> None:
    before = machine.update(trust).versions["timestamp"]
    refresh_online(centre.folder, keys=load_keys(centre.keys), now=centre.now + timedelta(days=1, hours=1))
    assert machine.update(trust).versions["timestamp"] == before + 1


def test_a_folder_on_a_stick_serves_as_well(centre: Centre, machine: Machine, trust: Trust, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    shutil.copytree(centre.folder, stick)
    machine.update(Trust(trust.root, str(stick)))
    assert machine.installed() == pack_of("2026.01.01")


@pytest.mark.parametrize("name", ["root-1", "root-3", "targets", "packs", "snapshot", "timestamp"])
def test_a_replaced_key_is_followed_when_a_threshold_signed_it(
    centre: Centre, machine: Machine, trust: Trust, name: str
) -> None:
    machine.update(trust)
    keys.rotate(centre.keys, name)
    centre.publish("2026.02.02")
    assert machine.update(trust).versions["root"] == (1 if name == "packs" else 2)
    assert machine.installed() == pack_of("2026.02.02")


def test_a_root_that_a_person_named_is_remembered_once_it_has_proved_itself(machine: Machine, trust: Trust) -> None:
    with pytest.raises(UnreachableError):
        machine.update(Trust(trust.root, "http://127.0.0.1:9"), remember=True)
    assert load_trust(machine.state / "trust") is None
    machine.update(trust, remember=True)
    assert load_trust(machine.state / "trust") == trust


def test_another_address_for_once_is_not_remembered(machine: Machine, trust: Trust) -> None:
    machine.update(trust)
    assert load_trust(machine.state / "trust") is None


def test_killed_at_any_write_leaves_the_old_packs_or_the_new(centre: Centre, machine: Machine, trust: Trust) -> None:
    machine.update(trust)
    centre.publish("2026.02.02")
    old, new = pack_of("2026.01.01"), pack_of("2026.02.02")
    deaths = 0
    for step in range(1, 40):
        state = machine.state.with_name(f"state-{step}")
        shutil.copytree(machine.state, state, symlinks=True)
        interrupted = Machine(state)
        died = _killed_at(step, interrupted, trust)
        assert interrupted.installed() in (old, new)
        assert machine.installed() == old
        if not died:
            break
        deaths += 1
        interrupted.update(trust)
        assert interrupted.installed() == new
    assert deaths >= 8
    assert not died


def _killed_at(step: int, machine: Machine, trust: Trust) -> bool:
    """Update in a child that kills itself at its n-th fsync, rename or folder; say whether it got that far."""
    child = os.fork()
    if child == 0:
        count = 0

        def deadly(real):  # type: ignore[no-untyped-def]
            def call(*args: object, **kwargs: object) -> object:
                nonlocal count
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*args, **kwargs)

            return call

        for name in ("fsync", "rename", "replace", "mkdir"):
            setattr(os, name, deadly(getattr(os, name)))
        try:
            machine.update(trust)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)
