"""Copies printed by several processes are those that one prints."""

from quetsach.web.office.letters.document.letter import Issuer, LetterText, Personal, Signer, Verification
from quetsach.web.office.letters.document.printing import print_group, print_groups

TEXT = LetterText(
    state="CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    motto="Độc lập - Tự do - Hạnh phúc",
    issuer=Issuer("", "Cục An toàn thông tin", "Hà Nội", "CATTT-NCSC"),
    subject="rà soát",
    addressees=("Các đơn vị",),
    body="Đề nghị triển khai.",
    signer=Signer((), "Cục trưởng", "Nguyễn Văn A"),
    number=826,
)


def test_many_processes_print_the_same_in_the_same_order() -> None:
    groups = [
        [Personal(Verification(f"https://centre.example/{group}{n}/", "QS-1"), f"Xã {group}{n}") for n in range(2)]
        for group in range(4)
    ]
    assert list(print_groups(TEXT, None, groups)) == [print_group(TEXT, None, group) for group in groups]


def test_work_that_is_left_half_way_ends_its_processes() -> None:
    groups = [[Personal(Verification("https://centre.example/", "QS-1"), "Xã")]] * 9
    printed = print_groups(TEXT, None, groups)
    next(printed)
    printed.close()
