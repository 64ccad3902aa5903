"""A newer build of the tool is one of the same kind with a higher version, and nothing but what the centre signed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import pytest
from tuf.api.metadata import TargetFile

from quetsach.packs import RefusedError
from quetsach.packs.downloads import Download
from quetsach.packs.source import Source
from quetsach.packs.upgrade import Build, fetch_upgrade, find_upgrade, newer_than, own_build

OWN = Build("linux", "bundle", "x64", "0.9.1", Path("/opt/quetsach"))


def _entry(version: str, system: str = "linux", kind: str = "bundle", machine: str = "x64") -> Download:
    return Download(f"quetsach-{version}", system, kind, machine, version, 4, "a" * 64)


@pytest.mark.parametrize("version", ["0.9.2", "0.10", "1", "0.9.1.1", "10.0.0"])
def test_a_higher_version_of_the_same_kind_is_newer(version: str) -> None:
    found = newer_than(OWN, [_entry(version)])
    assert found is not None
    assert found.version == version


@pytest.mark.parametrize("version", ["0.9.1", "0.9.1.0", "0.9", "0.8.99", "0", "2.0rc1", "2.0-dev", "9" * 30])
def test_the_same_an_older_or_a_trial_version_is_not(version: str) -> None:
    assert newer_than(OWN, [_entry(version)]) is None


@pytest.mark.parametrize(
    "other", [{"system": "windows", "kind": "setup"}, {"kind": "rescue"}, {"machine": "arm64"}], ids=str
)
def test_what_does_not_run_here_is_not_taken(other: Mapping[str, str]) -> None:
    assert newer_than(OWN, [_entry("9.0", **other)]) is None


def test_the_newest_of_several_is_taken() -> None:
    found = newer_than(OWN, [_entry("1.9"), _entry("1.10"), _entry("1.2")])
    assert found is not None
    assert found.version == "1.10"


def test_a_trial_build_is_left_to_whoever_tries_it() -> None:
    assert newer_than(Build("linux", "bundle", "x64", "1.0rc1", None), [_entry("9.0")]) is None


def test_a_checkout_or_a_wheel_is_no_download() -> None:
    assert own_build() is None


class _Repository:
    """A verified repository with these files under the role of tools."""

    def __init__(self, **files: bytes) -> None:
        self.files = {f"tools/{name}": content for name, content in files.items()}

    def listed(self, _role: str) -> dict[str, TargetFile]:
        return {name: TargetFile.from_data(name, content) for name, content in self.files.items()}

    def content(self, target: TargetFile, *, limit_bytes: int, tick: Callable[[int], object] = int) -> bytes:
        assert target.length <= limit_bytes
        tick(target.length)
        return self.files[target.path]


def _source(files: dict[str, bytes]) -> Source:
    return cast(Source, _Repository(**files))


def test_a_repository_without_a_release_has_nothing_newer() -> None:
    assert find_upgrade(_source({}), OWN) is None


@pytest.mark.parametrize("listed", [b"", b"{}", b"[" * 9999, b'{"format": "quetsach-release/9", "files": []}'])
def test_a_list_that_is_none_is_refused(listed: bytes) -> None:
    with pytest.raises(RefusedError, match="cannot be used by this version"):
        find_upgrade(_source({"release.json": listed}), OWN)


@pytest.mark.parametrize("content", [b"more than that", b"same"], ids=["another length", "another hash"])
def test_a_file_that_the_release_describes_otherwise_is_refused(content: bytes) -> None:
    entry = _entry("1.0")
    with pytest.raises(RefusedError):
        fetch_upgrade(_source({entry.name: content}), entry)


def test_a_file_that_is_not_signed_is_refused() -> None:
    with pytest.raises(RefusedError):
        fetch_upgrade(_source({}), _entry("1.0"))
