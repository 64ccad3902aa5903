"""The SQL of the lake. Every count is exact: approximate distinct counts were 6 % off where it mattered."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from quetsach.core.country import HOME
from quetsach.core.family import UNPLACED_FAMILY
from quetsach.core.sector import UNKNOWN_SECTOR
from quetsach.feeds.table import ANNOTATED
from quetsach.lake.errors import LakeError

GROUPS = ("family", "isp", "asn", "province", "sector", "feed", "report", "ip_version")
"""The columns that addresses can be counted by."""


IS_HOME = f"(asn is not null or upper(coalesce(claimed_country, '')) = '{HOME}')"
"""The one rule of what a national count is about: an address that the tables of the country know, or one that they do
not know and the feed says is of the country. An address of nowhere, such as one that nobody announces or a foreign one
whose country was not written down, is kept and never counted.
"""


def by_day(files: str) -> str:
    """Return the table of Parquet files in folders of days; those that are older than sectors have unknown ones.

    Args:
        files: the name of the parameter that lists them.
    """
    return f"""(
        select * replace (coalesce(sector, '{UNKNOWN_SECTOR}') as sector) from (
            from read_parquet(${files}, union_by_name = true, hive_partitioning = true, hive_types = {{'day': date}})
            union all by name
            select null::varchar as sector, null::varchar as claimed_country, null::boolean as is_abroad where false
        )
    )"""  # noqa: S608


_SIGHTINGS = f"""(
    select kept.* replace (
        coalesce(family_names.family, if(exists (from family_names), '{UNPLACED_FAMILY}', kept.family)) as family
    )
    from {by_day("files")} kept left join family_names on kept.family = family_names.kept
    where coalesce(not kept.is_abroad, {IS_HOME})
)"""  # noqa: S608
"""Sightings, and addresses of roll-ups where those have expired, that are the country's own; each with the family that
its kept name is of today (``engine``), ``UNPLACED_FAMILY`` where no analyst has placed it.
"""


def count_addresses(
    engine: duckdb.DuckDBPyConnection, files: Sequence[Path], by: Sequence[str], families: Iterable[str] | None
) -> pa.Table:
    """Return the columns ``by`` and ``addresses``: distinct addresses of each group, ordered by ``by``.

    Args:
        engine: of ``lake.engine``.
        files: Parquet files of sightings, or of the addresses of roll-ups where those have expired.
        by: ``day`` or any of ``GROUPS``; without any there is one row.
        families: only these; ``None`` for all.

    Raises:
        LakeError: addresses cannot be counted by one of these columns.
    """
    if unknown := [name for name in by if name not in (*GROUPS, "day")]:
        raise LakeError(f"addresses cannot be counted by {', '.join(unknown)}", hint=f"known: {', '.join(GROUPS)}")
    types = [(name, pa.date32() if name == "day" else ANNOTATED.field(name).type) for name in by]
    schema = pa.schema([*types, ("addresses", pa.int64())])
    if not files:
        return schema.empty_table() if by else pa.table({"addresses": [0]}, schema=schema)
    columns = "".join(f"{name}, " for name in by)
    only = "where family in (select unnest($families))" if families is not None else ""
    order = "group by all order by all" if by else ""
    parameters: dict[str, object] = {"files": [str(file) for file in files]}
    if families is not None:
        parameters["families"] = sorted(families)
    query = f"select {columns}count(distinct address) as addresses from {_SIGHTINGS} {only} {order}"  # noqa: S608
    return _run(engine, query, parameters).cast(schema)


def list_addresses(engine: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> pa.Table:
    """Return ``key`` (16 bytes), ``family``, ``last_day``: where a visitor would be found, ordered by key.

    The key is the address itself for IPv4 and the start of its /64 for IPv6 (``core.address.network_number``).
    """
    schema = pa.schema([("key", pa.binary(16)), ("family", pa.string()), ("last_day", pa.date32())])
    if not files:
        return schema.empty_table()
    query = f"""
        select if(ip_version = 4, address, (substr(address::text, 1, 18) || '-0000-000000000000')::uuid) as key,
               family, max(day) as last_day
        from {_SIGHTINGS} group by all order by all
    """  # noqa: S608
    table = _run(engine, query, {"files": [str(file) for file in files]})
    keys = table.column("key").cast(pa.uuid()).combine_chunks().storage
    return pa.table([keys, table.column("family"), table.column("last_day")], schema=schema)


def unplaced_names(engine: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> pa.Table:
    """Return the kept names that no table knows, with ``UNPLACED_COLUMNS``, from most addresses to fewest.

    ``spellings`` are some of the texts as feeds write them, ``addresses`` of any country.
    """
    if not files:
        return pa.table({name: pa.array([], pa.string()) for name in UNPLACED_COLUMNS})
    query = f"""
        select family as kept, list(distinct malware order by malware)[:5] as spellings, count(*) as sightings,
               count(distinct address) as addresses, min(day) as first_day, max(day) as last_day,
               list(distinct feed || '/' || report) as feeds
        from (from {by_day("files")} union all by name select null::varchar as malware where false) seen
        where family not in (select kept from family_names)
        group by family order by addresses desc, kept
    """  # noqa: S608
    return _run(engine, query, {"files": [str(file) for file in files]})


UNPLACED_COLUMNS = ("kept", "spellings", "sightings", "addresses", "first_day", "last_day", "feeds")


class Fresh:
    """Tells new sightings from those that the lake or this delivery already has, by identifier."""

    def __init__(self, engine: duckdb.DuckDBPyConnection) -> None:
        self._engine = engine.cursor()
        self._engine.execute("create or replace temp table known (sighting_id uuid)")

    def know(self, files: Sequence[Path]) -> None:
        """Take the identifiers of committed files for known."""
        if files:
            with explained():
                self._engine.execute(
                    "insert into known select sighting_id from read_parquet($files)",
                    {"files": [str(file) for file in files]},
                )

    def rows(self, identifiers: pa.Array) -> pa.Array:
        """Return the positions of the sightings that are new, in order, and know them from now on."""
        arrived = pa.table({"sighting_id": identifiers, "n": np.arange(len(identifiers))})
        with explained():
            self._engine.register("arrived", arrived)
            self._engine.execute(
                "create or replace temp table fresh as select sighting_id, min(n) as n "
                "from arrived anti join known using (sighting_id) group by sighting_id"
            )
            self._engine.execute("insert into known select sighting_id from fresh")
            self._engine.unregister("arrived")
            return self._engine.sql("select n from fresh order by n").to_arrow_table().column("n").combine_chunks()


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
            f"the lake cannot be read: {str(error).splitlines()[0]}", hint="is one of its files damaged or missing?"
        ) from error


def _run(engine: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, object]) -> pa.Table:
    with closing(engine.cursor()) as cursor, explained():
        return cursor.sql(query, params=parameters).to_arrow_table()
