"""How much goes with an archive that is sealed whole."""

import os
from pathlib import Path

from tests.archives import mail_of, zip_of

from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.scanner.archive.inside import Contents, count_contents


def test_of_mail_there_is_more_than_what_is_attached(tmp_path: Path) -> None:
    letter = b"From an@example.vn Sat Nov 28 08:00:00 2026\nSubject: hello\n\nDear all\n\n"
    (tmp_path / "Inbox").write_bytes(letter * 99 + mail_of({"a": b"needle"}))
    (tmp_path / "a.zip").write_bytes(zip_of({"a": b"needle", "b": b"pin"}))
    tree = open_mounted(tmp_path, system="linux").tree
    assert count_contents(tree, os.fsencode("/Inbox")) == Contents(1, is_whole=False)
    assert count_contents(tree, os.fsencode("/a.zip")) == Contents(2, is_whole=True)
