"""Looks round in a centre that speaks a third language: ``python -m tests.third_language.driver DATA``; prints JSON.

Settings and catalogues are read once for a whole process, so that this is a process of its own.
"""

import html
import io
import json
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from quetsach.web.configuration import configure_web

NOW = datetime.now(UTC)
PUBLIC = (
    *("", "check/", "devices/", "devices/mac/clean/", "devices/i-do-not-know/", "download/", "open-data/"),
    *("privacy/", "how-this-is-counted/"),
    *("malware/", "campaigns/", "nothing/", "help/", "verify/", "office/sign-in/"),
)
HOST = {"host": "localhost"}
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


def public() -> dict[str, str]:
    """Return the public pages as people get them, and the one for signing in."""
    from django.test import Client

    return {f"/xx/{path}": Client(headers=HOST).get(f"/xx/{path}").content.decode() for path in PUBLIC}


def played(data: Path) -> None:
    """Play the demonstration of the office."""
    from quetsach.assess import Basis, FrozenBaseline
    from quetsach.cli.center.furnishing import demonstrate_office
    from quetsach.core.period import Period

    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    basis = Basis(window, ("shadowserver/event4_sinkhole",), 30, window.last)
    folder = data / "campaigns" / "viet-nam-2020"
    folder.mkdir(parents=True)
    (folder / "baseline.json").write_bytes(FrozenBaseline("viet-nam-2020", 20_145, basis, NOW).to_json())
    assert demonstrate_office(NOW)


def office(who: str) -> dict[str, str]:
    """Return a page of each kind that somebody of the demonstration gets to by links."""
    from allauth.mfa.totp.internal.auth import TOTP
    from django.test import Client
    from django.urls import resolve
    from tests.unit.web.office.conftest import show_second_factor

    from quetsach.web.office.people.models import Person

    person = Person.objects.get(email__startswith=f"{who}@")
    person.set_password("rất dài và khó đoán 2020")
    person.save()
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    client = Client(headers=HOST)
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    show_second_factor(client, person)
    ahead, seen, kinds, found = ["/xx/office/"], {"/xx/office/"}, set[str](), dict[str, str]()
    while ahead:
        path = ahead.pop(0)
        kind = resolve(urlsplit(path).path).view_name
        if kind in kinds:
            continue
        answer: Any = client.get(path)
        if answer.status_code != 200 or answer.streaming or not answer["Content-Type"].startswith("text/html"):
            continue
        kinds.add(kind)
        found[f"{who} {path}"] = page = answer.content.decode()
        for link in re.findall(r'<a [^>]*href="([^"#]+)', page):
            to = urlsplit(urljoin(path, html.unescape(link)))
            address = to.path + (f"?{to.query}" if to.query else "")
            if not to.netloc and to.path.startswith("/xx/office/") and address not in seen:
                seen.add(address)
                ahead.append(address)
    return found


def evaluation() -> dict[str, str]:
    """Return an evaluation as a page."""
    from tests.unit.web.evaluation.samples import effect_of, inputs

    from quetsach.web.evaluation.chapters import compose
    from quetsach.web.evaluation.page import render_page

    return {"evaluation": render_page(compose(inputs(effect=effect_of(0.4))), "xx")}


def told(*words: str) -> str:
    """Return what a command of the tool says."""
    from quetsach.cli.main import main as command

    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        command([*words, "--lang", "xx"])
    return out.getvalue() + err.getvalue()


def commands(data: Path) -> dict[str, str]:
    """Return what commands say: their help, a scan, a refusal, and a mistake."""
    (data / "looked-at").mkdir()
    (data / "looked-at" / "eicar.com").write_bytes(EICAR)
    scan = ("scan", str(data / "looked-at"), "--no-cache", "--state", str(data / "state"))
    asked = {
        *(("--help",), ("scan", "--help"), ("packs", "publish", "--help"), ("center", "evaluate", "--help")),
        *(scan, ("undo", "--last", "--state", str(data / "state")), ("scan", "--no-such-word")),
        ("packs", "keys", "list", "--keys", str(data / "none")),
    }
    return {" ".join(words): told(*words) for words in asked}


def main(data: Path) -> None:
    """Do all of it and print it."""
    configure_web(data)
    from django.core.management import call_command
    from django.utils import translation

    with redirect_stdout(sys.stderr):
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        with translation.override("vi"):
            played(data)
        seen = {**public(), **office("an"), **office("giang"), **evaluation()}
    seen = {"pages": seen, "commands": commands(data)}
    print(json.dumps(seen, ensure_ascii=False))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
