"""A country of machines: what is in a scenario of ``kind = "country"``.

Days are counted from the scenario's first, which is day 0; seconds likewise, from its midnight. All is UTC but the
hours of work and evening, which are those of Viet Nam (UTC+7, no summer time).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from quetsach.core.period import Period
from quetsach.core.text import LocalText, Text
from quetsach.simulate.fields import SimulateError

NOWHERE = -1
"""Province of the machines of a neighbour country."""


class ActivityProfile(StrEnum):
    """When a machine is on."""

    ALWAYS = "always_on"
    OFFICE = "office"
    HOME = "home"


class Schedule(StrEnum):
    """How a bot spaces its check-ins."""

    POISSON = "poisson"
    PERIODIC = "periodic"


class LeaseKind(StrEnum):
    """How long a line keeps its address.

    ``DHCP``: until a random moment, exponential with a mean. ``PPPOE``: a fixed period, at the line's own hour.
    ``SESSION``: a new one whenever the line's first machine is switched on. ``CGNAT``: like DHCP, but the address is
    shared and the line has a block of its ports.
    """

    FIXED = "fixed"
    DHCP = "dhcp"
    PPPOE = "pppoe"
    SESSION = "session"
    CGNAT = "cgnat"


class RollOut(StrEnum):
    """Whom a measure reaches when: all at once, or provinces in steps of a random order or of the order given."""

    EVERYWHERE = "everywhere"
    WEDGE = "wedge"
    LISTED = "listed"


class FeedForm(StrEnum):
    """What files a feed delivers."""

    SHADOWSERVER = "shadowserver"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Hours:
    """Local hours of a kind of machine: both ends vary from day to day by up to ``spread`` hours either way.

    ``presence``: share of the days on which the machine is switched on at all.
    """

    start: float
    until: float
    spread: float
    presence: float
    weekdays_only: bool

    def as_utc(self, ahead: float) -> "Hours":
        """Return the hours as those of UTC, for a country that is ahead of it by some, begun within its day."""
        apart = 24 * ((self.start - ahead) // 24) + ahead
        return replace(self, start=self.start - apart, until=self.until - apart)


OFFICE_HOURS = Hours(start=8, until=17, spread=0.75, presence=0.95, weekdays_only=True)
HOME_HOURS = Hours(start=18.5, until=22.5, spread=1, presence=0.8, weekdays_only=False)


@dataclass(frozen=True, slots=True)
class CheckIns:
    """A schedule in force from ``first`` on: mean seconds between check-ins, jitter as a share of the period.

    ``at_start``: a periodic bot checks in as soon as its machine is on; else its phase is random.
    """

    first: date
    schedule: Schedule
    interval: float
    jitter: float = 0.0
    at_start: bool = False


@dataclass(frozen=True, slots=True)
class Family:
    """A family of malware, or its botnet.

    ``weight``: share of the infected machines at the start. ``growth``: of the logarithm of the level, a day, without
    campaign. Infections last a Weibull time with ``mean_days`` and ``shape``; a share ``reinfection`` of the cleaned
    comes back after an exponential time with mean ``reinfection_days``.
    """

    spelling: str
    weight: float
    check_ins: tuple[CheckIns, ...]
    duties: Mapping[ActivityProfile, float]
    growth: float = 0.0
    mean_days: float = 60.0
    shape: float = 1.0
    reinfection: float = 0.0
    reinfection_days: float = 45.0
    uses_ipv6: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """A way in which a share of a provider's lines have their addresses, from ``first`` on; ``hours`` is the mean."""

    first: date
    kind: LeaseKind
    share: float
    hours: float = 24.0


@dataclass(frozen=True, slots=True)
class Isp:
    """A provider, or all the networks of a neighbour country.

    ``asn`` 0: its addresses are of nobody (28.0.0.0/8). ``addresses``: the pool; all that the AS announces if 0.
    ``ratio``: lines behind one address of the CGNAT pool. ``cleaning``: factor of the hazard of clean-up; drawn from
    the country's frailty where ``None``.
    """

    id: str
    asn: int
    country: str
    weight: float
    leases: tuple[Lease, ...]
    addresses: int = 0
    cgnat_addresses: int = 0
    ratio: int = 32
    ipv6_share: float = 0.0
    cleaning: float | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """Seconds from the scenario's start in which a sinkhole took nothing."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a feed sees of a family from ``first`` on: a share of its machines, and of their check-ins.

    ``family`` is empty for every family that has no coverage of its own.
    """

    first: date
    family: str
    reach: float
    keep: float


@dataclass(frozen=True, slots=True)
class ClockError:
    """Days on which a feed stamps its rows with a clock that is so many seconds ahead of UTC."""

    period: Period
    seconds: int


@dataclass(frozen=True, slots=True)
class Feed:
    """A sinkhole's feed.

    ``shared_taste``: share of the machines for which feeds agree whom they reach; 0 is independence. ``first_only``:
    days on which it sends the first row of an address and family only. ``delta``: days on which it sends all on
    Sundays and otherwise only what it has not sent since. ``late`` and ``repeated``: shares of rows that come in the
    next file, or in the next file once more; ``sent_again``: share of files that come a second time as a whole;
    ``late_files``: share that come as a whole after all others.
    """

    id: str
    form: FeedForm
    coverage: tuple[Coverage, ...]
    shared_taste: float = 0.0
    outages: tuple[Outage, ...] = ()
    first_only: Period | None = None
    delta: Period | None = None
    late: float = 0.0
    repeated: float = 0.0
    sent_again: float = 0.0
    late_files: float = 0.0
    clock_errors: tuple[ClockError, ...] = ()
    days_a_file: int = 1

    def clock_error(self, moment: date) -> int:
        """Return by how many seconds a day's stamps are ahead of UTC."""
        return sum(error.seconds for error in self.clock_errors if moment in error.period)


@dataclass(frozen=True, slots=True)
class Migration:
    """From ``first`` on, evenly over ``days``, a ``share`` of one family's machines go over to another's botnet."""

    before: str
    after: str
    first: date
    days: float
    share: float


@dataclass(frozen=True, slots=True)
class Measure:
    """Something the campaign does, with its effect by design.

    From its first day in a place, over ``ramp_days``, it frees a share ``reduction`` of the machines for good, and
    multiplies the hazard of clean-up by ``cleaning`` until ``last``. Empty ``families``, ``isps`` or ``provinces``: all
    of them.
    """

    id: str
    kind: str
    first: date
    last: date | None = None
    ramp_days: float = 0.0
    reduction: float = 0.0
    cleaning: float = 1.0
    roll_out: RollOut = RollOut.EVERYWHERE
    steps: int = 1
    step_days: int = 21
    order_seed: int = 0
    families: tuple[str, ...] = ()
    isps: tuple[str, ...] = ()
    provinces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Country:
    """A country to play. ``hosts``: infected machines at the start, neighbours not counted.

    ``code``: of ISO 3166, as feeds tell it. ``hours_ahead``: of UTC, all year. ``rest_days``: days of the week on which
    offices are closed, Monday being 0. ``sectors``: of ``core.sighting``, by which its lines are drawn; feeds tell
    them but for the unknown one.
    ``shared_lines``: share of the machines that sit on the line of another; ``cloned``: share that have the bot ID of
    another; ``reinstalled``: share of reinfected machines that have a new one; ``regionless``: share of lines that the
    feed places in no province; ``frailty``: shape of the Gamma from which a provider's hazard is drawn (mean 1), 0 for
    none; ``common_shock``, ``own_shock``: by how much the logarithm of new infections wanders from day to day, in all
    countries alike and in each for itself (standard deviation of a random walk's steps).
    """

    id: str
    name: LocalText
    note: LocalText
    seed: int
    period: Period
    code: str
    hours_ahead: float
    rest_days: frozenset[int]
    hosts: int
    families: tuple[Family, ...]
    isps: tuple[Isp, ...]
    provinces: Mapping[str, float]
    feeds: tuple[Feed, ...]
    sectors: Mapping[str, float] = field(default_factory=dict)
    migrations: tuple[Migration, ...] = ()
    measures: tuple[Measure, ...] = ()
    hours: Mapping[ActivityProfile, Hours] = field(
        default_factory=lambda: {ActivityProfile.OFFICE: OFFICE_HOURS, ActivityProfile.HOME: HOME_HOURS}
    )
    holidays: frozenset[date] = frozenset()
    shared_lines: float = 0.0
    cloned: float = 0.005
    reinstalled: float = 0.5
    regionless: float = 0.0
    frailty: float = 0.0
    common_shock: float = 0.0
    own_shock: float = 0.0

    @property
    def days(self) -> int:
        """How many days are played."""
        return self.period.days

    def day(self, moment: date) -> int:
        """Return the number of a day; negative before the first."""
        return (moment - self.period.first).days

    @property
    def countries(self) -> tuple[str, ...]:
        """The country and its neighbours, in the order of their providers."""
        return tuple(dict.fromkeys((self.code, *(isp.country for isp in self.isps))))

    def scaled(self, scale: int) -> "Country":
        """Return the country with one machine for ``scale``, and its pools as dense as before.

        Raises:
            SimulateError: the scale is below 1, or leaves no machine.
        """
        if scale < 1:
            raise SimulateError(Text("scale must be 1 or more"))
        if self.hosts < scale:
            raise SimulateError(
                Text("at scale 1:{scale} nothing is left", scale=scale), hint=Text("take a smaller scale")
            )
        isps = tuple(
            replace(isp, addresses=-(-isp.addresses // scale), cgnat_addresses=-(-isp.cgnat_addresses // scale))
            for isp in self.isps
        )
        return replace(self, hosts=self.hosts // scale, isps=isps)
