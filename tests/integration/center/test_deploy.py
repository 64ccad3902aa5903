"""What ``deploy/`` holds: systemd reads the units, commands and Dask their words, and a centre starts by them."""

import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from distributed.cli import dask_scheduler, dask_worker
from tests.centre import QUETSACH, center, prepared, served

from quetsach.centre.queue.landing import load_queue
from quetsach.cli.main import build_parser

ROOT = Path(__file__).parents[3]
DEPLOY, HOW_TO = ROOT / "deploy", ROOT / "docs" / "how-to"
UNITS = sorted((DEPLOY / "systemd").iterdir())
COMPOSE = sorted((DEPLOY / "compose").glob("*.yaml"))
PAGES = {page: (HOW_TO / page).read_text() for page in ("keep-a-centre.md", "count-on-many-machines.md")}
TLS = ("--tls-ca-file", "--tls-cert", "--tls-key")
MOST_EXPOSURE = 20  # in tenths of the points that systemd-analyze gives; up to 20 it is content

CONFINED = {
    "UMask": "0077",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectControlGroups": "yes",
    "ProtectProc": "invisible",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
    "SystemCallErrorNumber": "EPERM",
}
"""What every service is kept from, whatever it does."""
OWN = {"Type", "User", "Group", "ExecStart", "ExecReload", "Restart", "RestartSec", "KillMode", "KillSignal", "Nice"}
OWN |= {"TimeoutStopSec", "LimitNOFILE", "ReadWritePaths", "StateDirectory", "StateDirectoryMode"}
"""What a service says of itself: nothing of it could hold a secret."""
CONTAINER = {
    "image",
    "pull_policy",
    "network_mode",
    "user",
    "read_only",
    "tmpfs",
    "cap_drop",
    "security_opt",
    "volumes",
}
CONTAINER |= {"command", "profiles", "restart", "stop_signal", "stop_grace_period", "ulimits", "healthcheck"}
"""Keys of the Compose specification; ``ports`` and ``environment`` are none of ours."""


def section(unit: Path, name: str) -> dict[str, str]:
    """Return what a section of a unit says; a key that stands twice is a mistake here."""
    text = unit.read_text().replace("\\\n", " ")
    lines = re.split(r"^\[(\w+)\]$", text, flags=re.MULTILINE)
    pairs = [line.partition("=")[::2] for line in lines[lines.index(name) + 1].splitlines() if line]
    assert len(pairs) == len(dict(pairs)), unit.name
    return dict(pairs)


def services() -> dict[str, dict[str, str]]:
    return {unit.stem: section(unit, "Service") for unit in UNITS if unit.suffix == ".service"}


def instances(name: str) -> Iterator[str]:
    """Yield what ``%i`` stands for in a unit: what timers start, or else a number."""
    timers = [section(unit, "Timer")["Unit"] for unit in UNITS if unit.suffix == ".timer"]
    named = [timer.removeprefix(name).removesuffix(".service") for timer in timers if timer.startswith(name)]
    yield from named or ["1"]


def commands_of_units() -> dict[str, list[str]]:
    return {
        f"{name}{instance}" if name.endswith("@") else name: shlex.split(said["ExecStart"].replace("%i", instance))
        for name, said in services().items()
        for instance in instances(name)
    }


def containers(file: Path) -> dict[str, dict[str, Any]]:
    said = yaml.safe_load(file.read_text())
    assert set(said) == {"x-common", "services"}
    return dict(said["services"])


def all_containers() -> list[tuple[str, dict[str, Any]]]:
    return [found for file in COMPOSE for found in containers(file).items()]


def dask(words: list[str], pem: Path) -> dict[str, Any]:
    """Return what Dask understands of a command line, with files of this machine in it."""
    main = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}[words[1]]
    here = [str(pem) if word.startswith("/etc/quetsach/dask/") else word for word in words[2:]]
    return main.make_context("dask", here).params


def test_systemd_finds_nothing_wrong_with_a_unit_and_little_that_it_may_do(tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("quetsach", "dask"):
        (programs / name).symlink_to(shutil.which("true") or "")
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/quetsach/bin", str(programs)))
    copies = [str(tmp_path / unit.name) for unit in UNITS]
    words = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=one", *copies]
    verified = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
    looked = ["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSURE}"]
    for name in services():
        exposed = subprocess.run([*looked, tmp_path / f"{name}.service"], capture_output=True, text=True, check=False)
        assert exposed.returncode == 0, exposed.stdout[-200:]


@pytest.mark.parametrize("name", services())
def test_every_service_is_confined_and_writes_only_where_it_works(name: str) -> None:
    said = services()[name]
    own = {key: value for key, value in said.items() if key not in CONFINED}
    assert {key: value for key, value in said.items() if key in CONFINED} == CONFINED
    assert set(own) <= OWN
    assert own["User"] == own["Group"] == ("nats" if name == "quetsach-nats" else "quetsach")
    assert own.get("Restart") == ("on-failure" if own.get("Type") != "oneshot" else None)
    written = {"quetsach-committer@": "/srv/quetsach /srv/deliveries"} | dict.fromkeys(
        ("quetsach-center", "quetsach-lake@"), "/srv/quetsach"
    )
    assert own.get("ReadWritePaths") == written.get(name)


@pytest.mark.parametrize(("name", "words"), commands_of_units().items())
def test_the_words_of_a_unit_are_understood(name: str, words: list[str], tmp_path: Path) -> None:
    program, *rest = words
    if program == "/opt/quetsach/bin/quetsach":
        arguments = build_parser().parse_args(rest)
        assert arguments.data == Path("/srv/quetsach")
        assert arguments.json
        assert getattr(arguments, "host", "127.0.0.1") == "127.0.0.1"
    elif program == "/opt/quetsach/bin/dask":
        (tmp_path / "a.pem").touch()
        understood = dask(words, tmp_path / "a.pem")
        url = understood["host"] if rest[0] == "scheduler" else understood["scheduler"]
        assert url.startswith("tls://10.20.0.1")
        assert all(understood[word.removeprefix("--").replace("-", "_")] for word in TLS)
        assert understood["dashboard"] is False
        assert not understood["preload_argv"]
    else:
        assert words == ["/usr/sbin/nats-server", "-c", "/etc/quetsach/nats/nats.conf"]  # as test_queue.py starts it


@pytest.mark.parametrize(("name", "said"), all_containers())
def test_a_container_runs_what_a_unit_does_and_may_as_little(name: str, said: dict[str, Any]) -> None:
    assert set(said) <= CONTAINER
    assert said["command"] in commands_of_units().values()
    assert (said["network_mode"], said["read_only"], said["cap_drop"]) == ("host", True, ["ALL"])
    assert said["security_opt"] == ["no-new-privileges:true"]
    assert said["image"].startswith("localhost/")
    folders = {part for mount in said["volumes"] for part in mount.split(":")[:2]}
    assert all(mount.split(":")[0] == mount.split(":")[1] for mount in said["volumes"])
    unit = next(unit for unit, words in commands_of_units().items() if words == said["command"])
    written = services()[re.sub("@.*", "@", unit)].get("ReadWritePaths", "").split()
    assert set(written) <= folders


def test_nothing_comes_from_a_registry_of_images() -> None:
    said = (DEPLOY / "compose" / "Containerfile").read_text()
    assert re.findall("^FROM (.*)", said, re.MULTILINE) == ["localhost/debian:13"]


def test_every_machine_of_three_runs_its_share(tmp_path: Path) -> None:
    """The table of the page, the profiles of the compose file and the units name the same."""
    three = containers(DEPLOY / "compose" / "three-machines.yaml")
    rows = re.findall(r"^\| (.*?) \| (runs|) ?\| (runs|) ?\|$", PAGES["count-on-many-machines.md"], re.MULTILINE)
    table = {what: {name for name, runs in (("first", one), ("further", two)) if runs} for what, one, two in rows}
    for name, said in three.items():
        (where,) = (machines for what, machines in table.items() if f"`quetsach-{name}" in what)
        assert where == set(said["profiles"]), name
    named = set(re.findall(r"`(quetsach-[a-z-]+)", "".join(table)))
    assert named == {re.sub("@.*", "", unit.stem) for unit in UNITS if not unit.stem.startswith("quetsach-lake@")}


def test_the_pages_say_what_the_files_do(tmp_path: Path) -> None:
    page = PAGES["count-on-many-machines.md"]
    shown = [shlex.split(found) for found in re.findall(r"^dask .*$", page.replace("\\\n", " "), re.MULTILINE)]
    assert [["/opt/quetsach/bin/dask", *words[1:]] for words in shown] == [
        commands_of_units()[name] for name in ("quetsach-dask-scheduler", "quetsach-dask-worker")
    ]
    (asked,) = set(re.findall(r'^scheduler = "(tls:.*?)"', page, re.MULTILINE))
    assert asked in commands_of_units()["quetsach-dask-worker"]
    for file in set(re.findall(r"deploy/[\w./-]*\w", "".join(PAGES.values()))):
        assert (ROOT / file).exists() or list(ROOT.glob(f"{file}*")), file
    for enabled in re.findall(r"^systemctl enable --now (.*)$", "".join(PAGES.values()), re.MULTILINE):
        for name in enabled.split():
            stem = re.sub("@.*", "@", name)
            assert (DEPLOY / "systemd" / (stem if "." in stem else f"{stem}.service")).exists(), name


def test_the_queue_of_the_page_reaches_the_servers_as_they_are_set_up(tmp_path: Path) -> None:
    page, servers = PAGES["count-on-many-machines.md"], (DEPLOY / "nats" / "nats.conf").read_text()
    said = re.search(r"```toml\n(    servers = .*?)```", page, re.DOTALL)
    assert said
    (tmp_path / "queue").mkdir()
    for name in ("ca.pem", "machine.pem", "machine.key", "password"):
        (tmp_path / "queue" / name).touch()
    (tmp_path / "queue.toml").write_text(re.sub("^    ", "", said[1], flags=re.MULTILINE))
    queue = load_queue(tmp_path)
    routes = re.findall(r"nats://([\d.]+):6222", servers)
    assert queue.servers == tuple(f"tls://{host}:4222" for host in routes)
    assert (queue.replicas, str(queue.folder), queue.user) == (len(routes), "/srv/deliveries", "centre")
    assert servers.count("tls {") == servers.count("verify: true") == 2  # for clients, and between servers
    assert "sync_interval: always" in servers
    assert services()["quetsach-nats"]["StateDirectory"] == "quetsach-nats"
    assert 'store_dir: "/var/lib/quetsach-nats"' in servers


@pytest.fixture
def confined(tmp_path: Path) -> Path:
    """The command ``quetsach``, which may make no other system calls than the unit of the centre leaves it."""
    script, unit = tmp_path / "quetsach", DEPLOY / "systemd" / "quetsach-center.service"
    words = shlex.join(map(str, (sys.executable, ROOT / "tests" / "confined.py", unit, QUETSACH)))
    script.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    script.chmod(0o700)
    return script


def test_a_real_centre_starts_by_the_file_of_one_machine_under_the_limits_of_its_unit(
    confined: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = prepared(tmp_path_factory, "deployed")
    assert not (data / "demonstration.json").exists()
    assert not (data / "published").exists()
    one = containers(DEPLOY / "compose" / "one-machine.yaml")
    words = one["center"]["command"]
    up = ["/opt/quetsach/bin/quetsach", "center", "up", "--data", "/srv/quetsach"]  # as ``served`` writes it
    assert words[: len(up)] == up
    for name in ("expire", "verify"):
        rest = one[name]["command"][2:]
        place = rest.index("--data")
        center(data, *rest[:place], *rest[place + 2 :])
    with served(data, *words[len(up) :], program=confined) as centre:
        assert "\nSeccomp:\t2\n" in Path(f"/proc/{centre.process.pid}/status").read_text()
        kind, _, *probe = one["center"]["healthcheck"]["test"]
        probe[1] = probe[1].replace("http://127.0.0.1:8000", centre.url)
        assert centre.url in probe[1]
        assert (kind, subprocess.run([sys.executable, *probe], check=False).returncode) == ("CMD", 0)
        with urllib.request.urlopen(f"{centre.url}/en/") as page:
            assert "has not published figures" in page.read().decode()
        centre.stop()
        assert subprocess.run([sys.executable, *probe], stderr=subprocess.DEVNULL, check=False).returncode == 1


def test_what_a_unit_does_not_leave_is_not_permitted(confined: Path) -> None:
    """That limits are put on at all: no service has a use for another root, or for talk with the kernel's networks."""
    asks = (
        "import os; os.chroot('/')",
        "import socket; socket.socket(socket.AF_NETLINK)",
        "import socket; socket.socket()",
    )
    confined.write_text(confined.read_text().replace(str(QUETSACH), sys.executable))
    said = [subprocess.run([confined, "-c", ask], capture_output=True, text=True, check=False).stderr for ask in asks]
    assert ["PermissionError" in one for one in said] == [True, True, False], said
