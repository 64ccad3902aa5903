"""The command speaks on any console of Windows, and a scan comes to an end when it is asked to."""

import json
import os
import subprocess
import sys
from pathlib import Path

COMMAND = "import sys; from quetsach.cli.main import main; sys.exit(main())"
BROKEN_OFF = f"""
import signal
from quetsach.endpoint.scanner import worker_pool
real, seen = worker_pool.scan_file, []
def scan_file(tree, candidate, *words, **options):
    seen.append(candidate)
    if len(seen) == 20:
        signal.raise_signal(signal.SIGBREAK)
    return real(tree, candidate, *words, **options)
worker_pool.scan_file = scan_file
{COMMAND}
"""
"""The command, at whose twentieth file somebody presses Ctrl-Break."""


def test_output_into_a_file_is_utf_8_on_any_code_page() -> None:
    told = subprocess.run(
        [sys.executable, "-c", COMMAND, "scan", "--help", "--lang", "vi"],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONUTF8": "0"},  # the bed lets Python speak UTF-8
    )
    assert "cách dùng" in told.stdout.decode()
    assert b"\\u" not in told.stdout


def test_a_scan_ends_with_what_it_has_seen_on_ctrl_break(tmp_path: Path) -> None:
    tree, seen = tmp_path / "tree", tmp_path / "list"
    tree.mkdir()
    for number in range(60):
        (tree / f"{number}").write_bytes(b"hay")
    options = ["--jobs", "1", "--lang", "en", "--state", str(tmp_path / "state"), "--list", str(seen)]
    told = subprocess.run(
        [sys.executable, "-c", BROKEN_OFF, "scan", str(tree), *options], check=False, capture_output=True
    )
    assert told.returncode == 2, told.stderr
    assert b"NOT CONCLUSIVE" in told.stdout
    assert b"Press again" in told.stderr
    states = [json.loads(line)["state"] for line in seen.read_text(encoding="utf-8").splitlines()]
    assert states.count("scanned") == 20
