"""Packages of the stick come from where the machine that makes it gets its own."""

import pytest

from quetsach.rescue import RescueError
from quetsach.rescue.system import read_sources

KEY = "/usr/share/keyrings/debian-archive-keyring.pgp"
TARGETS = f"""\
Debian\thttp://mirror.example/debian/\ttrixie\ttrixie\tmain\t{KEY}
Debian\thttp://mirror.example/debian/\ttrixie\ttrixie\tcontrib\t{KEY}
Debian\thttp://mirror.example/debian/\ttrixie-updates\ttrixie-updates\tmain\t{KEY}
Debian\thttp://mirror.example/security/\ttrixie-security\ttrixie-security\tmain\t{KEY}
vendor\tfile:/usr/share/vendor/\t$(CODENAME)\t./\t$(COMPONENT)\t$(SIGNED_BY)
Debian\thttp://mirror.example/debian/\tsid\tsid\tmain\t
"""


def test_debian_of_one_release_is_taken_with_its_updates_and_nothing_else() -> None:
    assert read_sources(TARGETS, "").lines == (
        f"deb [signed-by={KEY}] http://mirror.example/debian/ trixie main contrib",
        f"deb [signed-by={KEY}] http://mirror.example/debian/ trixie-updates main",
        f"deb [signed-by={KEY}] http://mirror.example/security/ trixie-security main",
    )
    assert read_sources(TARGETS, "").codename == "trixie"


def test_a_key_that_stands_in_the_list_itself_is_no_path() -> None:
    text = "Debian\thttp://mirror.example/debian/\ttrixie\ttrixie\tmain\t-----BEGIN PGP\n mDMEX\n"
    assert read_sources(text, "").lines == ("deb http://mirror.example/debian/ trixie main",)


def test_settings_for_fetching_are_passed_on_and_no_others() -> None:
    settings = (
        'APT::Install-Recommends "1";\nAcquire::http::Proxy "http://10.0.0.1:3128";\nAcquire::Languages "none";\n'
        'Acquire::Check-Valid-Until "false";\nAcquire::https "";\n'
    )
    assert read_sources(TARGETS, settings).settings == (
        'Acquire::http::Proxy "http://10.0.0.1:3128";',
        'Acquire::Check-Valid-Until "false";',
    )


@pytest.mark.parametrize("targets", ["", TARGETS.replace("Debian", "Ubuntu"), "Debian\tone field"])
def test_without_packages_of_debian_no_stick_is_made(targets: str) -> None:
    with pytest.raises(RescueError, match="apt knows no packages of Debian here"):
        read_sources(targets, "")
