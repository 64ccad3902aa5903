"""What one official letter costs: set as PDF/A-2a with its own QR code, signed twice, checked, set as DOCX.

The letter is like the one of Hải Phòng of 2020: two pages and an annex of steps. Copies for recipients of different
names are made one after the other, by CPU time after the first (which warms the compiler). The targets leave time for
queueing in the five minutes that 3,355 letters may take on two cores; `bench/cascade.py` measures that by the clock.

Usage: python bench/letters.py [COPIES]
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

from quetsach.campaign.codes import code_of
from quetsach.web.office.letters.document.demonstration import demonstration_keys
from quetsach.web.office.letters.document.letter import Annex, Issuer, LetterText, Personal, Signer, Verification
from quetsach.web.office.letters.document.pdf import render, render_many
from quetsach.web.office.letters.document.signing import Signatory, Signatures, load_key
from quetsach.web.office.letters.document.verification import verify
from quetsach.web.office.letters.document.word import render_docx

COUNTRY = 3_355
MOST_RENDER_MS = 60
MOST_CPU_SECONDS_A_COUNTRY = 480
CODE = code_of(31**8 + 2049)
AT = datetime(2020, 10, 6, 3, tzinfo=UTC)
PARAGRAPH = (
    "Đề nghị các cơ quan, đơn vị, địa phương thông báo, tuyên truyền rộng rãi về chiến dịch và tổ chức "
    "thực hiện các bước kiểm tra, xử lý, bóc gỡ **mã độc** trên máy tính thuộc phạm vi quản lý *(theo Phụ lục)*."
)
LETTER = LetterText(
    state="CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    motto="Độc lập - Tự do - Hạnh phúc",
    issuer=Issuer("Ủy ban nhân dân thành phố Hải Phòng", "Sở Thông tin và Truyền thông", "Hải Phòng", "STTTT-CNTT"),
    subject="phối hợp triển khai Chiến dịch rà soát, xử lý, bóc gỡ mã độc trên toàn quốc năm 2020",
    addressees=("Các sở, ban, ngành",),
    body="\n".join(f"# {number}. Nội dung\n{PARAGRAPH}" for number in range(1, 9)) + "\nTrân trọng./.",
    signer=Signer(("KT. Giám đốc",), "Phó Giám đốc", "Nguyễn Văn Mẫu"),
    number=2049,
    day=date(2020, 10, 6),
    copies=("Cục An toàn thông tin (để báo cáo)", "Cổng thông tin điện tử thành phố"),
    drafting="CNTT (05)",
    annexes=(
        Annex("Các bước kiểm tra, xử lý, bóc gỡ mã độc", "\n".join(f"# Bước {n}\n{PARAGRAPH}" for n in range(1, 5))),
    ),
    verification=Verification(f"https://quetsach.example.vn/xac-minh/{CODE}/", CODE),
)


def recipients(count: int) -> Iterator[Personal]:
    """Yield recipients with an address of their own each."""
    for number in range(count):
        address = f"https://quetsach.example.vn/cong-van/{number:05}-Zk3vQ9rT1mXy7bLc/"
        yield Personal(Verification(address, CODE), f"Ủy ban nhân dân xã số {number}")


def signatures() -> Signatures:
    """Return both signatures, with keys that are made for the purpose."""
    person, agency = LETTER.signer.name, LETTER.issuer.agency
    keys = demonstration_keys(person=person, agency=agency, now=AT - timedelta(days=1))
    return Signatures.prepare(
        person=Signatory(person, load_key(keys.person)), agency=Signatory(agency, load_key(keys.agency)), at=AT
    )


def cpu_ms(work: Callable[[], object]) -> float:
    """Return the CPU time of some work."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def main() -> int:
    """Measure and print; 1 if a target is missed."""
    copies = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    put_on = signatures().put_on
    cold = cpu_ms(lambda: render(LETTER))
    plain = render_many(LETTER, recipients(copies))
    warm = statistics.median(cpu_ms(lambda: next(plain)) for _ in range(copies))
    signed = render_many(LETTER, recipients(copies), put_on)
    both = statistics.median(cpu_ms(lambda: next(signed)) for _ in range(copies))
    letter = render(LETTER, put_on)
    checked = statistics.median(cpu_ms(lambda: verify(letter, [])) for _ in range(9))
    docx = statistics.median(cpu_ms(lambda: render_docx(LETTER)) for _ in range(9))
    country = both * COUNTRY / 1000
    print(f"PDF/A with QR code: {warm:.0f} ms CPU a copy (median of {copies}); the first {cold:.0f} ms")
    print(f"with both signatures: {both:.0f} ms, {len(letter) / 1024:.0f} KiB; {COUNTRY:,} copies {country:.0f} CPU s")
    print(f"signatures checked in {checked:.0f} ms; DOCX {docx:.0f} ms")
    return int(warm > MOST_RENDER_MS or country > MOST_CPU_SECONDS_A_COUNTRY)


if __name__ == "__main__":
    sys.exit(main())
