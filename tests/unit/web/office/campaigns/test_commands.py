"""``quetsach center campaigns`` on a centre with the small country."""

import json
from pathlib import Path

import pytest
from tests.unit.web.office.campaigns.conftest import decide_botnets

from quetsach.installation import bundled
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import decisions_of, steps_asked

FILE = bundled("data") / "campaigns" / "viet-nam-2020" / "campaign.toml"


def test_a_campaign_of_this_build_is_begun_by_its_name(units, run) -> None:
    code, out, _ = run("import", "viet-nam-2020", "--json")
    assert (code, json.loads(out)["revision"]) == (0, 1)
    assert Campaign.objects.get().key == "viet-nam-2020"


def test_without_a_tree_nothing_begins_and_the_way_there_is_named(run) -> None:
    code, _, err = run("import", "viet-nam-2020")
    assert code == 1
    assert "center units load" in err


def test_a_plan_that_is_there_changes_for_a_reason_only(campaign: Campaign, run, tmp_path: Path) -> None:
    changed = tmp_path / "changed.toml"
    changed.write_text(campaign.revision.document.replace("2021-02-28", "2021-03-31", 1))
    assert run("import", str(changed))[0] == 1
    assert run("import", str(changed), "--reason", "longer")[0] == 0
    assert [d.grounds for d in decisions_of(campaign)] == ["longer"]


@pytest.mark.parametrize("name", ["never", "../viet-nam-2020", "/dev/null/x"])
def test_a_file_that_cannot_be_read_is_named(units, run, name: str) -> None:
    code, _, err = run("import", name)
    assert code == 1
    assert name in err


def test_show_tells_phases_gates_and_boards(campaign: Campaign, run) -> None:
    code, out, _ = run("show", "viet-nam-2020", "--json")
    told = json.loads(out)
    assert code == 0
    assert [p["id"] for p in told["phases"]] == ["before", "during", "after"]
    assert told["phases"][1]["conditions"][0] == {"needs": "baseline-frozen", "least": 1, "count": 0, "holds": False}
    assert len(told["boards"]) == 4
    assert "chưa" not in run("show", "viet-nam-2020", "--lang", "en")[1]


def test_list_names_each_campaign_with_its_state(campaign: Campaign, run) -> None:
    assert json.loads(run("list", "--json")[1])[0]["state"] == "none"
    assert "viet-nam-2020" in run("list")[1]


def test_close_lists_what_is_open_and_asks_in_a_persons_name(campaign: Campaign, run, operator) -> None:
    assert len(json.loads(run("close", "viet-nam-2020", "--json")[1])["open"]) > 3
    assert steps_asked(campaign) == {}
    code, _, _ = run("close", "viet-nam-2020", "--by", operator.email, "--reason", "by order")
    assert code == 0
    assert list(steps_asked(campaign)) == ["close"]


def test_close_by_nobody_who_works_here_is_refused(campaign: Campaign, run) -> None:
    assert run("close", "viet-nam-2020", "--by", "x@example.vn")[0] == 1


def test_the_archive_is_written_into_a_new_folder(campaign: Campaign, run, tmp_path: Path) -> None:
    out = tmp_path / "archive"
    assert run("archive", "viet-nam-2020", "--out", str(out))[0] == 0
    assert (out / "index.html").is_file()
    assert run("archive", "viet-nam-2020", "--out", str(out))[0] == 1


def test_clone_and_compare(campaign: Campaign, run, operator) -> None:
    decide_botnets(campaign, operator)
    names = ("--name-vi", "Sau", "--name-en", "Next")
    assert run("clone", "viet-nam-2020", "next-2027", "--from", "2027-03-01", *names)[0] == 0
    told = json.loads(run("compare", "viet-nam-2020", "next-2027", "--json")[1])
    assert any("is not closed" in caution["en"] for caution in told["cautions"])
    assert run("compare", "viet-nam-2020", "next-2027")[0] == 0


def test_a_campaign_that_is_not_there_is_named_with_those_that_are(campaign: Campaign, run) -> None:
    code, _, err = run("show", "never")
    assert code == 1
    assert "viet-nam-2020" in err
