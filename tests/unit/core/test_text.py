"""A sentence is English in the code; values, days, numbers and plurals follow the language it is said in."""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from quetsach.core import language
from quetsach.core.language import CATALOGUES
from quetsach.core.text import LocalText, Number, Text

IN_VIETNAMESE = {
    "{name} was seen on {day}.": "Ngày {day} đã thấy {name}.",
    "{count} addresses": "{count} địa chỉ",
    ("{count} family", "{count} families"): ("{count} họ mã độc",),
    "Share": "Tỷ lệ",
    "Government": "Cơ quan nhà nước",
}


def _catalogue() -> bytes:
    made = Catalog(locale="vi")
    for sentence, told in IN_VIETNAMESE.items():
        made.add(sentence, told)
    made.add("Share", "Tỷ trọng", context="part of a whole")
    made.add(",", ".", context="form: between thousands")
    made.add(".", ",", context="form: before decimals")
    made.add("%-d %B %Y", "%d/%m/%Y", context="form: a day")
    buffer = BytesIO()
    write_mo(buffer, made)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let one package say these sentences in Vietnamese, and no package anything in another language."""

    def read(_package: str, name: str) -> bytes:
        if name == f"{CATALOGUES[-1]}/locale/vi/LC_MESSAGES/messages.mo":
            return _catalogue()
        raise OSError(0, "", name)  # as from an archive; a folder has FileNotFoundError

    monkeypatch.setattr(language, "get_data", read)
    language.catalogue.cache_clear()
    yield
    language.catalogue.cache_clear()


def test_values_are_said_in_the_language_of_the_sentence() -> None:
    name = LocalText("Cơ quan nhà nước", "Government")
    told = Text("{name} was seen on {day}.", name=name, day=date(2020, 6, 16))
    assert told.vi == "Ngày 16/06/2020 đã thấy Cơ quan nhà nước."
    assert told.en == "Government was seen on 16 June 2020."
    inner = Text("{name} was seen on {day}.", name=Text("Government"), day="?")
    assert (inner.vi, inner.en) == ("Ngày ? đã thấy Cơ quan nhà nước.", "Government was seen on ?.")


def test_a_number_has_the_separators_of_its_language() -> None:
    told = Text("{count} addresses", count=Number(2014512))
    assert (told.vi, told.en) == ("2.014.512 địa chỉ", "2,014,512 addresses")
    assert Number(-1.25, decimals=1, signed=True).in_language("vi") == "−1,2"


@pytest.mark.parametrize(("count", "english"), [(0, "0 families"), (1, "1 family"), (2, "2 families")])
def test_one_and_many_differ_where_the_language_has_two_forms(count: int, english: str) -> None:
    told = Text("{count} family", many="{count} families", count=count)
    assert (told.vi, told.en) == (f"{count} họ mã độc", english)


def test_a_context_tells_two_sentences_apart() -> None:
    assert Text("Share").vi == "Tỷ lệ"
    assert Text("Share", context="part of a whole").vi == "Tỷ trọng"
    assert Text("Share", context="part of a whole").en == "Share"


def test_what_a_catalogue_does_not_have_is_said_in_english() -> None:
    assert Text("Nobody wrote this down.").in_language("vi") == "Nobody wrote this down."
    assert Text("{count} addresses", count=12).in_language("xx") == "12 addresses"


def test_braces_without_values_are_just_braces() -> None:
    assert Text("Scan {unit} now {").en == "Scan {unit} now {"


def test_texts_are_equal_that_say_the_same() -> None:
    told, same = Text("{count} addresses", count=5), LocalText("5 địa chỉ", "5 addresses")
    assert told == same
    assert hash(told) == hash(same)
    assert told != Text("{count} addresses", count=6)
    assert told != "5 addresses"


def test_a_sentence_survives_being_sent_to_another_process() -> None:
    told = Text("{count} family", many="{count} families", count=3)
    again = pickle.loads(pickle.dumps(told))
    assert (again.vi, again.en) == ("3 họ mã độc", "3 families")


def test_nothing_is_read_before_somebody_reads_a_sentence() -> None:
    program = (
        "import quetsach.core.sighting; from quetsach.core import language, text\n"
        "read = lambda: print(language.catalogue.cache_info().currsize)\n"
        "read(); print(text.Text('Government').vi); read()"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program], check=False, capture_output=True, encoding="utf-8"
    )
    assert done.stdout.split("\n") == ["0", "Cơ quan nhà nước", "1", ""], done.stderr
