"""Looks round in a centre of the invented country: ``python -m tests.another_country.driver DATA``; prints JSON.

Settings are one country's for a whole process, so that this is a process of its own.
"""

import json
import subprocess
import sys
from contextlib import redirect_stdout
from datetime import UTC, date, datetime
from pathlib import Path

from quetsach.web.configuration import configure_web

KINDS = ("windows-computer", "mac", "android-phone", "iphone", "wi-fi-router", "camera", "tv-box", "linux-server")
DEVICES = tuple(f"devices/{kind}/{step}" for kind in KINDS for step in ("", "clean/", "prevent/"))
PAGES = (
    *("", "devices/", "devices/i-do-not-know/", *DEVICES),
    *("download/", "privacy/", "how-this-is-counted/", "malware/", "office/sign-in/"),
)
SEEN = """timestamp,address,malware,country
2026-03-28 22:30:00,60.0.0.7,mirai,ZZ
2026-03-29 20:30:00,60.0.0.8,mirai,ZZ
2026-03-29 20:30:00,61.0.0.9,mirai,ZZ
2026-03-29 20:30:00,61.0.0.10,mirai,VN
"""


def pages() -> dict[str, str]:
    """Return the public pages as people get them."""
    from django.test import Client

    from quetsach.web.api.open_data.documents import package

    found = {page: Client(headers={"host": "localhost"}).get(f"/{page}") for page in PAGES}
    assert {page: answer.status_code for page, answer in found.items()} == dict.fromkeys(PAGES, 200)
    # What describes the data is in both languages of data, whatever the country speaks.
    assert Client(headers={"host": "localhost"}).get("/open-data/").status_code == 200
    assert package()["homepage"].endswith("/open-data/")
    return {page: answer.content.decode() for page, answer in found.items()}


def letters() -> list[dict[str, str]]:
    """Load the country's tree and return what a letter of each of its levels begins with, and what stands above it."""
    from django.conf import settings

    from quetsach.centre.tables import country_table
    from quetsach.web.office.letters.content import text_of
    from quetsach.web.office.letters.document.pdf import render
    from quetsach.web.office.letters.document.sheet import compose
    from quetsach.web.office.letters.models import Letter
    from quetsach.web.office.letters.selectors.draft import issuer_of
    from quetsach.web.office.tree.models import Unit
    from quetsach.web.office.units.services.importing import units_load

    files = sorted(country_table("units", settings.CENTER.data).glob("*.csv"))
    units_load(files=[(path.name, path.read_bytes()) for path in files], now=datetime(2026, 4, 1, tzinfo=UTC))
    found = []
    for unit in (Unit.objects.get(key=key) for key in ("tw", "north", "loutz")):
        issuer = dict(issuer_of(Letter(unit=unit, language="en"), date(2026, 4, 1)))
        written = issuer | {"sign": "CC", "signer_title": "Mayor", "signer_name": "M. Gustave"}
        letter = Letter(unit=unit, language="en", subject="Clean up", addressees="All", body="Please do.", **written)
        sheet = compose(text_of(letter))
        paper = printed(render(text_of(letter)))
        found.append(issuer | {"code": unit.code, "head": f"{sheet.state} {sheet.motto}", "paper": paper})
    return found


def printed(pdf: bytes) -> str:
    """Return the words of a PDF, line by line."""
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def said() -> list[str]:
    """Return what visitors and programs are told that names the country."""
    from django.utils import translation

    from quetsach.web.api.open_data.documents import dataset_description
    from quetsach.web.published.answer import Answer, Outcome

    with translation.override("en"):
        answer = Answer(Outcome.NOT_COVERED, None)
        return [answer.summary, answer.means, dataset_description().en]


def counts(data: Path) -> dict[str, object]:
    """Take a feed in and return what is counted of it."""
    from quetsach.centre import answers
    from quetsach.centre.centre import Centre
    from quetsach.centre.ingest import ingest_bytes
    from quetsach.core.period import Period

    centre = Centre(data)
    ingest_bytes(
        centre, SEEN.encode(), name="seen.csv", feed="plain", report=None, now=datetime(2026, 4, 1, tzinfo=UTC)
    )
    with centre.view() as view:
        days = Period(date(2026, 3, 28), date(2026, 3, 29))
        isps = answers.isps(view, days, centre.network)
        places = answers.places(view, days, centre.places)
        return {
            "addresses": view.count_addresses(days),
            "isps": json.dumps(isps.as_json()),
            "places": json.dumps(places.as_json()),
        }


def evaluation(data: Path) -> str:
    """Return the page of the evaluation of the country's campaign."""
    from quetsach.cli.center.arguments.effects import register_evaluate
    from quetsach.cli.parser import Parser, add_language

    parser = Parser()
    register_evaluate(parser)
    add_language(parser)
    out = data / "evaluation"
    arguments = parser.parse_args(["spring-2026", "--data", str(data), "--out", str(out), "--lang", "en"])
    with redirect_stdout(sys.stderr):
        arguments.run(arguments)
    return (out / "evaluation.en.html").read_text("utf-8")


def times() -> dict[str, str]:
    """Return moments before and after clocks change, as pages write them, and when the day between them is over."""
    from django.utils import timezone, translation

    from quetsach.core.period import midnight_after
    from quetsach.web.design.words import moment

    with translation.override("en"):
        return {
            "winter": moment(datetime(2026, 3, 28, 12, 0, tzinfo=UTC)),
            "summer": moment(datetime(2026, 3, 29, 12, 0, tzinfo=UTC)),
            "over": str(midnight_after(date(2026, 3, 29), timezone.get_default_timezone())),
        }


def main(data: Path) -> None:
    """Do all of it and print it."""
    configure_web(data)
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    seen = {"pages": pages(), "letters": letters(), "counts": counts(data), "times": times(), "said": said()}
    seen["evaluation"] = evaluation(data)
    print(json.dumps(seen, ensure_ascii=False))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
