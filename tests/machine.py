"""A system below a folder, made for one test: files, links, and what the collectors see in it."""

from collections.abc import Iterator
from pathlib import Path

from quetsach.endpoint.artefact import Artefact
from quetsach.endpoint.collect import collect
from quetsach.endpoint.collect.places import places_of
from quetsach.endpoint.collect.reading import Surroundings
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.scan_issue import ScanIssue

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHhrQGwz9G1Z+3tQhLUQ1bDYLeW47/Un62XiRnrDhIH9"
PASSWD = "root:x:0:0:root:/root:/bin/bash\nlan:x:1000:1000::/home/lan:/bin/bash\nbin:x:2:2::/:/bin/false\ndamaged\n"


class Machine:
    """A Linux system below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("/etc/passwd", PASSWD)

    def write(self, path: str, content: str | bytes) -> Path:
        there = self.root / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(content.encode() if isinstance(content, str) else content)
        return there

    def link(self, path: str, target: str) -> None:
        there = self.root / path.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.symlink_to(target)

    @property
    def host(self) -> Host:
        return mounted_host(self.root)

    def collect(self, *names: str) -> Iterator[Artefact | ScanIssue]:
        """Yield what the places of these names hold, in this order."""
        host = self.host
        surroundings = Surroundings(host)
        by_name = {place.name: place for place in places_of(host.platform)}
        for name in names:
            yield from collect(by_name[name], surroundings)

    def artefacts(self, *names: str) -> list[Artefact]:
        """Return what the places hold, when nothing troubled them."""
        items = list(self.collect(*names))
        assert not [item for item in items if isinstance(item, ScanIssue)]
        return [item for item in items if isinstance(item, Artefact)]
