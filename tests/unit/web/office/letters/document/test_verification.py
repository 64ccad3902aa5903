"""Verifying: whatever is done to a signed letter afterwards is noticed, and nothing that is read breaks the reader."""

from datetime import timedelta
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from tests.unit.web.office.letters.document.conftest import AGENCY, AT, PERSON, Signed
from tests.unit.web.office.letters.document.letters import letter

from quetsach.web.office.letters.document.demonstration import demonstration_keys
from quetsach.web.office.letters.document.letter import SigningError
from quetsach.web.office.letters.document.pdf import render
from quetsach.web.office.letters.document.signing import Signatory, Signatures, load_key
from quetsach.web.office.letters.document.verification import MOST_PDF_BYTES, is_signed_letter, verify


def is_good(content: bytes, root: bytes) -> bool:
    try:
        return is_signed_letter(verify(content, [root]))
    except SigningError:
        return False


def first_revision(content: bytes) -> bytes:
    """Return the letter as it was between the two signatures."""
    return content[: content.index(b"%%EOF", content.index(b"/ByteRange")) + len(b"%%EOF\n")]


def test_a_letter_that_nobody_touched_is_good(signed: Signed) -> None:
    assert is_good(signed.content, signed.root)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_one_bit_anywhere_is_noticed(signed: Signed, share: float, bit: int) -> None:
    changed = bytearray(signed.content)
    changed[int(share * len(changed))] ^= 1 << bit
    gap = _last_gap(signed.content)
    # Only the letters in which the last signature itself is written may be of either case.
    assert not is_good(bytes(changed), signed.root) or int(share * len(changed)) in gap


def test_anything_that_follows_the_last_signature_is_noticed(signed: Signed) -> None:
    assert not is_good(signed.content + b"\n% a remark", signed.root)


def test_a_page_painted_over_afterwards_is_noticed(signed: Signed) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(signed.content))
    paint = generic.StreamObject(stream_data=b"1 0 0 rg 100 400 300 100 re f")
    writer.add_stream_to_page(0, writer.add_object(paint))
    states = verify(_written(writer), [signed.root])
    assert not any(state.is_last_word for state in states)


def test_a_remark_pinned_on_afterwards_is_noticed(signed: Signed) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(signed.content))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (100, 100, 300, 200))),
        }
    )
    page["/Annots"].append(writer.add_object(note))
    writer.update_container(page["/Annots"])
    assert not is_good(_written(writer), signed.root)


def test_a_stamp_that_is_changed_afterwards_is_noticed(signed: Signed) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(signed.content))
    field = writer.root["/AcroForm"]["/Fields"][1].get_object()
    field["/Rect"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 10, 10)))
    writer.update_container(field)
    assert not is_good(_written(writer), signed.root)


def test_a_letter_with_its_seal_cut_off_is_not_a_signed_letter(signed: Signed) -> None:
    (state,) = verify(first_revision(signed.content), [signed.root])
    assert state.field == "Person"
    assert not is_signed_letter([state])


def test_the_person_alone_allows_nothing_but_the_seal(signed: Signed) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(first_revision(signed.content)))
    writer.add_stream_to_page(0, writer.add_object(generic.StreamObject(stream_data=b"0 0 m")))
    assert not is_good(_written(writer), signed.root)


def test_keys_of_somebody_else_are_not_trusted(signed: Signed) -> None:
    other = demonstration_keys(person=PERSON, agency=AGENCY, now=AT - timedelta(days=3))
    states = verify(signed.content, [other.root])
    assert all(state.is_intact and not state.is_trusted for state in states)


def test_a_key_that_counts_later_does_not_sign_earlier() -> None:
    later = demonstration_keys(person=PERSON, agency=AGENCY, now=AT + timedelta(days=1))
    signatures = Signatures.prepare(
        person=Signatory(PERSON, load_key(later.person)), agency=Signatory(AGENCY, load_key(later.agency)), at=AT
    )
    content = render(letter(annexes=()), signatures.put_on)
    assert not is_good(content, later.root)


def test_without_roots_nothing_is_trusted(signed: Signed) -> None:
    assert not any(state.is_trusted for state in verify(signed.content, []))


def test_a_letter_that_nobody_signed_has_no_signatures() -> None:
    assert verify(render(letter(annexes=())), []) == []
    assert not is_signed_letter([])


def test_a_root_that_is_none_is_refused(signed: Signed) -> None:
    with pytest.raises(SigningError, match="root"):
        verify(signed.content, [b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(SigningError, match="larger"):
        verify(bytes(MOST_PDF_BYTES + 1), [])


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_a_file_that_is_no_pdf_is_refused(content: bytes) -> None:
    with pytest.raises(SigningError):
        verify(b"%PDF-1.7\n" + content, [])


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), junk=st.binary(min_size=1, max_size=30))
def test_a_damaged_pdf_is_refused_or_not_good(signed: Signed, at: float, junk: bytes) -> None:
    place = int(at * len(signed.content))
    changed = signed.content[:place] + junk + signed.content[place + len(junk) :]
    assert changed == signed.content or not is_good(changed, signed.root) or place in _last_gap(signed.content)


def _last_gap(content: bytes) -> range:
    *_, last = PdfFileReader(BytesIO(content)).embedded_signatures
    _, first_length, second_begin, _ = last.byte_range
    return range(first_length, second_begin)


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
