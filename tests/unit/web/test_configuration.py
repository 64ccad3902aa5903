from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.web.configuration import Configuration, ConfigurationError, MailServer, TimeStampServer


def test_every_setting_has_a_safe_default() -> None:
    read = Configuration.read({})
    assert (read.data, read.proxy_hops, read.https, read.database_url) == (None, 0, False, "sqlite://:memory:")
    assert len(read.secret_key) > 40


def test_the_data_folder_holds_database_and_key(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("abc" * 20 + "\n")
    read = Configuration.read({"QUETSACH_DATA": str(tmp_path)})
    assert read.secret_key == "abc" * 20
    assert read.database_url == f"sqlite:///{tmp_path}/center.sqlite3"


def test_another_database_can_be_named(tmp_path: Path) -> None:
    read = Configuration.read({"QUETSACH_DATA": str(tmp_path), "DATABASE_URL": "postgres://db/quetsach"})
    assert read.database_url == "postgres://db/quetsach"


@pytest.mark.parametrize(
    "setting",
    [
        ("QUETSACH_PROXY_HOPS", "-1"),
        ("QUETSACH_PROXY_HOPS", "9"),
        ("QUETSACH_HTTPS", "maybe"),
        ("QUETSACH_LOG", "xml"),
        ("QUETSACH_PUBLIC_URL", "centre.example"),
        ("QUETSACH_PUBLIC_URL", "https://a b"),
        ("QUETSACH_SOURCE_URL", "http://code.example"),
        ("QUETSACH_SOURCE_URL", "javascript:alert(1)"),
        ("QUETSACH_SOURCE_URL", 'https://code.example/"onclick'),
        ("QUETSACH_SOURCE_URL", f"https://code.example/{'x' * 300}"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(setting: tuple[str, str]) -> None:
    with pytest.raises(ConfigurationError) as error:
        Configuration.read(dict([setting]))
    assert error.value.where == setting[0]
    assert error.value.hint


@pytest.mark.parametrize("url", ["quetsach", "mysql://u:secret@db/x", "postgres://u:secret@db:port/x", "postgres:"])
def test_a_database_that_cannot_be_used_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        Configuration.read({"DATABASE_URL": url})
    assert error.value.where == "DATABASE_URL"
    assert "secret" not in error.value.explain()


@pytest.mark.parametrize("url", ["https://centre.example/", "http://localhost:8000", "http://[::1]:8000", ""])
def test_the_address_of_the_centre_has_no_final_slash(url: str) -> None:
    assert Configuration.read({"QUETSACH_PUBLIC_URL": url}).public_url == url.rstrip("/")


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "QUETSACH_PROXY_HOPS",
                "QUETSACH_HTTPS",
                "QUETSACH_LOG",
                "QUETSACH_HOSTS",
                "DATABASE_URL",
                "QUETSACH_PUBLIC_URL",
                "QUETSACH_SMTP_URL",
                "QUETSACH_MAIL_FROM",
                "QUETSACH_MAIL_PER_MINUTE",
                "QUETSACH_BOUNCES",
            ]
        ),
        st.text(max_size=20),
    )
)
def test_no_text_breaks_the_reading(environment: dict[str, str]) -> None:
    try:
        Configuration.read(environment)
    except ConfigurationError as error:
        assert error.explain()


SENDER = "office@centre.example"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost", MailServer("localhost", 25, "none")),
        ("smtp+starttls://me:a%2Fb@mail.example:2525", MailServer("mail.example", 2525, "starttls", "me", "a/b")),
        ("smtps://mail.example", MailServer("mail.example", 465, "tls")),
    ],
)
def test_a_mail_server_is_read_from_its_address(url: str, server: MailServer) -> None:
    settings = Configuration.read({"QUETSACH_SMTP_URL": url, "QUETSACH_MAIL_FROM": SENDER})
    assert settings.mail_server == server
    assert "a/b" not in repr(settings)


@pytest.mark.parametrize(
    "url", ["localhost", "http://u:secret@h", "smtp://", "smtp://u:secret@h:port", "smtp://u:secret@h/path"]
)
def test_a_mail_server_that_cannot_be_used_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        Configuration.read({"QUETSACH_SMTP_URL": url, "QUETSACH_MAIL_FROM": SENDER})
    assert error.value.where == "QUETSACH_SMTP_URL"
    assert "secret" not in error.value.explain()


def test_a_mail_server_needs_an_address_that_mail_comes_from() -> None:
    with pytest.raises(ConfigurationError) as error:
        Configuration.read({"QUETSACH_SMTP_URL": "smtp://localhost"})
    assert error.value.where == "QUETSACH_MAIL_FROM"


@pytest.mark.parametrize("number", ["0", "many", "60001", "-1", "9999999999"])
def test_a_rate_of_mail_outside_its_range_is_refused(number: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        Configuration.read({"QUETSACH_MAIL_PER_MINUTE": number})
    assert error.value.where == "QUETSACH_MAIL_PER_MINUTE"


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("", None),
        ("http://tsa.example/tsr", TimeStampServer("http://tsa.example/tsr")),
        ("https://me:a%2Fb@tsa.example:8443/?p=1", TimeStampServer("https://tsa.example:8443/?p=1", "me", "a/b")),
        ("http://[::1]:318/", TimeStampServer("http://[::1]:318/")),
    ],
)
def test_a_time_stamping_authority_is_read_with_who_asks(text: str, server: TimeStampServer | None) -> None:
    assert Configuration.read({"QUETSACH_TIMESTAMP_URL": text}).time_stamps == server


@pytest.mark.parametrize("text", ["tsa.example", "ftp://u:secret@h", "https://", "https://u:secret@h:port/"])
def test_what_is_no_time_stamping_authority_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        Configuration.read({"QUETSACH_TIMESTAMP_URL": text})
    assert error.value.where == "QUETSACH_TIMESTAMP_URL"
    assert "secret" not in error.value.explain()


def test_the_folder_of_written_pages_is_a_whole_path(tmp_path: Path) -> None:
    assert Configuration.read({"QUETSACH_PAGES": str(tmp_path)}).pages == tmp_path
    assert Configuration.read({}).pages is None
    with pytest.raises(ConfigurationError) as error:
        Configuration.read({"QUETSACH_PAGES": "pages"})
    assert error.value.where == "QUETSACH_PAGES"
