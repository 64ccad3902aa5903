"""Where a build lies: the folder that it fills alone, and what came with it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import quetsach
from quetsach.installation import bundled, bundled_trust, own_folder

ASK = """
import sys
sys.path.insert(0, sys.argv[1])
from quetsach import installation as i
print(i.own_folder(), i.bundled("packs"), i.bundled_trust(), i.bundled_licences(), sep="\\n")
"""


@pytest.fixture
def download(tmp_path: Path) -> Path:
    """Return a download as it is unpacked: the tool in an archive, and what came with it beside that."""
    runtime = tmp_path / "QuetSach" / "0.1.0-1" / "runtime"
    (runtime / "bundled" / "packs").mkdir(parents=True)
    source = Path(quetsach.__file__).parent
    with zipfile.ZipFile(runtime / "tool.zip", "w") as archive:
        for name in (
            "__init__.py",
            "installation.py",
            "core/__init__.py",
            "core/errors.py",
            "core/help_line.py",
            "core/country.py",
            "core/data_rights.py",
            "core/pack.py",
            "core/indicator_list.py",
            "core/language.py",
            "core/period.py",
            "core/text.py",
        ):
            archive.write(source / name, f"quetsach/{name}")
    return runtime


def _asked(runtime: Path) -> list[Path]:
    words = [sys.executable, "-I", "-S", "-c", ASK, str(runtime / "tool.zip")]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    return [Path(line) for line in ended.stdout.splitlines()]


def test_a_download_finds_what_lies_beside_its_archive(download: Path) -> None:
    own, packs, trust, licences = _asked(download)
    assert own == download.parent
    assert packs == download / "bundled" / "packs"
    assert trust == download / "bundled" / "trust"
    assert licences == download / "bundled" / "LICENSES.txt"


def test_a_version_among_others_fills_the_folder_above(download: Path) -> None:
    (download.parents[1] / "current").write_text("0.1.0-1")
    assert _asked(download)[0] == download.parents[1]


def test_a_checkout_fills_its_package_and_has_no_root_of_trust() -> None:
    assert own_folder() == Path(quetsach.__file__).parent
    assert (bundled("packs") / "eicar" / "pack.toml").is_file()
    assert not bundled_trust().exists()
