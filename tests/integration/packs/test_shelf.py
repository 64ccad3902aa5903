"""The whole shelf passes its trial, and is as complete as it says."""

import json
from pathlib import Path
from typing import Any

import pytest

from quetsach.cli.main import main
from quetsach.core.pack import Action
from quetsach.packs.load import load_shelf

SHELF = Path(__file__).parents[3] / "packs"
PACKS = {pack.family: pack for pack in load_shelf(SHELF)}
FAMILIES = [
    "andromeda",
    "conficker",
    "gamut",
    "lethic",
    "mirai-gafgyt",
    "mozi",
    "necurs",
    "njrat",
    "phorpiex",
    "pykspa",
    "ramnit",
    "sality",
    "virut",
    "wannacry",
    "xmrig-miner",
    "zeroaccess",
]


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``quetsach packs test`` told."""
    told = tmp_path_factory.mktemp("trial") / "told.json"
    with pytest.MonkeyPatch.context() as patch, told.open("w") as file:
        patch.setattr("sys.stdout", file)
        main(["packs", "test", str(SHELF), "--json"])
    result: dict[str, Any] = json.loads(told.read_text())
    return result


def test_every_pack_is_found_removed_and_put_back_and_nothing_else_is_found(trial: dict[str, Any]) -> None:
    assert {one["family"]: one["problems"] for one in trial["packs"] if one["problems"]} == {}
    assert {one["family"] for one in trial["packs"]} == PACKS.keys()
    assert trial["honest"]["goodware"]["files"] > 500


def test_the_trial_takes_less_than_three_minutes(trial: dict[str, Any]) -> None:
    assert trial["seconds"] < 180


@pytest.mark.parametrize("family", FAMILIES)
def test_each_of_the_sixteen_families_is_planted_on_each_platform_and_removed(
    family: str, trial: dict[str, Any]
) -> None:
    (tried,) = (one for one in trial["packs"] if one["family"] == family)
    assert {one["platform"] for one in tried["specimens"]} == PACKS[family].platforms
    assert all(one["planted"] >= one["removed"] > 0 for one in tried["specimens"])


@pytest.mark.parametrize("family", ["mirai-gafgyt", "mozi", "xmrig-miner"])
def test_what_runs_on_linux_is_ended(family: str, trial: dict[str, Any]) -> None:
    (tried,) = (one for one in trial["packs"] if one["family"] == family)
    assert sum(one["ended"] for one in tried["specimens"]) >= 1


def test_devices_have_guidance_and_nothing_that_acts() -> None:
    of_devices = [pack for pack in PACKS.values() if pack.is_guidance_only]
    assert {platform for pack in of_devices for platform in pack.platforms} == {"android", "camera", "nas", "router"}


@pytest.mark.parametrize("family", ["ramnit", "sality", "virut"])
def test_programs_that_were_infected_are_handed_over_and_not_removed(family: str, trial: dict[str, Any]) -> None:
    (tried,) = (one for one in trial["packs"] if one["family"] == family)
    handed_over = [t for t in PACKS[family].traits if t.kind == "file" and t.rule and t.action is Action.REPORT]
    assert handed_over
    assert all(one["planted"] > one["removed"] for one in tried["specimens"])
