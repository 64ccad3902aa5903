"""A memory stick with a worm on it is cleaned, however many photographs lie beside the worm."""

from pathlib import Path

import pytest
from tests.snapshot import snapshot

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.packs.specimen import specimens_of

PACK = Path(__file__).parents[3] / "packs" / "phorpiex"
SHORTCUTS = 30


def infected(root: Path, photographs: int) -> None:
    """Write a stick: the worm, autorun.inf, false shortcuts under many names, and somebody's photographs."""
    root.mkdir()
    specimens_of(PACK, ["windows"])[0].build(root)
    model = next(root.glob("*.lnk")).read_bytes()
    for number in range(SHORTCUTS):
        (root / f"Thư mục {number}.lnk").write_bytes(model)
    (root / "DCIM").mkdir()
    for number in range(photographs):
        (root / f"DCIM/{number}.jpg").write_bytes(b"\xff\xd8\xff\xe0" + number.to_bytes(4) * 16)


@pytest.mark.parametrize("photographs", [20, 2_000])
def test_the_worm_goes_and_the_photographs_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], photographs: int
) -> None:
    root = tmp_path / "usb"
    infected(root, photographs)
    before = snapshot(root)
    on = ["--root", str(root), "--state", str(tmp_path / "state")]
    code = main(["clean", "--yes", "--pack", str(PACK), *on])
    assert code == ExitCode.CLEANED, capsys.readouterr().out
    assert not list(root.glob("*.lnk"))
    assert len(list((root / "DCIM").iterdir())) == photographs
    assert main(["undo", "--last", "--yes", *on]) == 0
    assert snapshot(root) == before
