"""What a thief of each key can do to a machine, and what not; and how the centre gets its machines back.

The thief here has one key or several, and the power to change everything that the server sends.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from securesystemslib.signer import Signature
from tests.integration.packs.simulated_centre import Centre, Machine, pack_of
from tuf.api.metadata import Metadata, MetaFile, Root, TargetFile, Targets, Timestamp

from quetsach.packs import Refusal, RefusedError
from quetsach.packs.installed import Ring
from quetsach.packs.keys import KeyRing, load_keys, new_keys, rotate
from quetsach.packs.repository import unwithdraw
from quetsach.packs.source import Trust

EVIL = pack_of("2099.09.09")
(EVIL_NAME,) = EVIL


@pytest.fixture
def victim(machine: Machine, trust: Trust) -> Machine:
    machine.update(trust)
    return machine


class Thief:
    """Signs metadata into the served folder, with stolen keys and for the rest with keys that nobody knows."""

    def __init__(self, centre: Centre, folder: Path, *stolen: str) -> None:
        self.metadata = centre.folder / "metadata"
        self.targets = centre.folder / "targets"
        new_keys(folder)
        own, real = load_keys(folder), load_keys(centre.keys)
        self.keys = {role: own.signers[keys[0].keyid] for role, keys in own.public.items()}
        self.keys |= {role: real.signers[real.public[role][0].keyid] for role in stolen}
        self.until = centre.now + timedelta(days=30)

    def read(self, name: str) -> Metadata:
        return Metadata.from_file(str(self.metadata / name))

    def write(self, name: str, metadata: Metadata, role: str, *, version: int | None = None) -> MetaFile:
        metadata.signed.expires = self.until
        if version is not None:
            metadata.signed.version = version
        metadata.signatures.clear()
        metadata.sign(self.keys[role])
        raw = metadata.to_bytes()
        (self.metadata / name).write_bytes(raw)
        return MetaFile.from_data(metadata.signed.version, raw, ["sha256"])

    def deliver(self, role: str = "packs", *, listed_as: str | None = None, version: int = 2) -> None:
        """Put a pack of one's own on a role's list, and lead snapshot and timestamp to it."""
        name = f"{listed_as or role}/{EVIL_NAME}"
        content = EVIL[EVIL_NAME]
        folder = self.targets / (listed_as or role)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{hashlib.sha256(content).hexdigest()}.{EVIL_NAME}").write_bytes(content)
        targets: Metadata[Targets] = Metadata(Targets(targets={name: TargetFile.from_data(name, content, ["sha256"])}))
        self.lead({f"{role}.json": self.write(f"{version}.{role}.json", targets, role, version=version)}, version)

    def lead(self, files: dict[str, MetaFile], version: int = 2) -> None:
        newest = max(int(path.name.partition(".")[0]) for path in self.metadata.glob("*.snapshot.json"))
        snapshot = self.read(f"{newest}.snapshot.json")
        snapshot.signed.meta.update(files)
        self.stamp(self.write(f"{version}.snapshot.json", snapshot, "snapshot", version=version), version)

    def stamp(self, snapshot: MetaFile, version: int = 2) -> None:
        timestamp: Metadata[Timestamp] = Metadata(Timestamp(snapshot_meta=snapshot))
        self.write("timestamp.json", timestamp, "timestamp", version=version)


@pytest.fixture
def thief(centre: Centre, trust: Trust, tmp_path: Path) -> Callable[..., Thief]:
    return lambda *stolen: Thief(centre, tmp_path / "thief", *stolen)


@contextmanager
def untouched(machine: Machine) -> Iterator[None]:
    before = machine.installed()
    assert before
    yield
    assert machine.installed() == before


def refusal(machine: Machine, trust: Trust, ring: Ring | None = None) -> Refusal:
    with untouched(machine), pytest.raises(RefusedError) as refused:
        machine.update(trust, ring=ring)
    return refused.value.reason


@pytest.mark.parametrize(
    "stolen",
    [
        (),
        ("timestamp",),
        ("snapshot",),
        ("timestamp", "snapshot"),
        ("timestamp", "snapshot", "tools"),
        ("timestamp", "snapshot", "canary"),
        ("timestamp", "snapshot", "withdrawals"),
        ("packs",),
        ("packs", "snapshot"),
        ("packs", "timestamp"),
        ("targets",),
    ],
    ids=lambda stolen: "+".join(stolen) or "none",
)
def test_without_the_key_of_packs_and_both_online_keys_no_pack_is_delivered(
    victim: Machine, trust: Trust, thief: Callable[..., Thief], stolen: tuple[str, ...]
) -> None:
    thief(*stolen).deliver()
    assert refusal(victim, trust) in {Refusal.NOT_SIGNED, Refusal.ALTERED}


@pytest.mark.parametrize("role", ["tools", "canary", "withdrawals"])
def test_a_key_of_another_role_lists_packs_in_vain(
    victim: Machine, trust: Trust, thief: Callable[..., Thief], role: str
) -> None:
    thief(role, "snapshot", "timestamp").deliver(role, listed_as="packs")
    with untouched(victim):
        victim.update(trust)


def test_a_stolen_canary_key_reaches_canary_machines_only(
    victim: Machine, trust: Trust, thief: Callable[..., Thief]
) -> None:
    thief("canary", "snapshot", "timestamp").deliver("canary")
    with untouched(victim):
        victim.update(trust)
    victim.update(trust, ring=Ring.CANARY)
    assert victim.installed() == EVIL


def test_a_stolen_canary_key_cannot_list_names_of_the_general_ring(
    victim: Machine, trust: Trust, thief: Callable[..., Thief]
) -> None:
    thief("canary", "snapshot", "timestamp").deliver("canary", listed_as="packs")
    assert refusal(victim, trust, Ring.CANARY) is Refusal.BAD_NAME


def test_the_keys_of_the_server_cannot_roll_a_machine_back(
    centre: Centre, victim: Machine, trust: Trust, thief: Callable[..., Thief]
) -> None:
    first = MetaFile.from_data(1, (centre.folder / "metadata" / "1.packs.json").read_bytes(), ["sha256"])
    centre.publish("2026.02.02")
    victim.update(trust)
    thief("snapshot", "timestamp").lead({"packs.json": first}, version=3)
    assert refusal(victim, trust) is Refusal.ROLLED_BACK


def test_the_keys_of_the_server_cannot_hide_the_list_of_withdrawals(
    centre: Centre, victim: Machine, trust: Trust, thief: Callable[..., Thief]
) -> None:
    attacker = thief("snapshot", "timestamp")
    snapshot = attacker.read("1.snapshot.json")
    del snapshot.signed.meta["withdrawals.json"]
    attacker.stamp(attacker.write("2.snapshot.json", snapshot, "snapshot", version=2))
    assert refusal(victim, trust) is Refusal.DAMAGED


def test_a_stolen_timestamp_key_holds_news_back_only_as_long_as_the_snapshot_is_good(
    centre: Centre, machine: Machine, tmp_path: Path
) -> None:
    """The worst that this key can do is to keep a machine at what it has, for seven days."""
    root = centre.publish(ago=timedelta(days=8)).root
    attacker = Thief(centre, tmp_path / "thief", "timestamp")
    raw = (centre.folder / "metadata" / "1.snapshot.json").read_bytes()
    attacker.stamp(MetaFile.from_data(1, raw, ["sha256"]))
    with pytest.raises(RefusedError) as refused:
        machine.update(Trust(root, centre.url))
    assert refused.value.reason is Refusal.EXPIRED


@pytest.mark.parametrize("stolen", [("timestamp",), ("timestamp", "snapshot")], ids="+".join)
def test_numbers_run_up_by_a_thief_are_forgotten_with_the_key(
    centre: Centre, victim: Machine, trust: Trust, thief: Callable[..., Thief], stolen: tuple[str, ...], tmp_path: Path
) -> None:
    good = shutil.copytree(centre.folder, tmp_path / "good")
    attacker, huge = thief(*stolen), 10**9
    snapshot = attacker.read("1.snapshot.json")
    if "snapshot" in stolen:
        attacker.stamp(attacker.write(f"{huge}.snapshot.json", snapshot, "snapshot", version=huge), huge)
    else:
        attacker.stamp(MetaFile.from_data(1, (attacker.metadata / "1.snapshot.json").read_bytes(), ["sha256"]), huge)
    victim.update(trust)
    shutil.rmtree(centre.folder)
    shutil.copytree(good, centre.folder)
    assert refusal(victim, trust) is Refusal.ROLLED_BACK  # honest numbers are lower now …
    for role in stolen:
        rotate(centre.keys, role)  # … until the keys that ran them up are replaced
    centre.publish("2026.02.02")
    victim.update(trust)
    assert victim.installed() == pack_of("2026.02.02")


def test_stolen_packs_and_online_keys_deliver_until_targets_revokes_them(
    centre: Centre, victim: Machine, trust: Trust, thief: Callable[..., Thief], tmp_path: Path
) -> None:
    good = shutil.copytree(centre.folder, tmp_path / "good")
    attacker = thief("packs", "snapshot", "timestamp")
    attacker.deliver()
    victim.update(trust)
    assert victim.installed() == EVIL  # why these keys lie in two places
    evil = (centre.folder / "metadata" / "2.packs.json").read_bytes()
    shutil.rmtree(centre.folder)
    shutil.copytree(good, centre.folder)
    for name in ("packs", "snapshot", "timestamp"):
        rotate(centre.keys, name)
    centre.publish("2026.02.02")
    victim.update(trust)
    assert victim.installed() == pack_of("2026.02.02")
    (centre.folder / "metadata" / "2.packs.json").write_bytes(evil)  # the thief plays the old list again
    fresh = Machine(tmp_path / "fresh")
    with pytest.raises(RefusedError) as refused:
        fresh.update(trust)
    assert refused.value.reason is Refusal.ALTERED
    assert fresh.installed() == {}


def test_a_stolen_targets_key_names_false_keys_until_two_root_holders_replace_it(
    centre: Centre, victim: Machine, trust: Trust, thief: Callable[..., Thief], tmp_path: Path
) -> None:
    good = shutil.copytree(centre.folder, tmp_path / "good")
    attacker = thief("targets", "snapshot", "timestamp")
    attacker.deliver()
    own = load_keys(tmp_path / "thief").public["packs"][0]
    targets = attacker.read("1.targets.json")
    assert isinstance(targets.signed, Targets)
    targets.signed.add_key(own, "packs")
    targets.signed.revoke_key(load_keys(centre.keys).public["packs"][0].keyid, "packs")
    meta = attacker.write("2.targets.json", targets, "targets", version=2)
    attacker.lead({"targets.json": meta}, version=3)
    victim.update(trust)
    assert victim.installed() == EVIL
    shutil.rmtree(centre.folder)
    shutil.copytree(good, centre.folder)
    for name in ("targets", "snapshot", "timestamp"):
        rotate(centre.keys, name)
    centre.publish("2026.02.02")
    victim.update(trust)
    assert victim.installed() == pack_of("2026.02.02")


def test_a_stolen_key_of_withdrawals_disarms_until_it_is_replaced_and_delivers_nothing(
    centre: Centre, victim: Machine, trust: Trust
) -> None:
    with untouched(victim):
        centre.withdraw("eicar")
        assert victim.update(trust).withdrawn == ("eicar",)
        rotate(centre.keys, "withdrawals")
        unwithdraw(centre.folder, keys=load_keys(centre.keys), label="eicar", now=centre.now)
        assert victim.update(trust).withdrawn == ()


def test_a_list_signed_by_a_revoked_key_is_not_accepted_even_where_the_server_vouches_for_it(
    centre: Centre, victim: Machine, trust: Trust, thief: Callable[..., Thief]
) -> None:
    attacker = thief("packs")
    rotate(centre.keys, "packs")
    centre.publish("2026.02.02")
    victim.update(trust)
    ring: KeyRing = load_keys(centre.keys)
    attacker.keys |= {role: ring.signers[ring.public[role][0].keyid] for role in ("snapshot", "timestamp")}
    attacker.deliver(version=5)
    assert refusal(victim, trust) is Refusal.NOT_SIGNED


def test_one_stolen_root_key_makes_no_root(centre: Centre, victim: Machine, trust: Trust, tmp_path: Path) -> None:
    forged = Metadata[Root].from_file(str(centre.folder / "metadata" / "1.root.json"))
    forged.signed.version = 2
    forged.signed.roles["root"].threshold = 1
    ring = load_keys(centre.keys)
    forged.signatures.clear()
    forged.sign(ring.signers[ring.public["root"][0].keyid])
    forged.to_file(str(centre.folder / "metadata" / "2.root.json"))
    assert refusal(victim, trust) is Refusal.NOT_SIGNED


def test_one_key_that_signs_twice_counts_once(centre: Centre, victim: Machine, trust: Trust) -> None:
    forged = Metadata[Root].from_file(str(centre.folder / "metadata" / "1.root.json"))
    forged.signed.version = 2
    ring = load_keys(centre.keys)
    key = ring.public["root"][0]
    forged.signatures.clear()
    forged.sign(ring.signers[key.keyid])
    signature = forged.signatures[key.keyid]
    second = ring.public["root"][1].keyid
    forged.signatures[second] = Signature(second, signature.signature)
    forged.to_file(str(centre.folder / "metadata" / "2.root.json"))
    assert refusal(victim, trust) is Refusal.NOT_SIGNED


def test_a_lost_root_key_is_replaced_by_the_two_others(centre: Centre, victim: Machine, trust: Trust) -> None:
    (centre.keys / "root-3.pem").unlink()
    rotate(centre.keys, "root-3")
    centre.publish("2026.02.02")
    assert victim.update(trust).versions["root"] == 2
