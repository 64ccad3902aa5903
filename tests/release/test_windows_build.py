"""Built twice, the Windows download is the same; signed, it is signed in all places; one changed byte is refused."""

import hashlib
import subprocess
from pathlib import Path

import pytest
from release.windows.build import TREE, build
from release.windows.signing import NotSignedError, signer_of
from tests.signing_authority import SigningAuthority

from quetsach.packs.downloads import read_downloads

NAME = "Trung tâm Thử nghiệm"


@pytest.fixture(scope="module")
def wheel(release: Path) -> Path:
    (path,) = (release.parent / "tool").glob("quetsach-*.whl")
    return path


def _hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_built_twice_every_byte_is_the_same(wheel: Path, release: Path, tmp_path: Path) -> None:
    build(wheel, tmp_path, None)
    assert _hashes(tmp_path / TREE) == _hashes(release / TREE)
    first = {entry.kind: entry.sha256 for entry in read_downloads(release) if entry.system == "windows"}
    assert {entry.kind: entry.sha256 for entry in read_downloads(tmp_path)} == first


def test_signed_it_is_signed_everywhere(
    wheel: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = SigningAuthority.made(tmp_path_factory.mktemp("authority"), NAME)
    monkeypatch.setenv("QUETSACH_SIGN_CERTIFICATE", str(authority.certificate))  # for the uninstaller, which NSIS makes
    monkeypatch.setenv("QUETSACH_SIGN_KEY", str(authority.key))
    entries = build(wheel, tmp_path, authority.signer())
    assert {entry.signed_by for entry in entries} == {NAME}
    tree = tmp_path / TREE
    signers = {path.name: signer_of(path) for path in tree.rglob("*") if path.suffix in (".dll", ".exe", ".pyd")}
    assert {"quetsach.exe", "QuetSachWindow.exe", "python3.dll"} <= {n for n, who in signers.items() if who == NAME}
    assert signers["python313.dll"] == "Python Software Foundation"
    for entry in entries:
        path = tmp_path / entry.name
        verify = ["osslsigncode", "verify", "-CAfile", authority.root, "-in", path]
        subprocess.run(verify, check=True, capture_output=True)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        with pytest.raises(NotSignedError):
            signer_of(path)
        assert subprocess.run(verify, check=False, capture_output=True).returncode != 0
