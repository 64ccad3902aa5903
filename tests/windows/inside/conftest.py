"""What tests inside Windows stand on."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("quetsach", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("quetsach")


def pytest_configure() -> None:
    """Refuse to pretend: on another system nothing here would tell anything about Windows."""
    if sys.platform != "win32":
        pytest.exit("these tests run inside Windows: python -m tests.windows", returncode=1)


@pytest.fixture(autouse=True)
def _no_one_elses_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test begin without what others have left in the state folder."""
    monkeypatch.setenv("QUETSACH_STATE", str(tmp_path / "default-state"))
