"""``quetsach packs keys``, ``packs publish`` and ``update``, from the keys to the machine."""

import hashlib
import io
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import SHELF, Centre

from quetsach.cli.main import main
from quetsach.endpoint.messages.formatting import HINTS, HINTS_IN_WINDOW, REFUSALS
from quetsach.packs import Refusal
from quetsach.packs.source import Trust, load_trust

type Capture = pytest.CaptureFixture[str]


@pytest.fixture
def repository(tmp_path: Path, capsys: Capture) -> Path:
    """A repository made by the commands of an analyst."""
    assert main(["packs", "keys", "new", "--out", str(tmp_path / "keys")]) == 0
    publish = ["packs", "publish", "--out", str(tmp_path / "repository"), "--keys", str(tmp_path / "keys")]
    assert main([*publish, "--packs", str(SHELF)]) == 0
    capsys.readouterr()
    return tmp_path / "repository"


def update(state: Path, *words: str) -> int:
    return main(["update", "--state", str(state), *words])


def test_what_was_published_can_be_installed(repository: Path, tmp_path: Path, capsys: Capture) -> None:
    root = repository / "metadata" / "1.root.json"
    assert update(tmp_path / "state", "--repository", str(repository), "--trust-root", str(root), "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["trust_root_sha256"] == hashlib.sha256(root.read_bytes()).hexdigest()
    assert len(result["installed"]) >= 2


def test_a_root_is_never_trusted_because_it_was_seen_first(repository: Path, tmp_path: Path, capsys: Capture) -> None:
    assert update(tmp_path / "state", "--repository", str(repository)) == 1
    told = capsys.readouterr().err
    assert "không bao giờ tự ý tin cậy" in told
    assert "--trust-root" in told
    assert (repository / "metadata/1.root.json").is_file()
    assert "metadata/1.root.json" in told
    assert not (tmp_path / "state").exists()


def test_after_it_was_named_once_a_root_is_remembered(repository: Path, tmp_path: Path, capsys: Capture) -> None:
    root = repository / "metadata" / "1.root.json"
    update(tmp_path / "state", "--repository", str(repository), "--trust-root", str(root))
    assert load_trust(tmp_path / "state" / "trust") == Trust(root.read_bytes(), str(repository))
    capsys.readouterr()
    assert update(tmp_path / "state", "--lang", "en") == 0
    assert "The packs are up to date" in capsys.readouterr().out


def test_nothing_is_written_into_a_state_folder_that_others_can_write_to(
    repository: Path, tmp_path: Path, capsys: Capture
) -> None:
    state, precious = tmp_path / "state", tmp_path / "precious"
    precious.write_text("mine")
    state.mkdir()
    state.chmod(0o777)
    (state / "update.lock").symlink_to(precious)
    options = ("--repository", str(repository), "--trust-root", str(repository / "metadata" / "1.root.json"))
    assert update(state, *options) == 1
    assert "tài khoản khác ghi được vào thư mục trạng thái" in capsys.readouterr().err
    assert precious.read_text() == "mine"


def test_a_state_folder_that_is_a_link_is_not_followed(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "state").symlink_to(tmp_path / "elsewhere")
    options = ("--repository", str(repository), "--trust-root", str(repository / "metadata" / "1.root.json"))
    assert update(tmp_path / "state", *options) == 1
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_root_without_an_address_asks_for_it(repository: Path, tmp_path: Path, capsys: Capture) -> None:
    root = repository / "metadata" / "1.root.json"
    assert update(tmp_path / "state", "--trust-root", str(root), "--lang", "en") == 1
    assert "--repository" in capsys.readouterr().err


@pytest.mark.parametrize(("language", "words"), [("vi", "đã hết hạn"), ("en", "has expired")])
def test_an_expired_repository_ends_with_3_in_the_language_of_the_owner(
    centre: Centre, tmp_path: Path, capsys: Capture, language: str, words: str
) -> None:
    (tmp_path / "root.json").write_bytes(centre.publish(ago=timedelta(days=30)).root)
    options = ("--repository", centre.url, "--trust-root", str(tmp_path / "root.json"), "--lang", language)
    assert update(tmp_path / "state", *options) == 3
    assert words in capsys.readouterr().err


def test_a_flipped_byte_ends_with_3_and_scans_go_on_with_the_old_packs(
    repository: Path, tmp_path: Path, capsys: Capture
) -> None:
    state = tmp_path / "state"
    root = repository / "metadata" / "1.root.json"
    update(state, "--repository", str(repository), "--trust-root", str(root))
    before = {path: path.read_bytes() for path in (state / "packs").rglob("*") if path.is_file()}
    shelf = Path(shutil.copytree(SHELF, tmp_path / "shelf"))
    head = shelf / "eicar" / "pack.toml"
    head.write_text(head.read_text().replace("2026.11.25", "2027.01.01"))
    publish = ["packs", "publish", "--out", str(repository), "--keys", str(tmp_path / "keys"), "--packs", str(shelf)]
    assert main(publish) == 0
    (target,) = (repository / "targets" / "packs").glob("*2027.01.01.qsp")
    content = bytearray(target.read_bytes())
    content[100] ^= 1
    target.write_bytes(content)
    assert update(state) == 3
    assert "giữ nguyên" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (state / "packs").rglob("*") if path.is_file()} == before
    assert main(["scan", str(tmp_path / "shelf"), "--state", str(state)]) == 0


def test_a_centre_out_of_reach_ends_with_1(repository: Path, tmp_path: Path, capsys: Capture) -> None:
    root = repository / "metadata" / "1.root.json"
    options = ("--repository", "http://127.0.0.1:9/repository", "--trust-root", str(root))
    assert update(tmp_path / "state", *options) == 1
    assert "Không kết nối được" in capsys.readouterr().err


def test_publishing_again_only_renews_what_expires(repository: Path, tmp_path: Path, capsys: Capture) -> None:
    again = ["packs", "publish", "--out", str(repository), "--keys", str(tmp_path / "keys"), "--json"]
    assert main(again) == 0
    assert json.loads(capsys.readouterr().out)["renewed"] == []


def test_a_rotated_key_is_published_and_followed(repository: Path, tmp_path: Path, capsys: Capture) -> None:
    root = repository / "metadata" / "1.root.json"
    keys = str(tmp_path / "keys")
    update(tmp_path / "state", "--repository", str(repository), "--trust-root", str(root))
    assert main(["packs", "keys", "rotate", "root-2", "--keys", keys]) == 0
    assert main(["packs", "publish", "--out", str(repository), "--keys", keys]) == 0
    capsys.readouterr()
    assert update(tmp_path / "state", "--json") == 0
    assert json.loads(capsys.readouterr().out)["versions"]["root"] == 2


def test_keys_that_exist_are_not_replaced(tmp_path: Path, capsys: Capture) -> None:
    making = ["packs", "keys", "new", "--out", str(tmp_path / "keys"), "--lang", "en"]
    assert main(making) == 0
    assert "offline" in capsys.readouterr().out
    assert main(making) == 1
    assert "never overwritten" in capsys.readouterr().err


def test_every_refusal_is_told_with_what_to_do_next() -> None:
    reasons = {*Refusal, "unreachable"}
    assert reasons | {"no-trust", "no-address"} == REFUSALS.keys() == HINTS.keys() == HINTS_IN_WINDOW.keys()


def test_a_phrase_is_asked_for_at_a_terminal_once_for_each_key_that_signs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    keys, asked = str(tmp_path / "keys"), []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return "five calm words about rain"

    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", typed)
    assert main(["packs", "keys", "new", "--out", keys, "--encrypt"]) == 0
    assert len(asked) == 2  # typed twice
    asked.clear()
    assert main(["packs", "publish", "--out", str(tmp_path / "repository"), "--keys", keys]) == 0
    assert len(asked) == len(set(asked)) == 10
    asked.clear()
    assert main(["packs", "publish", "--out", str(tmp_path / "repository"), "--keys", keys]) == 0
    assert asked == []  # nothing to sign


def test_two_phrases_that_differ_make_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    phrases = iter(["five calm words about rain", "five calm words about snow"])
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: next(phrases))
    assert main(["packs", "keys", "new", "--out", str(tmp_path / "keys"), "--encrypt", "--lang", "en"]) == 1
    assert "differ" in capsys.readouterr().err
    assert not (tmp_path / "keys").exists()


def test_a_version_that_another_replaced_is_not_told_as_taken_back(tmp_path: Path, capsys: Capture) -> None:
    keys, repository, shelf = tmp_path / "keys", tmp_path / "repository", tmp_path / "shelf"
    publication = ["packs", "publish", "--out", str(repository), "--keys", str(keys), "--packs", str(shelf)]
    assert main(["packs", "keys", "new", "--out", str(keys)]) == 0
    assert main(["packs", "new", "mine", "--out", str(shelf)]) == 0
    assert main(publication) == 0
    root = str(repository / "metadata" / "1.root.json")
    assert update(tmp_path / "state", "--repository", str(repository), "--trust-root", root) == 0
    head = shelf / "mine" / "pack.toml"
    head.write_text(re.sub(r'(version = "[0-9.]+)"', r'\1.02"', head.read_text()))
    assert main(publication) == 0
    capsys.readouterr()
    for language, wrong in (("en", "withdrawn"), ("vi", "thu hồi")):
        state = tmp_path / language
        shutil.copytree(tmp_path / "state", state)
        assert update(state, "--lang", language) == 0
        told = capsys.readouterr().out
        assert re.search(r"  - mine-[0-9.]+\.qsp \(", told)
        assert wrong not in told


def test_a_folder_that_was_named_from_here_is_found_from_elsewhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.parent)
    root = "repository/metadata/1.root.json"
    assert update(tmp_path / "state", "--repository", "repository", "--trust-root", root) == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert update(tmp_path / "state") == 0


def test_a_mistyped_family_is_told_with_those_that_are_published(
    repository: Path, tmp_path: Path, capsys: Capture
) -> None:
    words = ["--out", str(repository), "--keys", str(tmp_path / "keys")]
    assert main(["packs", "withdraw", "mirai", *words, "--reason-vi", "a", "--reason-en", "b"]) == 1
    assert "mirai-gafgyt, " in capsys.readouterr().err
