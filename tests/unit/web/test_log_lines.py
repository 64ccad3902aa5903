import json
import logging
import logging.config
import re

import pytest
from django.conf import settings
from django.test import Client, RequestFactory


@pytest.fixture
def record() -> logging.LogRecord:
    made = logging.LogRecord("quetsach.web.request", logging.INFO, "", 0, "GET home", None, None)
    made.created = 1_593_561_600.25  # 2020-07-01 00:00:00.250 UTC
    made.msecs = 250
    return made


def formatter(name: str) -> logging.Formatter:
    configured = logging.config.DictConfigurator(settings.LOGGING)
    return configured.configure_formatter(dict(settings.LOGGING["formatters"][name]))


def test_a_line_of_text_says_its_time_in_utc(record: logging.LogRecord) -> None:
    assert formatter("text").format(record) == "2020-07-01T00:00:00.250Z INFO quetsach.web.request GET home"


def test_a_line_of_json_says_its_time_in_utc(record: logging.LogRecord) -> None:
    line = json.loads(formatter("json").format(record))
    assert re.fullmatch(r"2020-07-01T00:00:00\.250000(\+00:00|Z)", line["time"])
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "quetsach.web.request", "GET home")


def test_a_line_of_json_does_not_repeat_what_the_visitor_typed(record: logging.LogRecord) -> None:
    record.request = RequestFactory().get("/?q=typed", REMOTE_ADDR="203.0.113.9")
    line = formatter("json").format(record)
    assert "typed" not in line
    assert "203.0.113.9" not in line


def test_a_wrong_host_fills_no_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert client.get("/", headers={"host": "a b"}).status_code == 400
    assert caplog.records == [] or {r.name for r in caplog.records} == {"quetsach.web.request"}
