"""What a running Linux holds besides files: modules of its kernel, sockets, what is loaded into processes."""

import os
import socket
from pathlib import Path

import pytest
from tests.machine import Machine

from quetsach.endpoint.artefact import Artefact
from quetsach.endpoint.collect import collect, running
from quetsach.endpoint.collect.places import places_of
from quetsach.endpoint.collect.reading import Surroundings
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.posix.linux import LinuxHost, live_host
from quetsach.endpoint.host.posix.processes import LinuxProcesses, parse_table


def _collected(name: str, host: Host) -> list[Artefact]:
    [place] = [place for place in places_of("linux") if place.name == name]
    return [item for item in collect(place, Surroundings(host)) if isinstance(item, Artefact)]


def test_a_module_that_the_list_keeps_quiet_about_is_hidden(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.write("/proc/modules", "usb_storage 81920 0 - Live 0x0\n")
    machine.write("/proc/sys/kernel/osrelease", "6.12.0\n")
    machine.write("/lib/modules/6.12.0/modules.dep", "kernel/drivers/usb-storage.ko.xz: kernel/scsi.ko.xz\n")
    for name in ("usb_storage", "rootkit"):
        machine.write(f"/sys/module/{name}/initstate", "live\n")
    machine.write("/sys/module/built_in/parameters/x", "")
    found = _collected("kernel-module", LinuxHost(PosixTree(tmp_path), LinuxProcesses(), None))
    assert [(a.fields["name"], a.fields["hidden"], a.fields["path"]) for a in found] == [
        ("rootkit", "yes", ""),
        ("usb_storage", "no", "/lib/modules/6.12.0/kernel/drivers/usb-storage.ko.xz"),
    ]


def test_no_module_is_called_hidden_where_the_list_itself_is_not_shown(tmp_path: Path) -> None:
    Machine(tmp_path).write("/sys/module/usb_storage/initstate", "live\n")
    assert _collected("kernel-module", LinuxHost(PosixTree(tmp_path), LinuxProcesses(), None)) == []


def test_a_mounted_disk_has_neither_modules_nor_sockets(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.write("/proc/modules", "x 1 0 - Live 0x0\n")
    assert machine.artefacts("kernel-module", "socket") == []


def test_a_listening_socket_is_found_with_the_process_that_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        local = f"127.0.0.1:{server.getsockname()[1]}"
        [found] = [a for a in _collected("socket", live_host()) if a.fields["local"] == local]
    assert (found.fields["protocol"], found.fields["state"]) == ("tcp", "LISTEN")
    assert found.fields["pid"] == str(os.getpid())
    assert found.refers_to == (os.fsencode(Path("/proc/self/exe").readlink()),)


@pytest.mark.parametrize(
    ("protocol", "row", "seen"),
    [
        ("tcp", "0100007F:1F90 0A00000A:01BB 01", ("127.0.0.1:8080", "10.0.0.10:443", "ESTABLISHED")),
        ("tcp6", f"{'0' * 24}01000000:0016 {'0' * 32}:0000 0A", ("[::1]:22", "[::]:0", "LISTEN")),
        ("tcp6", f"{'0' * 16}FFFF00000100007F:0016 {'0' * 32}:0000 0A", ("127.0.0.1:22", "[::]:0", "LISTEN")),
        ("udp", "00000000:0035 00000000:0000 07", ("0.0.0.0:53", "0.0.0.0:0", "LISTEN")),
    ],
)
def test_addresses_and_states_are_read_as_the_kernel_writes_them(
    protocol: str, row: str, seen: tuple[str, str, str]
) -> None:
    table = f"  sl  local_address\n   0: {row} 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0\n"
    [found] = parse_table(protocol, table.encode())
    assert (found.local, found.remote, found.state) == seen
    assert found.inode == 4711


def test_what_the_environment_loads_into_a_process_is_told() -> None:
    environment = b"PATH=/bin\0LD_PRELOAD=/tmp/x.so:/tmp/y.so\0X_LD_PRELOAD=/z\0LD_AUDIT=/a.so\0LD_AUDIT=\0"
    assert running.preloaded(environment) == b"/tmp/x.so:/tmp/y.so /a.so"
