import pytest

from quetsach.campaign import CampaignError
from quetsach.campaign.returns.form import Counts, Form, Kind, Span, read_form
from quetsach.installation import bundled

FORM = (bundled("data") / "forms" / "unit-return-1.toml").read_bytes()

SMALL = """
id = "small"
version = 2
name = {vi = "Nhỏ", en = "Small"}
summary = {vi = "x", en = "x"}
[[sections]]
id = "all"
title = {vi = "x", en = "x"}
[[sections.elements]]
id = "machines"
kind = "count"
counts = "machines"
span = "to-date"
label = {vi = "Máy", en = "Machines"}
definition = {vi = "x", en = "x"}
[[sections.elements]]
id = "turns"
kind = "count"
counts = "turns"
span = "period"
label = {vi = "Lượt", en = "Turns"}
definition = {vi = "x", en = "x"}
"""


@pytest.fixture(scope="module")
def form() -> Form:
    return read_form(FORM, file="unit-return-1.toml")


def test_the_form_of_this_build_asks_what_the_campaign_of_2020_asked(form: Form) -> None:
    assert form.code == "unit-return-1"
    assert {e.id for e in form.elements()} >= {
        "contact", "letter-received-on", "letter-forwarded-on", "units-forwarded-to", "staff-informed", "channels",
        "machines-in-scope", "machines-by-os", "machines-scanned", "scan-turns", "tools", "machines-infected",
        "families", "machines-cleaned", "machines-reinstalled", "machines-unresolved", "addresses-notified",
        "addresses-resolved", "devices-checked", "cracked-software-removed", "difficulties", "proposals",
    }  # fmt: skip


def test_turns_are_of_the_period_and_machines_to_date(form: Form) -> None:
    turns, machines = form.element("scan-turns"), form.element("machines-scanned")
    assert turns
    assert machines
    assert (turns.counts, turns.span) == (Counts.TURNS, Span.PERIOD)
    assert (machines.counts, machines.span) == (Counts.MACHINES, Span.TO_DATE)


def test_a_table_has_a_cell_for_each_row_and_one_for_the_reason(form: Form) -> None:
    element = form.element("channels")
    assert element
    assert element.kind is Kind.TABLE
    assert element.fields()[0] == "channels.portal"
    assert element.fields()[-1] == "channels.missing"


def test_every_cell_of_the_form_has_its_own_name(form: Form) -> None:
    assert len(set(form.fields())) == len(form.fields())


@pytest.mark.parametrize(
    ("addition", "complaint"),
    [
        ('[[checks]]\nid = "c"\nkind = "at-most"\nleft = "turns"\nright = "machines"', "not of the same thing"),
        ('[[checks]]\nid = "c"\nkind = "sum"\nwhole = "machines"\nparts = ["turns"]', "not of the same thing"),
        ('[[checks]]\nid = "c"\nkind = "sum"\nwhole = "machines"\nparts = ["gone"]', "no element 'gone'"),
        ('[[checks]]\nid = "c"\nkind = "about"\nleft = "turns"\nright = "turns"', "must be one of"),
    ],
)
def test_a_check_that_mixes_machines_and_turns_is_refused(addition: str, complaint: str) -> None:
    with pytest.raises(CampaignError, match=complaint):
        read_form(f"{SMALL}\n{addition}".encode(), file="small.toml")


def test_two_elements_of_one_name_are_refused() -> None:
    with pytest.raises(CampaignError, match="machines is there twice"):
        read_form(SMALL.replace('id = "turns"', 'id = "machines"').encode(), file="small.toml")


def test_a_figure_must_say_what_it_counts() -> None:
    with pytest.raises(CampaignError, match="counts"):
        read_form(SMALL.replace('counts = "turns"\n', "").encode(), file="small.toml")


def test_a_misspelt_field_is_refused() -> None:
    with pytest.raises(CampaignError, match="is not a field"):
        read_form(SMALL.replace('kind = "count"', 'kind = "count"\nrequierd = true').encode(), file="small.toml")
