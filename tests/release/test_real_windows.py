"""What was seen on a real Windows comes back as files; until there is one, nobody is told otherwise."""

import json
import re
from pathlib import Path

from release.windows.check_on_windows import CHECKS, FORMAT, QUESTIONS

ROOT = Path(__file__).parents[2]
SEEN = sorted((ROOT / "data/windows").glob("*.json"))
PAGE = (ROOT / "docs/how-to/check-on-a-real-windows.md").read_text()
NOT_SEEN = "No real Windows was at hand"


def test_what_was_seen_has_the_form_of_the_script() -> None:
    for path in SEEN:
        document = json.loads(path.read_text("utf-8"))
        assert document["format"] == FORMAT, path
        assert {one["name"] for one in document["checks"]} <= {check.name for check in CHECKS}, path
        assert {one["outcome"] for one in document["checks"]} <= {"as expected", "otherwise", "not run"}, path
        assert set(document["answers"]) <= set(QUESTIONS), path
        assert not re.search(r"[A-Za-z]:\\+Users\\+(?!Public)", path.read_text("utf-8")), path


def test_the_page_names_every_check() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE) == [check.name for check in CHECKS]


def test_page_and_readme_say_whether_a_real_windows_was_at_hand() -> None:
    told = [NOT_SEEN in " ".join(text.split()) for text in (PAGE, (ROOT / "README.md").read_text())]
    assert told == [not SEEN] * 2
