"""The SQL that makes a roll-up. Sums are taken over integers, so that no order of rows changes a bit of them."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quetsach.assess.hosts.clock import DAY_MINUTES, DayRecord, record_day
from quetsach.lake.queries import explained

_HOME = "VN"

NETWORK = "if(ip_version = 4, address, (substr(address::text, 1, 18) || '-0000-000000000000')::uuid)"
"""What an address is counted by: itself, or its /64 (``core.address.network_number``)."""

_PLACES = "family, ip_version, asn, isp, province, is_abroad"
_GREATEST = "family, " + ", ".join(
    f"{how}({name}) as {name}"
    for name, how in {
        "ip_version": "max",
        "asn": "max",
        "isp": "max",
        "province": "max",
        "is_abroad": "bool_and",
    }.items()
)
_MS_HOUR = 3_600_000

GAP_STEP = "greatest(0, ceil(4 * log2(gap_ms / 60000)))::smallint"
"""The step of ``assess.hosts.ladder`` that a gap in milliseconds belongs to."""

_SEEN = """
    create or replace temp table seen as
    with raw as (
        select family, ip_version, asn, isp, province, {bot_id} as bot_id, {network} as address,
               asn is null and claimed_country not in ('', '{home}') as is_abroad,
               epoch_us(observed_at) % 86400000000 as us
        from read_parquet($files, union_by_name = true)
    )
    select *, lag(us) over (partition by family, address order by us) as before_us from raw
"""
_ADDRESSES = f"""
    select address, {_GREATEST}, count(*) as sightings, min(us) as first_us, max(us) as last_us,
           coalesce(sum(gap_ms * gap_ms)::double, 0) / {_MS_HOUR}.0 ** 2 as squared_gaps,
           coalesce(max(us - before_us), 0) as longest_gap_us,
           bit_or(1::int << (us // 3600000000)::int) as hours
    from (select *, (us - before_us) // 1000 as gap_ms from seen) group by family, address order by family, address
"""  # noqa: S608
_GAPS = f"""
    select {_PLACES}, if(is_across, null, {GAP_STEP}) as step,
           if(is_across, before_us, null) as first_us, if(is_across, us, null) as last_us,
           count(*) as count, sum(gap_ms)::double / {_MS_HOUR} as hours,
           sum(gap_ms * gap_ms)::double / {_MS_HOUR}.0 ** 2 as squares
    from (
        select *, (us - before_us) // 1000 as gap_ms,
               len(list_filter($silences::bigint[], lambda s: s >= before_us and s < us)) > 0 as is_across
        from seen where before_us is not null
    )
    group by all order by all
"""  # noqa: S608
_BOTS = f"""
    select bot_id, {_GREATEST}, count(*) as sightings, min(us) as first_us, max(us) as last_us,
           count(distinct address) as addresses
    from seen where bot_id != '' group by family, bot_id order by family, bot_id
"""  # noqa: S608


@dataclass(frozen=True, slots=True, eq=False)
class RolledUp:
    """A roll-up in memory, without feed and report (``lake.rollups`` has the columns)."""

    addresses: pa.Table
    gaps: pa.Table
    bots: pa.Table
    clock: DayRecord


def roll_up(engine: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> RolledUp:
    """Roll up sightings of one report and one day.

    Args:
        engine: from ``queries.connect``.
        files: their Parquet files.

    Raises:
        LakeError: a file is damaged.
    """
    with closing(engine.cursor()) as cursor, explained():
        has_bots = any("bot_id" in pq.read_schema(file).names for file in files)
        seen = _SEEN.format(bot_id="coalesce(bot_id, '')" if has_bots else "''", network=NETWORK, home=_HOME)
        cursor.execute(seen, {"files": [str(file) for file in files]})
        clock = record_day(_minutes(cursor))
        silences = [start * 60_000_000 for start, _ in clock.silences]
        made = RolledUp(
            cursor.sql(_ADDRESSES).to_arrow_table(),
            cursor.sql(_GAPS, params={"silences": silences}).to_arrow_table(),
            cursor.sql(_BOTS).to_arrow_table(),
            clock,
        )
        cursor.execute("drop table seen")
    return made


def _minutes(cursor: duckdb.DuckDBPyConnection) -> NDArray[np.int64]:
    counts = np.zeros(DAY_MINUTES, dtype=np.int64)
    found = cursor.sql("select us // 60000000, count(*) from seen group by all").fetchnumpy()
    minutes, numbers = found.values()
    counts[np.asarray(minutes, dtype=np.int64)] = numbers
    return counts
