"""A centre answers under its own names, and no link is built from what a request says of its host."""

import re
from pathlib import Path

import pytest

import quetsach
from quetsach.web.configuration import Configuration, ConfigurationError, is_demonstration

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SOURCES = Path(quetsach.__file__).parent
FORBIDDEN = re.compile(
    r"build_absolute_uri|\.get_host\b|HTTP_HOST|SERVER_NAME|get_current_site|headers\[.host.\]|headers\.get\(.host",
    re.IGNORECASE,
)
ALLOWED = {
    "web/page_writer.py": "asks Django for a page by a name of the centre's own",
    "web/server/pages.py": "leaves what is asked for under another name to Django",
    "web/middleware.py": "has it compared with the sender's origin and builds nothing",
    "web/server/looks.py": "leaves what is asked for under another name to Django",
    "web/server/request.py": "makes the environment",
}


def hosts(data: Path | None = None, **environment: str) -> tuple[str, ...]:
    folder = {"QUETSACH_DATA": str(data)} if data else {}
    return Configuration.read({**folder, **environment}).allowed_hosts


def test_no_link_is_built_from_the_host_of_a_request() -> None:
    files = [path for kind in ("*.py", "*.html", "*.txt", "*.xml") for path in (SOURCES / "web").rglob(kind)]
    found = {str(path.relative_to(SOURCES)) for path in files if FORBIDDEN.search(path.read_text("utf-8", "replace"))}
    assert found == set(ALLOWED), "absolute links begin with quetsach.web.identity.site()"


def test_a_real_centre_answers_under_its_public_name_and_on_its_own_machine(tmp_path: Path) -> None:
    assert hosts(tmp_path, QUETSACH_PUBLIC_URL="https://centre.example:8443") == ("centre.example", *LOOPBACK)
    assert hosts(tmp_path) == hosts() == LOOPBACK
    assert hosts(tmp_path, QUETSACH_SERVED_AT="http://[2001:db8::7]:8000") == ("[2001:db8::7]", *LOOPBACK)
    assert hosts(tmp_path, QUETSACH_HOSTS="a.example, b.example") == ("a.example", "b.example")


def test_a_demonstration_answers_under_every_name(tmp_path: Path) -> None:
    (tmp_path / "demonstration.json").write_text("{}")
    assert is_demonstration(tmp_path)
    assert hosts(tmp_path) == hosts(tmp_path, QUETSACH_HOSTS="*") == ("*",)


def test_a_real_centre_is_refused_every_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="QUETSACH_HOSTS"):
        hosts(tmp_path, QUETSACH_HOSTS="centre.example,*")


@pytest.mark.parametrize("text", ["10.0.0.0/33", "x", "10.0.0.1/8"])
def test_networks_of_the_wrong_form_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="QUETSACH_METRICS_FROM"):
        Configuration.read({"QUETSACH_METRICS_FROM": text})
