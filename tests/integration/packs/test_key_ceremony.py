"""Two people sign a root on two machines; every key can be replaced; private keys lie under pass phrases."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, Machine, pack_of
from tuf.api.metadata import Metadata, Root

from quetsach.cli.main import main
from quetsach.packs import SigningError
from quetsach.packs.ceremony import begin_root, sign_root
from quetsach.packs.keys import ALL_NAMES, list_keys, load_keys, new_keys, no_phrase, protect, rotate
from quetsach.packs.source import Trust

type Capture = pytest.CaptureFixture[str]
PHRASE = "five calm words about rain"


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUETSACH_LANG", "en")


def with_holder(keys: Path, name: str, folder: Path) -> Path:
    """Take a private key out of the folder of keys and give it to its holder, as a person does on another machine."""
    folder.mkdir()
    (keys / f"{name}.pem").rename(folder / f"{name}.pem")
    shutil.copy(keys / f"{name}.pub", folder / f"{name}.pub")
    return folder


def carried(path: Path, to: Path) -> Path:
    """Carry the folder in which a root waits to another machine."""
    shutil.copytree(path.parent, to)
    return to / path.name


def test_two_holders_sign_the_first_root_on_two_machines(tmp_path: Path, capsys: Capture) -> None:
    keys, out, phrase = tmp_path / "keys", tmp_path / "repository", tmp_path / "phrase"
    phrase.write_text(f"{PHRASE}\n")
    ids = {}
    for name in ("root-1", "root-2", "root-3"):  # each on a machine of its own; only the public half goes round
        holder = tmp_path / name
        assert (
            main(
                ["packs", "keys", "new", "--out", str(holder), "--name", name, "--encrypt", "--pass-file", str(phrase)]
            )
            == 0
        )
        keys.mkdir(exist_ok=True)
        shutil.copy(holder / f"{name}.pub", keys)
        ids[name] = list_keys(holder)[0].key_id
    rest = [word for name in ALL_NAMES if not name.startswith("root") for word in ("--name", name)]
    assert main(["packs", "keys", "new", "--out", str(keys), *rest]) == 0
    capsys.readouterr()
    where = ["--out", str(out), "--keys", str(keys)]
    assert main(["packs", "keys", "root", *where]) == 0
    assert "2 more needed" in capsys.readouterr().out
    stick = carried(out / "pending" / "1.root.json", tmp_path / "stick")
    for name, told in (("root-1", "1 more needed"), ("root-3", "enough; publish takes it")):
        assert (
            main(["packs", "keys", "sign", str(stick), "--keys", str(tmp_path / name), "--pass-file", str(phrase)]) == 0
        )
        assert told in capsys.readouterr().out
    shutil.copy(stick, out / "pending" / "1.root.json")
    assert main(["packs", "publish", *where]) == 0
    signatures = Metadata[Root].from_file(str(out / "metadata" / "1.root.json")).signatures
    assert signatures.keys() == {ids["root-1"], ids["root-3"]}
    assert not list((out / "pending").iterdir())


def test_a_root_that_one_holder_signed_is_not_published(centre: Centre, trust: Trust, tmp_path: Path) -> None:
    rotate(centre.keys, "timestamp")
    for name in ("root-2", "root-3"):
        with_holder(centre.keys, name, tmp_path / name)
    begun = begin_root(centre.folder, keys=load_keys(centre.keys), now=centre.now)
    assert begun.missing == 1
    with pytest.raises(SigningError, match="2 must sign") as error:
        centre.publish("2026.02.02")
    assert "packs keys root" in error.value.hint
    assert not (centre.folder / "metadata" / "2.root.json").exists()


def test_the_second_holder_sees_what_changes_and_completes_it(
    centre: Centre, machine: Machine, trust: Trust, tmp_path: Path
) -> None:
    machine.update(trust)
    former = load_keys(centre.keys).public["timestamp"][0].keyid
    new = rotate(centre.keys, "timestamp")
    holders = {name: with_holder(centre.keys, name, tmp_path / name) for name in ("root-1", "root-2", "root-3")}
    begun = begin_root(centre.folder, keys=load_keys(centre.keys), now=centre.now)
    assert begun.path is not None
    stick = carried(begun.path, tmp_path / "stick")
    sign_root(stick, holders["root-1"], phrase=no_phrase)
    seen = sign_root(stick, None, phrase=no_phrase)
    assert (seen.new["timestamp"], seen.gone["timestamp"], seen.missing) == ((new,), (former,), 1)
    assert f"no longer: {former[:16]}" in seen.told()
    assert sign_root(stick, holders["root-2"], phrase=no_phrase).missing == 0
    shutil.copy(stick, begun.path)
    centre.publish("2026.02.02")
    assert machine.update(trust).versions["root"] == 2
    assert machine.installed() == pack_of("2026.02.02")


def test_a_stranger_cannot_sign(centre: Centre, trust: Trust, tmp_path: Path) -> None:
    rotate(centre.keys, "snapshot")
    begun = begin_root(centre.folder, keys=load_keys(centre.keys), now=centre.now)
    new_keys(tmp_path / "stranger", ["root-1"])
    assert begun.path is not None
    with pytest.raises(SigningError, match="none of these keys"):
        sign_root(begun.path, tmp_path / "stranger", phrase=no_phrase)


def test_a_false_root_until_now_is_noticed_before_signing(centre: Centre, trust: Trust, tmp_path: Path) -> None:
    rotate(centre.keys, "snapshot")
    begun = begin_root(centre.folder, keys=load_keys(centre.keys), now=centre.now)
    assert begun.path is not None
    before = begun.path.with_name("1.root.json")
    before.write_bytes(before.read_bytes().replace(b'"threshold":2', b'"threshold":3'))
    with pytest.raises(SigningError, match="not signed by its own keys"):
        sign_root(begun.path, centre.keys, phrase=no_phrase)


def same_name_other_key(root: Root) -> None:
    """Swap the material of a root key and keep its identifier, so that nothing looks new."""
    root.keys[root.roles["root"].keyids[0]].keyval["public"] = "ab" * 32


def one_is_enough(root: Root) -> None:
    root.roles["root"].threshold = 1


def one_key_more(root: Root) -> None:
    root.roles["timestamp"].keyids.append(root.roles["snapshot"].keyids[0])


def no_key(root: Root) -> None:
    root.keys[root.roles["targets"].keyids[0]].keyval["public"] = "\x1b[2J"


def one_file_for_all(root: Root) -> None:
    root.consistent_snapshot = False


@pytest.mark.parametrize("trick", [same_name_other_key, one_is_enough, one_key_more, no_key, one_file_for_all])
def test_a_root_that_looks_harmless_and_is_not_gets_no_signature(
    centre: Centre, trust: Trust, trick: Callable[[Root], None]
) -> None:
    rotate(centre.keys, "snapshot")
    begun = begin_root(centre.folder, keys=load_keys(centre.keys), now=centre.now)
    assert begun.path is not None
    forged = Metadata[Root].from_file(str(begun.path))
    trick(forged.signed)
    forged.to_file(str(begun.path))
    before = begun.path.read_bytes()
    with pytest.raises(SigningError) as error:
        sign_root(begun.path, centre.keys, phrase=no_phrase)
    assert error.value.hint.startswith("do not sign")
    assert begun.path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 100, b'{"signed": {"_type": "root"}}'])
def test_what_is_no_root_is_not_signed(centre: Centre, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "2.root.json").write_bytes(content)
    with pytest.raises(SigningError, match="not a root"):
        sign_root(tmp_path / "2.root.json", centre.keys, phrase=no_phrase)


def test_a_list_of_packs_cannot_be_passed_off_as_a_root(centre: Centre, trust: Trust) -> None:
    with pytest.raises(SigningError, match="not a root"):
        sign_root(centre.folder / "metadata" / "1.packs.json", centre.keys, phrase=no_phrase)


def test_a_pending_root_that_says_something_else_is_not_taken(centre: Centre, trust: Trust) -> None:
    rotate(centre.keys, "snapshot")
    begin_root(centre.folder, keys=load_keys(centre.keys), now=centre.now)
    other = rotate(centre.keys, "timestamp")
    centre.publish("2026.02.02")
    root = Metadata[Root].from_file(str(centre.folder / "metadata" / "2.root.json")).signed
    assert root.roles["timestamp"].keyids == [other]


def test_with_nothing_to_sign_the_ceremony_says_so(centre: Centre, trust: Trust, capsys: Capture) -> None:
    where = ["--out", str(centre.folder), "--keys", str(centre.keys)]
    assert main(["packs", "keys", "root", *where]) == 0
    assert "nothing to sign" in capsys.readouterr().out


@pytest.mark.parametrize("name", ALL_NAMES)
def test_every_key_can_be_replaced_and_machines_follow(
    centre: Centre, machine: Machine, trust: Trust, name: str
) -> None:
    machine.update(trust)
    former = {state.name: state.key_id for state in list_keys(centre.keys)}[name]
    rotate(centre.keys, name)
    centre.publish("2026.02.02")
    machine.update(trust)
    assert machine.installed() == pack_of("2026.02.02")
    role = name.partition("-")[0]
    delegator = "root" if role in {"root", "targets", "snapshot", "timestamp"} else "targets"
    (store,) = (machine.state / "trust").iterdir()
    assert former not in json.dumps(json.loads((store / f"{delegator}.json").read_bytes())["signed"])


def test_all_keys_can_be_replaced_at_once(centre: Centre, machine: Machine, trust: Trust) -> None:
    machine.update(trust)
    for name in ALL_NAMES:
        rotate(centre.keys, name)
    centre.publish("2026.02.02")
    machine.update(trust)
    assert machine.installed() == pack_of("2026.02.02")


def test_a_machine_that_slept_climbs_every_root(centre: Centre, machine: Machine, trust: Trust) -> None:
    for number in range(5):
        rotate(centre.keys, f"root-{number % 3 + 1}")
        centre.publish(f"2026.02.0{number + 1}")
    assert machine.update(trust).versions["root"] == 6


def test_a_key_under_a_pass_phrase_signs_with_it_only(centre: Centre, trust: Trust, tmp_path: Path) -> None:
    protect(centre.keys, "packs", old=no_phrase, new=PHRASE)
    with pytest.raises(SigningError, match="under a pass phrase"):
        centre.publish("2026.02.02")
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text(f"{PHRASE}\r\n")
    wrong.write_text("another phrase\n")
    publish = ["packs", "publish", "--out", str(centre.folder), "--keys", str(centre.keys)]
    rotate(centre.keys, "snapshot")  # its own key is not under a phrase, and nobody asks for that of `packs`
    assert main(publish) == 0
    shelf = [*publish, "--packs", str(Path(__file__).parents[3] / "packs"), "--pass-file"]
    assert main([*shelf, str(wrong)]) == 1
    assert main([*shelf, str(right)]) == 0


def test_a_phrase_is_never_an_argument_and_a_short_one_is_refused(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "short").write_text("short\n")
    new = ["packs", "keys", "new", "--out", str(tmp_path / "keys"), "--encrypt"]
    assert main([*new, "--pass-file", str(tmp_path / "short")]) == 1
    assert "fewer than 12" in capsys.readouterr().err
    assert main(new) == 1  # nobody at a terminal to ask
    assert "--pass-file" in capsys.readouterr().err
    assert not list((tmp_path / "keys").glob("*.pem"))


def test_the_list_says_which_private_halves_are_here(centre: Centre, capsys: Capture) -> None:
    protect(centre.keys, "packs", old=no_phrase, new=PHRASE)
    (centre.keys / "root-1.pem").unlink()
    assert main(["packs", "keys", "list", "--keys", str(centre.keys), "--json"]) == 0
    states = {key["name"]: key["private"] for key in json.loads(capsys.readouterr().out)}
    assert (states["root-1"], states["packs"], states["timestamp"]) == ("away", "encrypted", "open")


def test_a_phrase_can_be_changed_by_command(centre: Centre, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "old").write_text(PHRASE)
    (tmp_path / "new").write_text("other calm words about snow")
    command = ["packs", "keys", "protect", "packs", "--keys", str(centre.keys), "--pass-file"]
    assert main([*command, str(tmp_path / "old")]) == 0
    assert main([*command, str(tmp_path / "new")]) == 1
    assert "under a pass phrase" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "new"), "--old-pass-file", str(tmp_path / "old")]) == 0
