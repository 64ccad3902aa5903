"""What tests of commands stand on."""

from collections.abc import Iterator

import pytest

from quetsach.endpoint.artefact import Artefact
from quetsach.endpoint.collect import footholds
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.trouble import Trouble


@pytest.fixture(autouse=True)
def _without_the_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep commands away from what the machine of the tests starts: reading it takes half a second each time."""

    def of_mounted_disks(host: Host) -> Iterator[Artefact | Trouble]:
        return iter(()) if host.is_live else footholds(host)

    monkeypatch.setattr("quetsach.endpoint.look.scan.footholds", of_mounted_disks)
