"""Makes a source tree with a third language as a newcomer does: catalogues in folders, and the country's own file."""

import os
from pathlib import Path

from tests import pseudo_language

import quetsach
from quetsach.web import catalogue

SOURCE = Path(quetsach.__file__).parent
ROOT = SOURCE.parents[1]


def build(root: Path) -> Path:
    """Link the sources into a folder, lay the language's catalogues beside theirs, and return where modules are."""
    made = root / "src"
    for folder, folders, files in os.walk(SOURCE):
        folders[:] = [name for name in folders if name != "__pycache__"]
        place = made / "quetsach" / Path(folder).relative_to(SOURCE)
        place.mkdir(parents=True)
        for name in files:
            (place / name).symlink_to(Path(folder) / name)
    for source in catalogue.sources():
        if source.parts[-3] == "vi":
            place = made / "quetsach" / source.parents[2].relative_to(SOURCE) / "xx" / "LC_MESSAGES"
            place.mkdir(parents=True, exist_ok=True)
            (place / source.with_suffix(".mo").name).write_bytes(pseudo_language.compiled(source))
    for name in ("data", "packs"):
        (root / name).symlink_to(ROOT / name)
    return made


def furnish(data: Path) -> None:
    """Let a centre be of Viet Nam with the language as its third."""
    ours = ROOT / "data" / "countries" / "vn"
    country = data / "country"
    country.mkdir(parents=True)
    said = (ours / "country.toml").read_text("utf-8").replace('["vi", "en"]', '["vi", "en", "xx"]', 1)
    (country / "country.toml").write_text(said.replace('"../../', f'"{ROOT}/data/'), "utf-8")
    for name in ("issuers.toml", "templates"):
        (country / name).symlink_to(ours / name)
    (data / "secret.key").write_text("k" * 64)
