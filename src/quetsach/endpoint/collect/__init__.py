"""What a machine runs and when, whom it trusts, where its names lead: collectors, each described by a file of data."""

from collections.abc import Callable, Iterator, Mapping

from quetsach.endpoint.artefact import Artefact, place_of
from quetsach.endpoint.collect import cron, lines, preload, process, running, ssh, systemd
from quetsach.endpoint.collect.places import Place, places_of
from quetsach.endpoint.collect.reading import MOST_ARTEFACTS, Reading, Surroundings
from quetsach.endpoint.collect.removed import Removed
from quetsach.endpoint.collect.windows import autorun, bits, hidden_folders, registry, services, shortcuts, tasks, wmi
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.trouble import Trouble

type Reader = Callable[[Reading], Iterator[Artefact | Trouble]]

READERS: Mapping[str, Reader] = {
    "lines": lines.read_lines,
    "files": lines.read_files,
    "cron-system": cron.read_system_tables,
    "cron-user": cron.read_user_tables,
    "cron-script": cron.read_scripts,
    "anacron": cron.read_anacron,
    "systemd": systemd.read_units,
    "ssh": ssh.read_keys,
    "preload": preload.read_preload,
    "kernel-modules": running.read_modules,
    "sockets": running.read_sockets,
    "values": registry.read_values,
    "keys": registry.read_keys,
    "services": services.read_services,
    "tasks": tasks.read_tasks,
    "jobs": tasks.read_jobs,
    "shortcuts": shortcuts.read_shortcuts,
    "autorun": autorun.read_autorun,
    "bits": bits.read_bits,
    "hidden-folders": hidden_folders.read_hidden_folders,
    "wmi": wmi.read_subscriptions,
}
"""What reads a place, by the name that its file gives."""

PROCESSES: Callable[[Host], Iterator[Artefact | Trouble]] = process.collect
"""What runs now; nothing on a mounted disk."""


def footholds(host: Host, removed: Removed | None = None) -> Iterator[Artefact | Trouble]:
    """Yield everything that brings a program back after a restart, and what else the places of the platform hold.

    With ``removed``, commands name files that are gone as they did while these were there.
    """
    told: set[Trouble] = set()
    for item in _footholds(host, Surroundings(host, removed)):
        if isinstance(item, Trouble):
            if item in told:  # several places lie in one file
                continue
            told.add(item)
        yield item


def _footholds(host: Host, surroundings: Surroundings) -> Iterator[Artefact | Trouble]:
    for place in places_of(host.platform):
        yield from collect(place, surroundings)
    if host.registry is not None:
        yield from host.registry.troubles()


def collect(place: Place, surroundings: Surroundings) -> Iterator[Artefact | Trouble]:
    """Yield what one place holds; what was left out is named at the end."""
    reading = Reading(place, surroundings)
    count = 0
    for item in READERS[place.reader](reading):
        yield item
        if isinstance(item, Artefact) and (count := count + 1) >= MOST_ARTEFACTS:
            reading.stop_at(place_of(item.anchor))
            break
    yield from reading.troubles.values()
