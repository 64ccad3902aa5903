"""A question is a value: it is answered in parts, anywhere, and the answers of parts are added up.

Whatever is counted once in a part is in no other part: a part has all sightings of some addresses, those whose *bucket*
is in its range. Its answer is whole numbers, days and names, never a fraction, so that no number of parts and no order
of adding them up changes a bit of the answer; what is divided is divided once, at the end. Here the engine is DuckDB in
memory, bounded, opened at the first question.
"""

import shutil
import tempfile
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa

from quetsach.core.family import UNPLACED_FAMILY
from quetsach.core.sighting import UNKNOWN_SECTOR
from quetsach.core.text import Text
from quetsach.feeds.table import ANNOTATED
from quetsach.lake import LakeError
from quetsach.lake.buckets import ALL_BUCKETS, BUCKETS, OF_ADDRESS, buckets_in, is_ordered

_SETTINGS = {
    "memory_limit": "1GB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "arrow_lossless_conversion": "true",
}


class Engine:
    """One for a lake and its views. What does not fit into memory is spilled to a folder that goes with the object."""

    def __init__(self) -> None:
        self._connection: duckdb.DuckDBPyConnection | None = None

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return the connection; whoever asks takes a cursor of it."""
        if self._connection is None:
            spill = Path(tempfile.mkdtemp(prefix="quetsach-"))  # addresses, for this user's eyes only
            weakref.finalize(self, shutil.rmtree, spill, ignore_errors=True)
            self._connection = connect(spill)
        return self._connection


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    """Open DuckDB in memory; what does not fit goes to the folder ``spill``, which holds addresses."""
    return duckdb.connect(":memory:", config={**_SETTINGS, "temp_directory": str(spill)})


# ruff: noqa: S608  (only names that this module lists are put into queries; every value is a parameter)

GROUPS = ("family", "isp", "asn", "province", "sector", "feed", "report", "ip_version")
"""The columns that addresses can be counted by."""


IS_HOME = "(asn is not null or $home::varchar is null or upper(coalesce(claimed_country, '')) = $home)"
"""The one rule of what a national count is about: an address that the tables of the country know, or one that they do
not know and the feed says is of the country. An address of nowhere, such as one that nobody announces or a foreign one
whose country was not written down, is kept and never counted. The parameter ``home`` is the country's code; with none
everything is of the country.
"""


SECTOR = "if(contains(isp, ':'), split_part(isp, ':', 1), sector)"
"""Of which sector a sighting is: that of the holder of its range (``network.Holder.id``), else what the feed says."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a part is counted from.

    Of ``files`` it has the rows of the buckets from the first to the last of ``buckets``, of ``own`` all rows: files
    that hold no others; of ``once`` all rows, too: these are of no address, and of no other part. ``ordered`` are as
    ``files``, with the bucket of each row in a column by which they are ordered: only these rows are read.
    """

    files: tuple[str, ...]
    buckets: tuple[int, int] = ALL_BUCKETS
    once: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()

    @property
    def has_rows(self) -> bool:
        """Whether there are any files of addresses."""
        return bool(self.files or self.own or self.ordered)

    @property
    def names(self) -> tuple[str, ...]:
        """All files."""
        return (*self.files, *self.own, *self.once, *self.ordered)

    @property
    def days(self) -> list[date]:
        """The days (UTC) of the files of addresses, in order, by the names of their folders."""
        folders = {Path(name).parent.name for name in (*self.files, *self.own, *self.ordered)}
        return sorted(date.fromisoformat(folder.removeprefix("day=")) for folder in folders)


class Question[Answer](Protocol):
    """Pure, and can be pickled: both halves are the same wherever parts are placed."""

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Count a part.

        Args:
            engine: an ``Engine``'s, at the same version for all parts of a question.
            part: files that can be read where this runs.

        Raises:
            LakeError: a file is missing or damaged.
        """
        ...

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> Answer:
        """Put the answers of all parts together, in any order."""
        ...


_DIVIDED = 16
"""Into so many parts a question is divided here where its files are: each takes less memory, and together less time."""


def parts_of(
    files: Iterable[Path],
    *,
    once: Iterable[Path] = (),
    count: int | None = None,
    ordered: Collection[Path] | None = None,
) -> tuple[Part, ...]:
    """Divide files into parts.

    Args:
        files: of addresses; those whose names say their buckets are opened only by the parts that have these, and of
            those that are ordered by bucket a part reads its rows.
        once: files of no address.
        ordered: those of them that are ordered by bucket; if not given, as is found in their folders.
        count: how many parts, at most ``BUCKETS``; if not given, 16 where most of the bytes are divided, else 1.
    """
    held = {path: buckets_in(path) for path in files}
    in_order = set(filter(is_ordered, held)) if ordered is None else {*ordered}
    divided = {path: span for path, span in held.items() if span != ALL_BUCKETS}
    whole = tuple(str(path) for path in held if path not in divided and path not in in_order)
    by_bucket = tuple(str(path) for path in held if path in in_order)
    alone = tuple(map(str, once))
    count = count or (_DIVIDED if _is_mostly(divided, held) else 1)
    edges = [BUCKETS * n // count for n in range(count + 1)]
    parts = []
    for n in range(count):
        first, last = edges[n], edges[n + 1] - 1
        own = tuple(str(path) for path, (low, high) in divided.items() if first <= low and high <= last)
        shared = tuple(str(path) for path, (low, high) in divided.items() if low < first <= high or low <= last < high)
        parts.append(Part((*whole, *shared), (first, last), alone[n::count], own, by_bucket))
    return tuple(parts)


def _is_mostly(divided: Collection[Path], held: Collection[Path]) -> bool:
    """Whether so much is divided that reading the rest once for each part costs less than is won."""
    if not divided:
        return False
    sizes = {
        path: path.stat().st_size if path.exists() else 0 for path in held
    }  # a missing one is told when it is read
    return _DIVIDED * sum(sizes[path] for path in held if path not in divided) < sum(sizes.values())


def in_part(part: Part, key: str | None = None) -> str:
    """Return the condition that a row is in a part, by the bucket of its address.

    By another ``key`` it is the engine's own hash: the same in every process of one version, and in no file.
    """
    first, last = part.buckets
    if part.buckets == ALL_BUCKETS:
        return "true"
    bucket = f"hash({key}) % {BUCKETS}" if key else OF_ADDRESS
    return f"{bucket} between {first} and {last}"


def rows_of(part: Part) -> tuple[str, dict[str, object]]:
    """Return the table of what a part has of its files, and its parameters; at least one is needed."""
    first, last = part.buckets
    tables = [f"from {by_day('own')}"] if part.own else []
    tables += [f"from {by_day('files')} where {in_part(part)}"] if part.files else []
    tables += [f"from {by_day('ordered')} where bucket between {first} and {last}"] if part.ordered else []
    parameters: dict[str, object] = {"own": list(part.own), "files": list(part.files), "ordered": list(part.ordered)}
    return f"({' union all by name '.join(tables)})", {name: files for name, files in parameters.items() if files}


def added(tables: Iterable[pa.Table], sums: Sequence[str]) -> pa.Table:
    """Add the columns ``sums`` of tables up by all their other columns, in whose order the rows are."""
    parts = list(tables)
    table, names = pa.concat_tables(parts), parts[0].schema.names
    keys = [name for name in names if name not in sums]
    if len(parts) > 1:
        table = table.group_by(keys).aggregate([(name, "sum") for name in sums])
        table = table.select([name if name in keys else f"{name}_sum" for name in names]).rename_columns(names)
    return (table.sort_by([(name, "ascending") for name in keys]) if keys else table).cast(parts[0].schema)


def by_day(files: str) -> str:
    """Return the table of Parquet files in folders of days; those that are older than sectors have unknown ones.

    Args:
        files: the name of the parameter that lists them.
    """
    return f"""(
        select * replace (coalesce({SECTOR}, '{UNKNOWN_SECTOR}') as sector) from (
            from read_parquet(${files}, union_by_name = true, hive_partitioning = true, hive_types = {{'day': date}})
            union all by name
            select null::varchar as sector, null::varchar as isp, null::varchar as claimed_country,
                   null::boolean as is_abroad where false
        )
    )"""


type Names = tuple[tuple[str, str], ...]
"""Under which name sightings are kept, and the family that it is of today."""


def by_family(table: str, names: Names | None) -> tuple[str, dict[str, object]]:
    """Return a table with the families of today, and its parameters.

    With ``names`` each row has the family that its kept name is of, ``UNPLACED_FAMILY`` where no analyst has placed it;
    without, every kept name is a family.
    """
    if names is None:
        return table, {}
    today = "(select unnest($kept) as kept, unnest($families_today) as family)"
    placed = f"""(
        select own.* replace (coalesce(today.family, '{UNPLACED_FAMILY}') as family)
        from {table} own left join {today} today on own.family = today.kept
    )"""
    return placed, {"kept": [kept for kept, _ in names], "families_today": [family for _, family in names]}


def placed_rows(part: Part, names: Names | None) -> tuple[str, dict[str, object]]:
    """Return the table of what a part has of its files with the families of today, and its parameters."""
    rows, files = rows_of(part)
    table, placing = by_family(rows, names)
    return table, files | placing


def _at_home(part: Part, home: str | None) -> tuple[str, dict[str, object]]:
    """Return the table of the sightings of a part that are the country's own, and its parameters.

    Or of addresses of roll-ups, where those have expired.
    """
    rows, files = rows_of(part)
    return f"(from {rows} where coalesce(not is_abroad, {IS_HOME}))", files | {"home": home}


def _sightings(part: Part, names: Names | None, home: str | None) -> tuple[str, dict[str, object]]:
    """Return the same table with the families of today."""
    rows, parameters = _at_home(part, home)
    table, placing = by_family(rows, names)
    return table, parameters | placing


@dataclass(frozen=True, slots=True)
class CountAddresses:
    """How many distinct addresses each group has: the columns ``by`` and ``addresses``, ordered by ``by``.

    The files are of sightings, of what was seen of them, or of the addresses of roll-ups where they have expired: rows
    that say the same twice change nothing. ``by`` are ``day`` or any of
    ``GROUPS``; without any there is one row. ``families`` limits to those; ``None`` is all. ``names`` say which family
    a kept name is of; without them each is its own. ``home`` is the code of the country (``IS_HOME``).

    Raises:
        LakeError: addresses cannot be counted by one of these columns.
    """

    by: tuple[str, ...]
    families: tuple[str, ...] | None = None
    names: Names | None = None
    home: str | None = None

    def __post_init__(self) -> None:
        if unknown := [name for name in self.by if name not in (*GROUPS, "day")]:
            raise LakeError(
                Text("addresses cannot be counted by {names}", names=", ".join(unknown)),
                hint=Text("known: {names}", names=", ".join(GROUPS)),
            )

    @property
    def schema(self) -> pa.Schema:
        """The columns of the answer."""
        types = [(name, pa.date32() if name == "day" else ANNOTATED.field(name).type) for name in self.by]
        return pa.schema([*types, ("addresses", pa.int64())])

    @property
    def read(self) -> tuple[str, ...]:
        """The columns of sightings that it is counted from, beside the address."""
        return self.by if self.families is None or "family" in self.by else (*self.by, "family")

    def of_families(self, rows: str) -> tuple[str, dict[str, object]]:
        """Return a table that has the kept names of families as it is counted in, and its parameters.

        What they are of today is looked up where it counts.
        """
        table, given = by_family(rows, self.names) if "family" in self.read else (rows, {})
        if self.families is None:
            return table, given
        return f"(from {table} where family in (select unnest($families)))", given | {"families": list(self.families)}

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Count a part."""
        if not part.has_rows:
            return (self.schema.empty_table() if self.by else pa.table({"addresses": [0]}, schema=self.schema),)
        rows, parameters = _at_home(part, self.home)
        table, more = self.of_families(rows)
        columns = "".join(f"{name}, " for name in self.by)
        query = f"select {columns}count(distinct address) as addresses from {table} {'group by all' if self.by else ''}"
        return (run(engine, query, parameters | more).cast(self.schema),)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> pa.Table:
        """Add the counts of parts up."""
        return added((counted for (counted,) in parts), ["addresses"])


def _spans(days: Sequence[date]) -> list[date]:
    """Return the first days of spans of 64 days that have all of these, which are in order."""
    spans: list[date] = []
    for day in days:
        if not spans or (day - spans[-1]).days >= 64:
            spans.append(day)
    return spans


def _is_once(count: CountAddresses, columns: Collection[str], kept: Sequence[str]) -> bool:
    """Whether a count has each address in one row of what was written down by ``columns``, which has these families."""
    today = dict(count.names or ())
    families = [today.get(name, UNPLACED_FAMILY) for name in kept] if count.names is not None else kept
    counted = count.by if count.families is None else (*count.by, "family") if len(count.families) == 1 else ()
    return {"address", *counted} - {"day"} == {*columns} and len(set(families)) == len(families)


@dataclass(frozen=True, slots=True)
class CountTogether:
    """Several counts of the same sightings by one reading of the files: the answer of each, in their order.

    ``counts`` are of the same country. What is read is written down once for each address, with the days on which it
    was seen as bits: an address of every day is in one row and not in one for each day.
    """

    counts: tuple[CountAddresses, ...]

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Write down once who was seen where and when, and count each way from that."""
        if not part.has_rows:
            return tuple(table for count in self.counts for table in count.of_part(engine, part))
        columns = sorted({"address", *(name for count in self.counts for name in count.read)} - {"day"})
        spans = _spans(part.days)
        bits = "".join(
            f", bit_or(if(day - $first{n} between 0 and 63, 1::ubigint << greatest(day - $first{n}, 0), 0)) as days{n}"
            for n in range(len(spans))
        )
        rows, parameters = _at_home(part, self.counts[0].home)
        with closing(engine.cursor()) as cursor, explained():
            seen = f"select {', '.join(columns)}{bits} from {rows} group by all"
            cursor.execute(
                f"create temp table seen as {seen}", parameters | {f"first{n}": day for n, day in enumerate(spans)}
            )
            kept = (
                [name for (name,) in cursor.sql("select distinct family from seen").fetchall()]
                if "family" in columns
                else []
            )
            return tuple(
                self._counted(cursor, count, spans, is_once=_is_once(count, columns, kept)) for count in self.counts
            )

    def _counted(
        self, cursor: duckdb.DuckDBPyConnection, count: CountAddresses, spans: Sequence[date], *, is_once: bool
    ) -> pa.Table:
        """Count in what was written down: how many addresses have the same days, the same eight of them, each day."""
        table, given = count.of_families("(from seen)")
        keys = "".join(f"{name}, " for name in count.by if name != "day")
        if "day" not in count.by:
            how = "count(*)" if is_once else "count(distinct address)"
            query = f"select {keys}{how} as addresses from {table} {'group by all' if keys else ''}"
            return cursor.sql(query, params=given).to_arrow_table().cast(count.schema)
        bits = "".join(f", bit_or(days{n}) as days{n}" for n in range(len(spans)))
        alike = f"select {keys}{', '.join(f'days{n}' for n in range(len(spans)))}, count(*) as addresses"
        eights = " union all ".join(
            f"select {keys}$first{n}::date + 8 * nth as since, (days{n} >> 8 * nth) & 255 as eight, addresses "
            f"from (select *, unnest(range(8))::int as nth from alike)"
            for n in range(len(spans))
        )
        once = table if is_once else f"(select {keys}address{bits} from {table} group by all)"
        query = (
            f"with alike as ({alike} from {once} group by all), eights as ("
            f"select {keys}since, eight, sum(addresses)::bigint as addresses from ({eights}) where eight > 0 "
            "group by all) "
            f"select {''.join(f'{name}, ' for name in count.by)}sum(addresses)::bigint as addresses from ("
            f"select {keys}since + bit as day, addresses from (select *, unnest(range(8))::int as bit from eights) "
            f"where (eight >> bit) & 1 = 1) group by all"
        )
        return (
            cursor.sql(query, params=given | {f"first{n}": day for n, day in enumerate(spans)})
            .to_arrow_table()
            .cast(count.schema)
        )

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> tuple[pa.Table, ...]:
        """Add the counts of parts up."""
        return tuple(
            count.merged([(table,) for table in tables])
            for count, tables in zip(self.counts, zip(*parts, strict=True), strict=True)
        )


@dataclass(frozen=True, slots=True)
class ListAddresses:
    """Where a visitor would be found: ``key`` (16 bytes), ``family``, ``last_day``, ordered by key.

    The key is the address itself for IPv4 and the start of its /64 for IPv6 (``core.address.network_number``).
    ``names`` and ``home`` are as those of ``CountAddresses``.
    """

    names: Names | None = None
    home: str | None = None

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """List a part."""
        schema = pa.schema([("key", pa.binary(16)), ("family", pa.string()), ("last_day", pa.date32())])
        if not part.has_rows:
            return (schema.empty_table(),)
        sightings, parameters = _sightings(part, self.names, self.home)
        query = f"""
            select if(ip_version = 4, address, (substr(address::text, 1, 18) || '-0000-000000000000')::uuid) as key,
                   family, max(day) as last_day
            from {sightings} group by all order by all
        """
        table = run(engine, query, parameters)
        keys = table.column("key").cast(pa.uuid()).combine_chunks().storage
        return (pa.table([keys, table.column("family"), table.column("last_day")], schema=schema),)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> pa.Table:
        """Put the lists of parts into one, in order."""
        table = pa.concat_tables(listed for (listed,) in parts)
        return table if len(parts) == 1 else table.sort_by([("key", "ascending"), ("family", "ascending")])


def unplaced_names(engine: duckdb.DuckDBPyConnection, files: Sequence[Path], names: Names) -> pa.Table:
    """Return the kept names that ``names`` does not know, with ``UNPLACED_COLUMNS``, from most addresses to fewest.

    ``spellings`` are some of the texts as feeds write them, none where the sightings have expired; ``addresses`` are of
    any country.
    """
    if not files:
        return pa.table({name: pa.array([], pa.string()) for name in UNPLACED_COLUMNS})
    own = "select null::varchar as malware, null::bigint as sightings where false"  # of sightings and of roll-ups
    query = f"""
        select family as kept,
               coalesce(list(distinct malware order by malware) filter (malware is not null), [])[:5] as spellings,
               sum(coalesce(sightings, 1))::bigint as sightings, count(distinct address) as addresses,
               min(day) as first_day, max(day) as last_day, list(distinct feed || '/' || report) as feeds
        from (from {by_day("files")} union all by name {own}) seen
        where family not in (select unnest($kept))
        group by family order by addresses desc, kept
    """
    return run(engine, query, {"files": [str(file) for file in files], "kept": [kept for kept, _ in names]})


UNPLACED_COLUMNS = ("kept", "spellings", "sightings", "addresses", "first_day", "last_day", "feeds")


@contextmanager
def explained() -> Iterator[None]:
    """Say what a failure of the engine means.

    Raises:
        LakeError: the engine failed.
    """
    try:
        yield
    except duckdb.Error as error:
        raise LakeError(
            Text("the lake cannot be read: {reason}", reason=str(error).splitlines()[0]),
            hint=Text("is one of its files damaged or missing?"),
        ) from error


def run(engine: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object]) -> pa.Table:
    """Return what a query finds.

    Raises:
        LakeError: a file is damaged.
    """
    with closing(engine.cursor()) as cursor, explained():
        return cursor.sql(query, params=dict(parameters)).to_arrow_table()
