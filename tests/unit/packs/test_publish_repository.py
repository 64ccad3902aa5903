import os
import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata

from quetsach.packs import SigningError
from quetsach.packs.keys import KeyRing, load_keys, new_keys, rotate
from quetsach.packs.repository import packed_shelf, publish, publish_files, refresh_online

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
FILES = {"packs": {"a-2026.01.01.qsp": b"one"}, "tools": {"quetsach-0.1.0-py3-none-any.whl": b"tool"}}
SHELF = Path(__file__).parents[3] / "packs"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_keys(tmp_path / "keys")
    return tmp_path / "repository"


@pytest.fixture
def keys(folder: Path) -> KeyRing:
    return load_keys(folder.parent / "keys")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_first_publication_makes_every_role(folder: Path, keys: KeyRing) -> None:
    publication = publish_files(folder, keys=keys, files=FILES, now=NOW)
    assert set(publication.versions.values()) == {1}
    assert publication.root == (folder / "metadata" / "1.root.json").read_bytes()
    assert publication.expires == NOW + timedelta(days=2)


def test_publishing_the_same_again_changes_no_byte(folder: Path, keys: KeyRing) -> None:
    publish_files(folder, keys=keys, files=FILES, now=NOW)
    before = tree(folder)
    assert publish_files(folder, keys=keys, files=FILES, now=NOW).renewed == ()
    assert tree(folder) == before


def test_a_changed_pack_makes_no_new_tools_or_root(folder: Path, keys: KeyRing) -> None:
    publish_files(folder, keys=keys, files=FILES, now=NOW)
    changed = {"packs": {"a-2026.01.02.qsp": b"two"}}
    assert publish_files(folder, keys=keys, files=changed, now=NOW).renewed == ("packs", "snapshot", "timestamp")


def test_a_role_that_is_not_named_keeps_what_it_lists(folder: Path, keys: KeyRing) -> None:
    publish_files(folder, keys=keys, files=FILES, now=NOW)
    publish_files(folder, keys=keys, files={"packs": {}}, now=NOW)
    assert list(Metadata.from_file(str(folder / "metadata" / "1.tools.json")).signed.targets) == [
        "tools/quetsach-0.1.0-py3-none-any.whl"
    ]


def test_only_the_online_roles_are_renewed_after_a_day_and_after_half_a_week(folder: Path, keys: KeyRing) -> None:
    publish_files(folder, keys=keys, files=FILES, now=NOW)
    assert refresh_online(folder, keys=keys, now=NOW + timedelta(hours=23)).renewed == ()
    assert refresh_online(folder, keys=keys, now=NOW + timedelta(hours=25)).renewed == ("timestamp",)
    assert refresh_online(folder, keys=keys, now=NOW + timedelta(days=4)).renewed == ("snapshot", "timestamp")


def test_refreshing_needs_no_offline_key(folder: Path, keys: KeyRing) -> None:
    publish_files(folder, keys=keys, files=FILES, now=NOW)
    for path in (folder.parent / "keys").glob("*.pem"):
        if path.stem not in {"snapshot", "timestamp"}:
            path.unlink()
    online = load_keys(folder.parent / "keys")
    assert refresh_online(folder, keys=online, now=NOW + timedelta(days=4)).renewed == ("snapshot", "timestamp")


def test_a_safe_that_is_shut_holds_up_nothing_while_signatures_last(folder: Path, keys: KeyRing) -> None:
    publish_files(folder, keys=keys, files=FILES, now=NOW)
    for name in ("root-1", "root-2", "root-3", "targets"):
        (folder.parent / "keys" / f"{name}.pem").unlink()
    offline = load_keys(folder.parent / "keys")
    assert publish_files(folder, keys=offline, files={}, now=NOW + timedelta(days=80)).overdue == ("targets",)
    with pytest.raises(SigningError, match="private keys of targets"):
        publish_files(folder, keys=offline, files={}, now=NOW + timedelta(days=91))


def test_one_of_three_root_keys_makes_no_root(folder: Path) -> None:
    for name in ("root-2", "root-3"):
        (folder.parent / "keys" / f"{name}.pem").unlink()
    with pytest.raises(SigningError, match="2 must sign"):
        publish_files(folder, keys=load_keys(folder.parent / "keys"), files=FILES, now=NOW)


def test_a_replaced_root_key_makes_a_root_that_old_and_new_keys_sign(folder: Path, keys: KeyRing) -> None:
    publish_files(folder, keys=keys, files=FILES, now=NOW)
    rotate(folder.parent / "keys", "root-2")
    publish_files(folder, keys=load_keys(folder.parent / "keys"), files={}, now=NOW)
    old = Metadata.from_file(str(folder / "metadata" / "1.root.json"))
    new = Metadata.from_file(str(folder / "metadata" / "2.root.json"))
    old.signed.verify_delegate("root", new.signed_bytes, new.signatures)
    new.signed.verify_delegate("root", new.signed_bytes, new.signatures)


def test_there_is_nothing_to_refresh_before_the_first_publication(folder: Path, keys: KeyRing) -> None:
    with pytest.raises(SigningError, match="no repository here yet"):
        refresh_online(folder, keys=keys, now=NOW)


@pytest.mark.parametrize("name", ["../a.qsp", "a/b.qsp", "", ".a", "a..b", "a\nb", "é.qsp", "a" * 200])
def test_a_name_that_could_leave_its_folder_is_refused(folder: Path, keys: KeyRing, name: str) -> None:
    with pytest.raises(SigningError, match="is not a name"):
        publish_files(folder, keys=keys, files={"packs": {name: b""}}, now=NOW)


def test_damaged_metadata_is_named_and_not_replaced(folder: Path, keys: KeyRing) -> None:
    publish_files(folder, keys=keys, files=FILES, now=NOW)
    (folder / "metadata" / "1.packs.json").write_bytes(b"{}")
    with pytest.raises(SigningError, match=r"1\.packs\.json"):
        publish_files(folder, keys=keys, files=FILES, now=NOW)


def test_a_publication_killed_at_any_rename_is_finished_by_the_next(folder: Path, keys: KeyRing) -> None:
    publish_files(folder, keys=keys, files=FILES, now=NOW)
    later = {"packs": {"a-2026.01.02.qsp": b"two"}, "tools": {}}
    step = 0
    died = True
    while died:
        step += 1
        copy = folder.with_name(f"copy-{step}")
        shutil.copytree(folder, copy)
        died = _killed_at_rename(step, copy, keys, later)
        _require_complete(copy)
        assert publish_files(copy, keys=keys, files=later, now=NOW).versions["packs"] == 2
        _require_complete(copy)
    assert step >= 6


def _killed_at_rename(step: int, folder: Path, keys: KeyRing, files: dict[str, dict[str, bytes]]) -> bool:
    child = os.fork()
    if child == 0:
        count, rename = 0, os.replace

        def deadly(*args: object) -> None:
            nonlocal count
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)
            rename(*args)  # type: ignore[arg-type]

        os.replace = deadly  # type: ignore[assignment]
        try:
            publish_files(folder, keys=keys, files=files, now=NOW)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _require_complete(folder: Path) -> None:
    """Everything that the timestamp leads to is there with the length and hash it vouches for."""
    metadata = folder / "metadata"
    timestamp = Metadata.from_file(str(metadata / "timestamp.json")).signed
    raw = (metadata / f"{timestamp.snapshot_meta.version}.snapshot.json").read_bytes()
    timestamp.snapshot_meta.verify_length_and_hashes(raw)
    for name, meta in Metadata.from_bytes(raw).signed.meta.items():
        raw = (metadata / f"{meta.version}.{name}").read_bytes()
        meta.verify_length_and_hashes(raw)
        for target in Metadata.from_bytes(raw).signed.targets.values():
            kind, _, plain = target.path.partition("/")
            target.verify_length_and_hashes(
                (folder / "targets" / kind / f"{target.hashes['sha256']}.{plain}").read_bytes()
            )


def test_a_shelf_of_folders_is_published_as_packed_files(folder: Path) -> None:
    publication = publish(out=folder, keys=load_keys(folder.parent / "keys"), packs=SHELF, tools=None, now=NOW)
    assert publication.versions["packs"] == 1
    names = {path.name.partition(".")[2] for path in (folder / "targets" / "packs").iterdir()}
    assert names == set(packed_shelf(SHELF))
    assert {name.rpartition("-")[0] for name in names} >= {"eicar", "xmrig-miner"}


def test_a_shelf_can_be_offered_without_taking_newer_packs_away(folder: Path) -> None:
    keys = load_keys(folder.parent / "keys")
    newer = {"eicar-2099.01.01.qsp": b"newer", "of-our-own-2026.01.01.qsp": b"ours"}
    publish_files(folder, keys=keys, files={"packs": newer}, now=NOW)
    publication = publish(out=folder, keys=keys, packs=SHELF, tools=None, now=NOW, keep_newer=True)
    listed = Metadata.from_file(str(folder / "metadata" / f"{publication.versions['packs']}.packs.json")).signed.targets
    names = {path.removeprefix("packs/") for path in listed}
    assert newer.keys() <= names
    assert len([name for name in names if name.startswith("eicar-")]) == 1
    assert any(name.startswith("xmrig-miner-") for name in names)
