"""Signing: PAdES, two visible signatures where the decree puts them, an archivable file all the same."""

import struct
import zlib
from dataclasses import replace
from io import BytesIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from tests.unit.web.office.letters.document.conftest import AGENCY, AT, PERSON, Signed
from tests.unit.web.office.letters.document.letters import letter
from tests.unit.web.office.letters.document.paper import DOTS_A_MM, fonts, pages, picture

from quetsach.web.office.letters.document.demonstration import DemonstrationKeys, demonstration_keys
from quetsach.web.office.letters.document.letter import Language, SigningError
from quetsach.web.office.letters.document.pdf import MOST_IMAGE_BYTES, hand, render, seal
from quetsach.web.office.letters.document.signing import MOST_KEY_BYTES, Signatory, Signatures, load_key
from quetsach.web.office.letters.document.verification import is_signed_letter, verify


def png(width: int, height: int, colour: bytes = b"\x00\x00\xff\xff") -> bytes:
    """Return a picture in one colour (red, green, blue, cover)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    rows = (b"\0" + colour * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def coloured(content: bytes, page: int) -> dict[str, tuple[float, float, float, float]]:
    """Return where blue and red lie on a page: left, top, right, bottom in millimetres."""
    image = picture(content, page)
    red, green, blue = image.split()
    found = {}
    for name, (strong, weak) in {"blue": (blue, red), "red": (red, blue)}.items():
        mask = strong.point(lambda value: 255 if value > 140 else 0)
        dark = weak.point(lambda value: 255 if value < 110 else 0)
        dark_green = green.point(lambda value: 255 if value < 130 else 0)
        both = [a and b and c for a, b, c in zip(mask.tobytes(), dark.tobytes(), dark_green.tobytes(), strict=True)]
        at = [divmod(index, image.width) for index, is_so in enumerate(both) if is_so]
        rows, columns = [row for row, _ in at], [column for _, column in at]
        edges = (min(columns), min(rows), max(columns), max(rows))
        found[name] = tuple(edge / DOTS_A_MM for edge in edges)
    return found  # type: ignore[return-value]


def test_the_person_signs_first_and_the_agency_seals(signed: Signed) -> None:
    states = verify(signed.content, [signed.root])
    assert [(state.field, state.signer) for state in states] == [("Person", PERSON), ("Agency", AGENCY)]
    assert all(state.is_good for state in states)
    assert is_signed_letter(states)


def test_both_signatures_claim_the_time_they_were_given(signed: Signed) -> None:
    assert {state.signed_at for state in verify(signed.content, [signed.root])} == {AT}


def test_signatures_are_pades_and_lock_the_letter(signed: Signed) -> None:
    person, agency = PdfFileReader(BytesIO(signed.content)).embedded_signatures
    assert {str(one.sig_object["/SubFilter"]) for one in (person, agency)} == {"/ETSI.CAdES.detached"}
    assert person.docmdp_level is not None
    assert agency.fieldmdp is not None


def test_the_agency_says_its_name_and_the_vietnamese_time_and_the_person_shows_a_picture_alone(signed: Signed) -> None:
    text = pages(signed.content)[-1].text
    assert text.count("06.10.2020 10:04:05 +07:00") == 1
    assert text.count("Thời gian ký:") == 1


def test_the_seal_lies_over_the_left_third_of_the_signature(signed: Signed) -> None:
    places = coloured(signed.content, 1)
    page = pages(signed.content)[0]
    title = page.phrase("PHÓ GIÁM ĐỐC")
    name = max((word for word in page.words if word.text == "Mẫu"), key=lambda word: word.top)  # below its picture
    (left, top, right, bottom), (seal_left, seal_top, seal_right, seal_bottom) = places["blue"], places["red"]
    assert title.bottom - 1 < top
    assert bottom < name.top + 1
    assert (left + right) / 2 == pytest.approx((title.left + title.right) / 2, abs=4)
    caption = page.phrase("Thời gian ký:")
    assert left < caption.left < seal_right
    assert caption.left - seal_left == pytest.approx(34 + 10, abs=4), (
        "the seal is as large as a real one, and left of it"
    )
    assert title.bottom - 1 < seal_top, "it covers no letter of the title"
    assert seal_bottom < name.top + 1, "nor of the name"


def test_a_signed_letter_is_still_pdf_a_with_all_fonts_in_it(signed: Signed) -> None:
    root = PdfFileReader(BytesIO(signed.content)).root
    assert root["/Metadata"].data == PdfFileReader(BytesIO(render(letter(annexes=())))).root["/Metadata"].data
    assert all(is_embedded for _, is_embedded in fonts(signed.content))
    assert "/NeedAppearances" not in root["/AcroForm"]
    for field in (reference.get_object() for reference in root["/AcroForm"]["/Fields"]):
        assert field["/AP"]["/N"]
        assert int(field["/F"]) & 4  # printed


def test_the_seal_without_a_picture_says_that_it_is_a_specimen() -> None:
    stamp = seal(agency=AGENCY, at=AT, image=None, language=Language.VIETNAMESE)
    assert {"MẪU", "SPECIMEN"} <= set(pages(stamp.content)[0].text.split())


def test_pictures_of_signature_and_seal_are_shown(signatures: Signatures) -> None:
    green = png(60, 30, b"\x00\xff\x00\xff")
    agency, person = (replace(signatory, image=green) for signatory in (signatures.agency, signatures.person))
    content = render(letter(annexes=()), Signatures.prepare(person=person, agency=agency, at=AT).put_on)
    pixels = picture(content, 1).getcolors(1 << 24) or []
    assert sum(count for count, (red, green, blue) in pixels if green > 200 and red < 60 and blue < 60) > 10_000
    assert "SPECIMEN" not in pages(content)[0].text


def test_nobody_signs_with_the_key_of_another(signatures: Signatures) -> None:
    other = replace(signatures.person, name="Trần Thị Khác")
    with pytest.raises(SigningError, match=f"the key is of {PERSON}, the letter names Trần Thị Khác"):
        Signatures.prepare(person=other, agency=signatures.agency, at=AT)


def test_case_and_spaces_of_a_name_do_not_matter(signatures: Signatures) -> None:
    same = replace(signatures.person, name=" nguyễn  VĂN Mẫu")
    assert Signatures.prepare(person=same, agency=signatures.agency, at=AT).person is same


def test_keys_of_rsa_sign_as_well(made: DemonstrationKeys, signatures: Signatures) -> None:
    agency = Signatory(AGENCY, load_key(made.time_stamp))
    content = render(letter(annexes=()), Signatures.prepare(person=signatures.person, agency=agency, at=AT).put_on)
    _, state = verify(content, [made.root])
    assert state.is_intact


def test_a_key_opens_with_its_own_pass_phrase_alone() -> None:
    locked = demonstration_keys(person=PERSON, agency=AGENCY, now=AT, passphrase=b"a")
    assert load_key(locked.person, b"a").holder == PERSON
    for passphrase in (b"b", None):
        with pytest.raises(SigningError, match="cannot be opened"):
            load_key(locked.person, passphrase)


@pytest.mark.parametrize("content", [b"", b"not a key", bytes(MOST_KEY_BYTES + 1)])
def test_a_file_that_is_no_key_is_refused(content: bytes) -> None:
    with pytest.raises(SigningError):
        load_key(content)


@pytest.mark.parametrize(
    ("image", "what"),
    [
        (b"", "no PNG"),
        (b"GIF89a" + bytes(40), "no PNG"),
        (png(3000, 10), "wider or higher"),
        (png(10, 10) + bytes(MOST_IMAGE_BYTES), "larger than"),
        (png(10, 10)[:40], "cannot be printed"),
    ],
)
def test_a_picture_that_is_none_is_refused(image: bytes, what: str) -> None:
    with pytest.raises(SigningError, match=what):
        hand(name=PERSON, at=AT, image=image)


def test_a_time_stamp_proves_when_a_letter_was_signed(made: DemonstrationKeys) -> None:
    stamp = load_key(made.time_stamp)
    stamper = DummyTimeStamper(stamp.signing_cert, stamp.signing_key, stamp.cert_registry, fixed_dt=AT)
    signatures = Signatures.prepare(
        person=Signatory(PERSON, load_key(made.person)),
        agency=Signatory(AGENCY, load_key(made.agency)),
        at=AT,
        timestamper=stamper,
    )
    states = verify(render(letter(annexes=()), signatures.put_on), [made.root])
    assert is_signed_letter(states)
    assert all(state.is_time_proven for state in states)


def test_a_signature_without_a_time_stamp_only_claims_its_time(signed: Signed) -> None:
    assert not any(state.is_time_proven for state in verify(signed.content, [signed.root]))


def test_a_signed_letter_is_still_the_kind_of_file_that_archives_take(signed: Signed) -> None:
    catalog = PdfFileReader(BytesIO(signed.content)).root
    assert "/Version" not in catalog, "it says PDF 1.7 in its head, as PDF/A-2 has to"
    assert list(catalog["/Extensions"]) == ["/ESIC"]
    assert "/BaseVersion" in catalog["/Extensions"]["/ESIC"], "a list of extensions is of PDF 2.0"


def test_a_key_of_another_kind_is_refused() -> None:
    content = pkcs12.serialize_key_and_certificates(b"a", Ed25519PrivateKey.generate(), None, None, NoEncryption())
    with pytest.raises(SigningError):
        load_key(content)
