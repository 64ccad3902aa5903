"""The folder of a simulation."""

import json
from pathlib import Path

from quetsach.simulate.machines.folder import Folder


def test_a_manifest_makes_the_folder_that_it_lies_in(tmp_path: Path) -> None:
    with Folder(tmp_path / "new" / "country") as folder:
        folder.seal({"what": "x"}, is_complete=False)
    found = json.loads((tmp_path / "new" / "country" / "manifest.json").read_text())
    assert found == {"what": "x", "complete": False, "files": []}
