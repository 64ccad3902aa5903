import base64
import contextlib
import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.help_line import read_help_line
from quetsach.installation import HELP_FILE
from quetsach.packs.downloads import TRUST_FOLDER, ToolError, seal_tool
from quetsach.packs.keys import load_keys, new_keys
from quetsach.packs.source import Trust, load_trust

RECORD = "demo-1.0.dist-info/RECORD"


def wheel(*extra: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("demo/__init__.py", "VALUE = 1\n")
        archive.writestr("demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        archive.writestr("demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        for name in extra:
            archive.writestr(name, name)
        archive.writestr(RECORD, "stale\n")
    return buffer.getvalue()


def files(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_record_names_every_file_with_its_hash() -> None:
    content = files(seal_tool(wheel("a,b.txt"), root=b"root", repository="https://example.vn/repository"))
    listed = {name: (digest, size) for name, digest, size in csv.reader(io.StringIO(content[RECORD].decode()))}
    assert listed.pop(RECORD) == ("", "")
    for name, raw in content.items():
        if name != RECORD:
            digest = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
            assert listed.pop(name) == (f"sha256={digest}", str(len(raw)))
    assert listed == {}


def test_the_same_wheel_and_root_give_the_same_bytes() -> None:
    first = seal_tool(wheel(), root=b"root", repository="u")
    assert seal_tool(wheel(), root=b"root", repository="u") == first
    assert seal_tool(first, root=b"root", repository="u") == first


def test_sealing_anew_replaces_the_trust() -> None:
    content = files(seal_tool(seal_tool(wheel(), root=b"old", repository="old"), root=b"new", repository="new"))
    assert content[f"{TRUST_FOLDER}/root.json"] == b"new"


def test_what_was_sealed_in_is_what_the_tool_trusts(tmp_path: Path) -> None:
    new_keys(tmp_path / "keys")
    assert load_keys(tmp_path / "keys")
    root = b'{"signed": {"_type": "root"}}'
    for name, raw in files(seal_tool(wheel(), root=root, repository="https://q.vn/\"r'")).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(raw)
    assert load_trust(tmp_path / TRUST_FOLDER) == Trust(root, "https://q.vn/\"r'")


def test_whom_people_call_goes_into_the_tool_and_changes_with_the_centre() -> None:
    line = read_help_line(phone="024 0000 0000", desk="https://q.vn/giup-do/")
    sealed = seal_tool(wheel(), root=b"root", repository="u", help_line=line)
    assert read_help_line(**json.loads(files(sealed)[f"{TRUST_FOLDER}/{HELP_FILE}"])) == line
    assert not any(
        json.loads(files(seal_tool(sealed, root=b"root", repository="u"))[f"{TRUST_FOLDER}/{HELP_FILE}"]).values()
    )


def test_an_installer_takes_the_sealed_wheel(tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(seal_tool(wheel(), root=b"root", repository="u"))
    uv = Path(sys.executable).with_name("uv")
    command = [
        uv,
        "pip",
        "install",
        "--offline",
        "--no-deps",
        "--python",
        sys.executable,
        "--target",
        tmp_path / "to",
        path,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "to" / TRUST_FOLDER / "root.json").read_bytes() == b"root"


def test_a_zip_without_a_record_is_no_wheel() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(ToolError):
        seal_tool(buffer.getvalue(), root=b"", repository="")


@given(st.binary(max_size=400), st.integers(0, 600))
def test_bytes_that_are_no_wheel_are_refused_and_nothing_else_is_raised(noise: bytes, at: int) -> None:
    damaged = wheel()[:at] + noise + wheel()[at + len(noise) :]
    with contextlib.suppress(ToolError):
        seal_tool(damaged, root=b"", repository="")
