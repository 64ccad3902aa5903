"""The tables of a country's truth and their columns.

Levels are seconds: of an hour or day that machines spent infected, or infected and on line. So they add up exactly over
hours, families, providers and places; divided by the seconds of the hour or day they are mean numbers of machines.
"""

import pyarrow as pa

CAMPAIGN, NO_CAMPAIGN = "campaign", "no-campaign"
"""The two plays of a country."""

WINDOW_DAYS = 28
"""The reduction is that of the last so many days."""

WORD = pa.dictionary(pa.int32(), pa.string())
MOMENT = pa.timestamp("s", tz="UTC")
_NUMBER, _DAY, _SHARE = pa.int64(), pa.date32(), pa.float64()
_CELL = dict.fromkeys(("family", "isp", "country", "province"), WORD)
_LEVEL = dict.fromkeys(("infected_seconds", "online_seconds", "active_hosts"), _NUMBER)

HOURS = pa.schema({"hour": MOMENT, **_CELL, **_LEVEL})
"""Levels of the campaign by hour; cells without an infected second are left out. ``active_hosts``: on line in it."""

DAYS = pa.schema({"day": _DAY, "play": WORD, **_CELL, **_LEVEL, "begun": _NUMBER, "cleaned": _NUMBER, "freed": _NUMBER})
"""Levels of both plays by day, with infections that began, that ended of themselves and that a measure ended."""

INFECTIONS = pa.schema(
    {
        "play": WORD,
        "host": _NUMBER,
        "episode": _NUMBER,
        "line": _NUMBER,
        "bot_id": pa.string(),
        **_CELL,
        "sector": WORD,
        "began_as": WORD,
        "on_line": WORD,
        "begin": MOMENT,
        "end": MOMENT,
        "cause": WORD,
    }
)
"""Every infection of both plays; ``end`` is null and ``cause`` open where it outlasts the last day. ``family`` is the
last and ``began_as`` the first, which differ after a migration."""

LEASES = pa.schema(
    {
        "line": _NUMBER,
        "isp": WORD,
        "begin": MOMENT,
        "end": MOMENT,
        "address": _NUMBER,
        "first_port": _NUMBER,
        "ports": _NUMBER,
    }
)
"""Leases of the lines with infected machines, cut at midnight; ``address`` is the 32-bit number."""

FEEDS = pa.schema(
    {
        "day": _DAY,
        "feed": WORD,
        "rows": _NUMBER,
        "uptime_seconds": _NUMBER,
        "clock_error_seconds": _NUMBER,
        "comes_late": pa.bool_(),
    }
)
"""What each feed reported of a day's check-ins at home, before rows come late or again, and how long it was up; by how
much its stamps were ahead of UTC, and whether the day's file came after all others."""

MEASURES = pa.schema(
    {
        "measure": WORD,
        "kind": WORD,
        "families": pa.string(),
        "isp": WORD,
        "province": WORD,
        "begin": MOMENT,
        "last": _DAY,
        "ramp_days": _SHARE,
        "reduction": _SHARE,
        "cleaning_factor": _SHARE,
    }
)
"""Where and when each measure begins, and its effect by design; ``families`` joined by ``;``, empty for all."""

REDUCTION = pa.schema(
    {
        "first": _DAY,
        "last": _DAY,
        "by": WORD,
        "name": WORD,
        "level": WORD,
        "with_seconds": _NUMBER,
        "without_seconds": _NUMBER,
        "reduction": _SHARE,
    }
)
"""One less the campaign's level by that without it, over the last ``WINDOW_DAYS``; null where that is nothing."""
