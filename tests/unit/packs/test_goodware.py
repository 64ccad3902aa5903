"""The sample of honest files is bounded, the same each time, and from all over a folder."""

from pathlib import Path

import pytest

from quetsach.packs import PackError
from quetsach.packs.goodware import goodware, sample

NO_LIMIT = 1 << 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Thirty files of a hundred bytes in three folders, and what is left out."""
    for number in range(30):
        there = tmp_path / f"{number % 3}" / f"{number:02d}"
        there.parent.mkdir(exist_ok=True)
        there.write_bytes(bytes(100))
    (tmp_path / "0" / "empty").touch()
    (tmp_path / "0" / "link").symlink_to("/etc/passwd")
    with (tmp_path / "0" / "huge").open("wb") as file:
        file.truncate(9 << 20)
    return tmp_path


def test_every_file_but_links_empty_and_huge_ones_is_taken(folder: Path) -> None:
    taken = goodware(folder)
    assert [path.name for path in taken.files] == sorted((p.name for p in taken.files), key=lambda n: (int(n) % 3, n))
    assert (len(taken.files), taken.size_bytes) == (30, 3_000)
    assert [content for _, content in taken.contents()] == [bytes(100)] * 30


def test_a_sample_is_from_all_over_and_the_same_again(folder: Path) -> None:
    taken = sample(folder, most_files=7, most_bytes=NO_LIMIT)
    assert len(taken.files) == 6
    assert {path.parent.name for path in taken.files} == {"0", "1", "2"}
    assert taken == sample(folder, most_files=7, most_bytes=NO_LIMIT)


def test_a_sample_holds_no_more_than_it_may(folder: Path) -> None:
    assert sample(folder, most_files=100, most_bytes=1_050).size_bytes == 1_000


def test_what_vanishes_meanwhile_is_left_out(folder: Path) -> None:
    taken = goodware(folder)
    taken.files[0].unlink()
    assert len(list(taken.contents())) == 29


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="there are no files to look at"):
        goodware(tmp_path)
