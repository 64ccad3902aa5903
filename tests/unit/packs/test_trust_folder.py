import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.packs.source import Trust, TrustError, load_trust, read_root, repository_toml

ROOT = b'{"signed": {"_type": "root"}}'


def test_no_folder_means_no_trust(tmp_path: Path) -> None:
    assert load_trust(tmp_path) is None


def test_a_folder_gives_root_and_address(tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(ROOT)
    (tmp_path / "repository.toml").write_text(
        repository_toml(Trust(ROOT, "https://quetsach.example/repository", "https://quetsach.example/api/v1/reports"))
    )
    assert load_trust(tmp_path) == Trust(
        ROOT, "https://quetsach.example/repository", "https://quetsach.example/api/v1/reports"
    )


def test_the_address_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(ROOT)
    assert load_trust(tmp_path) == Trust(ROOT, "")


def test_the_fingerprint_is_what_sha256sum_prints() -> None:
    assert Trust(ROOT, "").fingerprint == hashlib.sha256(ROOT).hexdigest()


@pytest.mark.parametrize("text", ["url = 7", "url =", "\x00"])
def test_a_damaged_address_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "root.json").write_bytes(ROOT)
    (tmp_path / "repository.toml").write_text(text)
    with pytest.raises(TrustError):
        load_trust(tmp_path)


@pytest.mark.parametrize(
    "raw", [b"null", b"[]", b'{"signed": 1}', b'{"signed": {"_type": "targets"}}', b"\xff", b"[" * 100_000]
)
def test_a_file_that_is_no_root_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "r").write_bytes(raw)
    with pytest.raises(TrustError, match="not a root of trust"):
        read_root(tmp_path / "r")


def test_a_root_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="cannot be read"):
        read_root(tmp_path / "none")


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_address_survives_its_file(url: str) -> None:
    import tomllib

    assert tomllib.loads(repository_toml(Trust(b"", url, url))) == {"url": url, "reports": url}
