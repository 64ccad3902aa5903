"""A Spark of this machine for tests: a master, workers and a Connect server, each a process that can be killed.

``python -m tests.spark`` fetches it into ``build/spark``: what a centre has is the client only, which is small.
"""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.waiting import until

ROOT = Path(__file__).parents[1]
HOME = ROOT / "build" / "spark" / "pyspark"
TOKEN = "sesame"
"""What the Connect server wants to hear."""

_UV = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])) or "uv"
_CONF = {
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.connect.authenticate.token": TOKEN,
    "spark.driver.memory": "512m",
    "spark.executor.cores": "1",
    "spark.executor.memory": "512m",
    "spark.ui.enabled": "false",
    "spark.excludeOnFailure.enabled": "false",
}


def java() -> Path | None:
    """Return the home of a Java that Spark runs on, if there is one."""
    return next(iter(sorted(Path("/usr/lib/jvm").glob("java-21-openjdk-*"))), None)


def fetch() -> None:
    """Put the Spark that ``uv.lock`` names into the build folder, once."""
    target, wanted = HOME.parent, [_UV, "export", "--quiet", "--frozen", "--no-header", "--no-emit-project"]
    wanted += ["--only-group", "spark-server"]
    named = subprocess.run(wanted, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    known = target / "requirements.txt"
    if known.exists() and known.read_text() == named:
        return
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    install = [_UV, "pip", "install", "--quiet", "--python", sys.executable, "--require-hashes", "--no-deps"]
    subprocess.run([*install, "--target", target, "--requirements", "-"], input=named, text=True, check=True)
    known.write_text(named)


@dataclass
class Cluster:
    """Its processes by name; ``folder`` keeps what they say."""

    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    master: str = ""
    port: int = 0

    @property
    def url(self) -> str:
        """Of the Connect server."""
        return f"sc://127.0.0.1:{self.port}"

    def start_master(self) -> None:
        """Start the master."""
        port = free_port()
        self.master = f"spark://127.0.0.1:{port}"
        self._start("master", "spark-class", f"{_DEPLOY}.master.Master", *_AT, "--port", str(port))

    def start_worker(self, name: str) -> None:
        """Start a worker of one core."""
        resources = ("--cores", "1", "--memory", "1g", "--work-dir", str(self.folder / name))
        self._start(name, "spark-class", f"{_DEPLOY}.worker.Worker", *_AT, *resources, self.master)

    def start_server(self) -> None:
        """Start the Connect server, at the port that it had if it had one, and wait until it answers."""
        self.port = self.port or free_port()
        conf = {**_CONF, "spark.connect.grpc.binding.port": str(self.port)}
        settings = [word for name, value in conf.items() for word in ("--conf", f"{name}={value}")]
        main = ("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--name", "connect")
        self._start("server", "spark-submit", "--master", self.master, *main, *settings, "spark-internal")
        until(lambda: answers(self.port))

    def kill(self, name: str) -> None:
        """Kill a process that is asked nothing."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def _start(self, name: str, program: str, *arguments: str) -> None:
        environment = os.environ | {
            "SPARK_HOME": str(HOME),
            "JAVA_HOME": str(java()),
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self.folder),
        }
        with (self.folder / f"{name}.log").open("wb") as log:
            call = [str(HOME / "bin" / program), *arguments]
            self.running[name] = subprocess.Popen(call, env=environment, stdout=log, stderr=subprocess.STDOUT)


_DEPLOY = "org.apache.spark.deploy"
_AT = ("--host", "127.0.0.1", "--webui-port", "0")


@contextmanager
def spark(folder: Path) -> Iterator[Cluster]:
    """A master and a Connect server, which has no workers yet."""
    cluster = Cluster(folder)
    try:
        cluster.start_master()
        cluster.start_server()
        yield cluster
    finally:
        for name in list(cluster.running):
            cluster.kill(name)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens at a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    fetch()
