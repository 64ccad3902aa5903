"""What a machine runs and when, whom it trusts, where its names lead: collectors, each described by a file of data."""

from collections.abc import Callable, Iterator, Mapping

from quetsach.endpoint.artefact import Artefact, place_of
from quetsach.endpoint.collect import autostart, lines, running
from quetsach.endpoint.collect.named_files import Removed
from quetsach.endpoint.collect.places import Place, places_of
from quetsach.endpoint.collect.reading import MOST_ARTEFACTS, Reading, Surroundings
from quetsach.endpoint.collect.windows import binary, registry, startup_files, tasks
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.scan_issue import ScanIssue

type Reader = Callable[[Reading], Iterator[Artefact | ScanIssue]]

READERS: Mapping[str, Reader] = {
    "lines": lines.read_lines,
    "files": lines.read_files,
    "cron-system": autostart.read_system_tables,
    "cron-user": autostart.read_user_tables,
    "cron-script": autostart.read_scripts,
    "anacron": autostart.read_anacron,
    "systemd": autostart.read_units,
    "ssh": lines.read_keys,
    "preload": autostart.read_preload,
    "kernel-modules": running.read_modules,
    "sockets": running.read_sockets,
    "values": registry.read_values,
    "keys": registry.read_keys,
    "services": registry.read_services,
    "tasks": tasks.read_tasks,
    "jobs": tasks.read_jobs,
    "shortcuts": startup_files.read_shortcuts,
    "autorun": startup_files.read_autorun,
    "bits": binary.read_bits,
    "hidden-folders": startup_files.read_hidden_folders,
    "wmi": binary.read_subscriptions,
}
"""What reads a place, by the name that its file gives."""

PROCESSES: Callable[[Host], Iterator[Artefact | ScanIssue]] = running.read_processes
"""What runs now; nothing on a mounted disk."""


def persistence_entries(host: Host, removed: Removed | None = None) -> Iterator[Artefact | ScanIssue]:
    """Yield everything that brings a program back after a restart, and what else the places of the platform hold.

    With ``removed``, commands name files that are gone as they did while these were there.
    """
    told: set[ScanIssue] = set()
    for item in _persistence_entries(host, Surroundings(host, removed)):
        if isinstance(item, ScanIssue):
            if item in told:  # several places lie in one file
                continue
            told.add(item)
        yield item


def _persistence_entries(host: Host, surroundings: Surroundings) -> Iterator[Artefact | ScanIssue]:
    for place in places_of(host.platform):
        yield from collect(place, surroundings)
    if host.registry is not None:
        yield from host.registry.troubles()


def collect(place: Place, surroundings: Surroundings) -> Iterator[Artefact | ScanIssue]:
    """Yield what one place holds; what was left out is named at the end."""
    reading = Reading(place, surroundings)
    count = 0
    for item in READERS[place.reader](reading):
        yield item
        if isinstance(item, Artefact) and (count := count + 1) >= MOST_ARTEFACTS:
            reading.stop_at(place_of(item.anchor))
            break
    yield from reading.troubles.values()
