"""What every test stands on."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "quetsach", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True, max_examples=100
)
settings.load_profile("quetsach")


@pytest.fixture(autouse=True)
def _no_one_elses_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep tests away from the state, language and proxies of whoever runs them."""
    monkeypatch.setenv("QUETSACH_STATE", str(tmp_path / "default-state"))
    monkeypatch.setenv("QUETSACH_DATA", str(tmp_path / "default-data"))
    for name in [n for n in os.environ if n.lower().endswith("_proxy") or n == "QUETSACH_LANG"]:
        monkeypatch.delenv(name)


@pytest.fixture
def eicar_copy(tmp_path: Path) -> Path:
    """The folder of a small pack, that of the EICAR test file, to be changed."""
    return Path(shutil.copytree(Path(__file__).parent.parent / "packs" / "eicar", tmp_path / "eicar"))
