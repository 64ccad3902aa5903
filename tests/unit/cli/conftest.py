"""What tests of commands stand on."""

from collections.abc import Iterator

import pytest

from quetsach.endpoint.artefact import Artefact
from quetsach.endpoint.collect import persistence_entries
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.scan_issue import ScanIssue


@pytest.fixture(autouse=True)
def _without_the_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep commands away from what the machine of the tests starts: reading it takes half a second each time."""

    def of_mounted_disks(host: Host) -> Iterator[Artefact | ScanIssue]:
        return iter(()) if host.is_live else persistence_entries(host)

    monkeypatch.setattr("quetsach.endpoint.scanner.scan.persistence_entries", of_mounted_disks)


@pytest.fixture(autouse=True)
def _language_of_analysts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests of what analysts type read it in English, as one who set it once for all commands."""
    if request.module.__name__.rpartition(".")[2].startswith(("test_packs_", "test_center_network")):
        monkeypatch.setenv("QUETSACH_LANG", "en")
