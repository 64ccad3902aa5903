"""Every environment variable that the code reads is on the page of settings."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "settings.md").read_text()


def test_every_setting_is_documented() -> None:
    read = {
        name
        for source in (ROOT / "src").rglob("*.py")
        for name in re.findall(r'"(QUETSACH_[A-Z_]+|DATABASE_URL)"', source.read_text())
    }
    assert len(read) > 8
    assert [name for name in sorted(read) if f"| `{name}` |" not in PAGE] == []
