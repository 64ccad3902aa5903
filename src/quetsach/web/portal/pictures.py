"""The published figures as pictures that anybody may print: SVG and PNG, complete with title and source.

Each is drawn when it is asked for the first time after a publication, and kept; where public pages lie written, it
lies there, too. A picture shows what the page shows and nothing besides.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach.centre.publication.candidates import Month
from quetsach.centre.publication.snapshot import CampaignFigures, RankedRow, Snapshot, figures_path
from quetsach.centre.tables import load_places, load_tiles
from quetsach.core.period import MONTH, day_in
from quetsach.core.tile import Tile
from quetsach.web import identity
from quetsach.web.api.open_data.serving import OpenFile, answered
from quetsach.web.api.services import refuse
from quetsach.web.design.charts.bars import BarChart, draw_bars
from quetsach.web.design.charts.over_time import Span, SpanChart, draw_spans
from quetsach.web.design.charts.share_card import ShareCard, draw_share_card
from quetsach.web.design.charts.stand_alone import Caption, png_of, size_of, stand_alone
from quetsach.web.design.charts.tile_map import Shade, TileMap, draw_tile_map, square_of
from quetsach.web.design.words import day, figure, page_language
from quetsach.web.identity import LICENCE
from quetsach.web.published import selectors

FORMS = {"svg": "image/svg+xml", "png": "image/png"}
"""Media types of a picture, by the end of its name."""
CARD = "card"
"""The picture that other sites show where somebody shares a page of this one."""
_ROWS = 10
_KEPT = 128


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name in addresses, its title, what must be known to read it, the table with its figures."""

    name: str
    title: str
    about: str
    table: str
    draw: Callable[[], str]

    def file(self, form: str) -> str:
        """Return where it lies as ``svg`` or ``png``, in the language of the moment."""
        return picture_path(self.name, page_language(), form)


def picture_path(name: str, language: str, form: str) -> str:
    """Return the path of a picture."""
    return reverse("picture", args=[f"{name}.{language}.{form}"])


def pictures(snapshot: Snapshot, months: Sequence[Month]) -> tuple[Picture, ...]:
    """Return what there are pictures of, with their words in the language of the moment.

    Args:
        snapshot: what is published.
        months: the rankings of every month that has any, the earliest first.
    """
    found = [_campaign(campaign) for campaign in snapshot.campaigns if campaign.charts.get(page_language())]
    if len(months) > 1:
        found.append(_months(months))
    found += [
        _ranking(name, title, rows, snapshot)
        for name, title, rows in (
            ("families", _("Malware families, addresses a day"), snapshot.families),
            ("isps", _("Internet providers, addresses a day"), snapshot.isps),
            ("places", _("Provinces and cities, addresses a day"), snapshot.places),
            ("sectors", _("Sectors, addresses a day"), snapshot.sectors),
        )
        if rows
    ]
    if (tiles := tiles_of(snapshot)) and snapshot.places:
        found.append(_map(tiles, snapshot))
    return tuple(found)


def tiles_of(snapshot: Snapshot) -> tuple[Tile, ...]:
    """Return the squares of the provinces that there are on the newest day; none where the country has no layout."""
    data = settings.CENTER.data
    return load_tiles(data).on(snapshot.as_of, load_places(data))


def picture_files() -> tuple[str, ...]:
    """Return the names of all files of pictures that there are now."""
    snapshot = selectors.published_snapshot()
    names: list[str] = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            drawn = pictures(snapshot, selectors.published_months()) if snapshot else ()
        names.append(f"{CARD}.{language}.png")
        names += [f"{picture.name}.{language}.{form}" for picture in drawn for form in FORMS]
    return tuple(names)


def picture_file(request: HttpRequest, file: str) -> HttpResponseBase:
    """Serve one picture: ``NAME.LANGUAGE.svg`` or ``.png``."""
    if file not in picture_files():
        return refuse(404, "not-found", "there is no such picture", hint="the press page of this site names all")
    name, language, form = file.rsplit(".", 2)

    def content() -> bytes:
        return _content(_mark(), name, language, form)

    return answered(request, OpenFile(FORMS[form], content, language, is_figures=True))


def _mark() -> tuple[object, ...]:
    """Return what all pictures are made of."""
    data = settings.CENTER.data
    if data is None:
        return (identity.site(), selectors.publisher())
    try:
        state = figures_path(data).stat()
    except OSError:
        return (identity.site(), selectors.publisher())
    return (identity.site(), selectors.publisher(), state.st_ino, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=_KEPT)
def _content(_made_of: tuple[object, ...], name: str, language: str, form: str) -> bytes:
    snapshot = selectors.published_snapshot()
    with override(language):
        if name == CARD or snapshot is None:
            return png_of(draw_share_card(_card(snapshot), language=language), pixels=1)
        picture = next(one for one in pictures(snapshot, selectors.published_months()) if one.name == name)
        caption = Caption(picture.title, picture.about, source_of(snapshot))
        svg = stand_alone(picture.draw(), caption, language=language)
    return png_of(svg) if form == "png" else svg


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture on a page: width and height as drawn."""

    picture: Picture
    width: int
    height: int

    @property
    def svg(self) -> str:
        """Where it lies as SVG."""
        return self.picture.file("svg")

    @property
    def png(self) -> str:
        """Where it lies as PNG."""
        return self.picture.file("png")


def shown_pictures(snapshot: Snapshot, names: Collection[str] = ()) -> dict[str, Shown]:
    """Return pictures by their names as a page shows them, in the language of the moment; all where none is named."""
    found = [one for one in pictures(snapshot, selectors.published_months()) if not names or one.name in names]
    mark, language = _mark(), page_language()
    return {one.name: Shown(one, *size_of(_content(mark, one.name, language, "svg"))) for one in found}


def source_of(snapshot: Snapshot) -> str:
    """Return the line that says where a picture comes from, and what its figures are not."""
    told = _("Source: %(publisher)s. Data up to %(day)s (UTC). An address is not a machine. Licence: %(licence)s.") % {
        "publisher": ", ".join(filter(None, (selectors.publisher(), urlsplit(identity.site()).netloc))),
        "day": day(snapshot.as_of),
        "licence": LICENCE["name"],
    }
    if snapshot.scale > 1:
        scaled = _("A demonstration at a scale of 1:%(scale)s, not real figures.") % {"scale": snapshot.scale}
        return f"{scaled} {told}"
    return str(told)


def _window(snapshot: Snapshot) -> str:
    latest = snapshot.latest
    told = _("%(first)s – %(last)s; %(seen)s of %(days)s days have data.") % {
        "first": day(latest.first),
        "last": day(latest.last),
        "seen": latest.days_with_data,
        "days": latest.days,
    }
    return str(told)


def _campaign(campaign: CampaignFigures) -> Picture:
    language = page_language()
    about = _("Unique addresses in each 30-day window; the lines across are what the targets would come to.")
    if not campaign.seal:
        about = " ".join((about, _("The baseline is provisional.")))
    return Picture(
        f"campaign-{campaign.id}",
        campaign.name.in_language(language),
        about,
        "windows.csv",
        lambda: campaign.charts[language],
    )


def _months(months: Sequence[Month]) -> Picture:
    title = _("Addresses reported by month")
    about = _("Unique addresses in the 30 days up to the newest day counted in each month.")

    def draw() -> str:
        spans = [
            Span(month.latest.first, month.latest.last, month.latest.addresses, _month_name(month), is_baseline=False)
            for month in months
        ]
        return draw_spans(SpanChart(title, about, _("unique addresses in 30 days"), spans), language=page_language())

    return Picture("months", title, about, "rankings-by-month.csv", draw)


def _month_name(month: Month) -> str:
    return day_in(MONTH, month.latest.last, page_language())


def _ranking(name: str, title: object, rows: Sequence[RankedRow], snapshot: Snapshot) -> Picture:
    language, about = page_language(), _window(snapshot)

    def draw() -> str:
        shown = [(row.name.in_language(language), row.mean_daily, figure(row.mean_daily)) for row in rows[:_ROWS]]
        return draw_bars(BarChart(str(title), about, _("addresses a day"), shown), language=language)

    return Picture(name, str(title), about, f"{name}.csv", draw)


def _map(tiles: Sequence[Tile], snapshot: Snapshot) -> Picture:
    title, language = _("Addresses a day, by province"), page_language()
    about = " ".join((_window(snapshot), _("Every province is one square of the same size; no border is drawn.")))

    def draw() -> str:
        values = {row.id: row.mean_daily for row in snapshot.places}
        low, high = _thresholds([values[tile.id] for tile in tiles if tile.id in values])

        def shade(id_: str) -> Shade:
            value = values.get(id_, 0.0)
            return Shade.STRONG if value >= high else Shade.LIGHT if value >= low else Shade.EMPTY

        squares = [square_of(tile, figure(values.get(tile.id)), shade(tile.id), language) for tile in tiles]
        legend = [
            (Shade.STRONG, _("%(number)s and more") % {"number": figure(high)}),
            (Shade.LIGHT, _("%(number)s and more") % {"number": figure(low)}),
            (Shade.EMPTY, _("fewer, or not told (–)")),
        ]
        top = min((tile.row for tile in tiles if tile.islands), default=0)
        tile_map = TileMap(title, about, squares, legend, _("Addresses a day"), (0, top))
        return draw_tile_map(tile_map, language=language)

    return Picture("map", title, about, "places.csv", draw)


def _thresholds(values: Sequence[float]) -> tuple[float, float]:
    """Return two round numbers that about a half and a fifth of the values reach."""
    ordered = sorted(values)
    if not ordered:
        return 1.0, 2.0
    low, high = (_round(ordered[int(part * (len(ordered) - 1))]) for part in (0.5, 0.8))
    return low, high if high > low else _next(low)


def _round(value: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20 and so on that a value reaches; 1 below that."""
    found = 1.0
    while (following := _next(found)) <= value:
        found = following
    return found


def _next(number: float) -> float:
    power = 10 ** (len(str(int(number))) - 1)
    return float(power * {1: 2, 2: 5, 5: 10}[int(number) // power])


def _card(snapshot: Snapshot | None) -> ShareCard:
    site = urlsplit(identity.site()).netloc
    asks = _("Is malware reported at your internet address? See for free, without an account.")
    if snapshot is None:
        return ShareCard(asks, "", "", site)
    told = _("addresses reported, %(first)s – %(last)s") % {
        "first": day(snapshot.latest.first),
        "last": day(snapshot.latest.last),
    }
    if snapshot.scale > 1:
        told = "{} ({})".format(told, _("approximate; demonstration, not real figures"))
    return ShareCard(asks, figure(snapshot.latest.addresses * snapshot.scale), told, site)
