"""What a machine runs and when: one module for each kind of artefact, each citing where the form is described."""

from collections.abc import Callable, Iterator

from quetsach.endpoint.artefact import Artefact
from quetsach.endpoint.collect import cron, preload, process, ssh, startup, systemd
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.trouble import Trouble

type Collector = Callable[[Host], Iterator[Artefact | Trouble]]

FOOTHOLDS: tuple[Collector, ...] = (
    preload.collect,
    cron.collect,
    systemd.collect,
    ssh.collect,
    startup.collect_start,
    startup.collect_profile,
)
"""Everything that brings a program back after a restart; reads files only, so it works on a mounted disk too."""

PROCESSES: Collector = process.collect
"""What runs now; nothing on a mounted disk."""
