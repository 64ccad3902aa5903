"""A line of settings goes alone only where no other line hangs on it."""

from pathlib import Path

import pytest
from tests.infection import finding, line_anchor, write

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.removable_lines import stands_alone

PAM = (
    b"auth sufficient pam_evil.so",
    b"auth [success=2 default=ignore] pam_unix.so nullok",
    b"# a comment",
    b"account required pam_permit.so",
    b"-auth [success=1 default=ignore] pam_sss.so",
    b"auth requisite pam_deny.so",
    b"auth required pam_permit.so",
)


@pytest.mark.parametrize(("number", "goes"), [(1, True), (2, True), (4, True), (5, False), (6, False), (7, True)])
def test_a_rule_that_another_counts_over_is_left(number: int, goes: bool) -> None:
    assert stands_alone(list(PAM), number, b"/etc/pam.d/common-auth") is goes


def test_numbers_mean_nothing_outside_pam() -> None:
    assert stands_alone(list(PAM), 6, b"/etc/other")


@pytest.mark.parametrize(
    ("text", "number", "goes"),
    [
        (b"a \\\nb\nc", 1, False),
        (b"a \\\nb\nc", 2, False),
        (b"a \\\nb\nc", 3, True),
        (b"a \\\\\nb", 2, True),
        (b"service x {\n a = b\n}", 1, False),
        (b"service x {\n a = b\n}", 2, True),
        (b"service x {\n a = b\n}", 3, False),
        (b"a { b }", 1, True),
        (b"a", 0, False),
        (b"a", 2, False),
    ],
)
def test_a_line_that_holds_others_together_is_left(text: bytes, number: int, goes: bool) -> None:
    assert stands_alone(text.split(b"\n"), number, b"/etc/sudoers") is goes


def test_the_plan_takes_lines_out_of_the_table_of_hosts_and_leaves_what_hangs_together(tmp_path: Path) -> None:
    write(tmp_path, b"/etc/hosts", b"127.0.0.1 localhost\n0.0.0.0 update.example.test\n")
    write(tmp_path, b"/etc/sudoers", b"evil ALL=\\\n(ALL) ALL\n")
    lines = [line_anchor(tmp_path, b"/etc/hosts", 2), line_anchor(tmp_path, b"/etc/sudoers", 1)]
    found = [finding(line, ArtefactKind.SETTING_LINE, Action.REMOVE_LINE) for line in lines]
    plan = make_plan(found, mounted_host(tmp_path), tmp_path / "state")
    assert [step.subject for step in plan.steps] == [b"/etc/hosts"]
    assert [held.hold for held in plan.held] == [SkipReason.ENTANGLED]
