"""The table of roles in the documentation is the one that the office goes by."""

import re
from pathlib import Path

from quetsach.campaign.authority import PERMISSIONS, Permission, Role

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "who-may-do-what.md"


def test_the_table_says_what_each_role_may_do() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.read_text().splitlines() if "|" in line]
    assert rows[0][2:] == [role.value for role in Role]
    told = {re.sub("`", "", row[0]): [bool(cell) for cell in row[2:]] for row in rows[2:]}
    assert told == {act.value: [act in PERMISSIONS[role] for role in Role] for act in Permission}
