"""Why there is no number: an estimator that leaves its domain says so, and nobody prints a figure instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from quetsach.core.pack import LocalText


class NotEstimableReason(StrEnum):
    """What stands in the way. ``EXPLANATIONS`` has the words."""

    NO_DATA = "no-data"
    SHORT_TREND = "short-trend"
    MONTHS_MISSING = "months-missing"

    # of the number of machines
    RARE_CHECK_INS = "rare-check-ins"
    DENSE_POOL = "dense-pool"
    DEDUPLICATED = "deduplicated"
    DELTA_MODE = "delta-mode"
    UNEQUAL_WINDOWS = "unequal-windows"
    UNEQUAL_PANELS = "unequal-panels"
    UNKNOWN_RATE = "unknown-rate"
    NO_BOT_IDS = "no-bot-ids"
    REFUSED_PARTS = "refused-parts"
    FEW_ADDRESSES = "few-addresses"
    CLOCKS_DIFFER = "clocks-differ"
    CLOCK_WRONG = "clock-wrong"
    MIXED_SPELLINGS = "mixed-spellings"
    STAMPS_CUT = "stamps-cut"
    FEW_SIGHTINGS = "few-sightings"
    UNEVEN_RATES = "uneven-rates"
    BROKEN_SESSIONS = "broken-sessions"
    RATE_LIMITED = "rate-limited"
    WAYS_DISAGREE = "ways-disagree"
    BOTH_VERSIONS = "both-versions"
    TOO_WIDE = "too-wide"
    CURVE_OUTSIDE = "curve-outside"

    # of the effect of a campaign
    NOBODY_TREATED = "nobody-treated"
    NO_CONTROLS = "no-controls"
    TOO_FEW_CONTROLS = "too-few-controls"
    TOO_MANY_CONTROLS = "too-many-controls"
    TOO_FEW_UNITS = "too-few-units"
    NO_BEFORE = "no-before"
    TOO_SHORT = "too-short"
    TREATMENT_ENDS = "treatment-ends"
    STAGGERED = "staggered"
    NOT_STAGGERED = "not-staggered"
    MOVE_TOGETHER = "move-together"
    UNBALANCED = "unbalanced"
    NOT_POSITIVE = "not-positive"
    NO_SPREAD = "no-spread"
    NOT_IDENTIFIED = "not-identified"
    NO_MIXTURE = "no-mixture"
    NO_RATIO = "no-ratio"
    NOT_AS_REGISTERED = "not-as-registered"
    OTHER_CUSTOMERS = "other-customers"
    FEW_FOLLOWED = "few-followed"
    FEW_OUTCOMES = "few-outcomes"

    # of cases
    ADDRESS_IS_NO_SUBJECT = "address-is-no-subject"
    FEW_EVENTS = "few-events"
    MEDIAN_NOT_REACHED = "median-not-reached"
    NOBODY_AT_RISK = "nobody-at-risk"
    NOT_WATCHED_FOR_LONG_ENOUGH = "not-watched-for-long-enough"
    NOTHING_TO_COMPARE = "nothing-to-compare"
    FEW_PROVIDERS = "few-providers"

    # of league tables and published tables
    FEW_TO_RANK = "few-to-rank"
    CELLS_RECOVERED = "cells-recovered"


EXPLANATIONS: dict[NotEstimableReason, LocalText] = {
    NotEstimableReason.NO_DATA: LocalText(
        "Không có dữ liệu nào cho câu hỏi này.",
        "There are no data for this question.",
    ),
    NotEstimableReason.SHORT_TREND: LocalText(
        "Trước chiến dịch có quá ít kỳ đếm bằng nhau để ước tính xu hướng; cần ít nhất 6 kỳ.",
        "Too few equal windows before the campaign to fit a trend to; at least 6 are needed.",
    ),
    NotEstimableReason.MONTHS_MISSING: LocalText(
        "Thiếu dữ liệu của một số tháng, nên không tính trung bình 12 tháng.",
        "Months are missing, so there is no mean of twelve.",
    ),
    NotEstimableReason.RARE_CHECK_INS: LocalText(
        "Máy nhiễm liên lạc quá thưa so với thời gian giữ một địa chỉ (q từ 0,2 trở lên), nên không suy ra được số máy "
        "từ địa chỉ. Hãy đếm theo mã định danh của mã độc, hoặc chỉ nêu số địa chỉ mỗi ngày.",
        "Check-ins are too rare for how long an address is kept (q is 0.2 or more), so addresses do not tell how many "
        "machines there are. Count by the malware's own identifier, or give daily addresses only.",
    ),
    NotEstimableReason.DENSE_POOL: LocalText(
        "Hơn 3% số địa chỉ của nhà mạng bị nhiễm cùng lúc, nên địa chỉ chuyển thẳng từ máy nhiễm này sang máy nhiễm "
        "khác và số máy bị tính thừa. Hãy hỏi nhà mạng số thuê bao, hoặc đếm theo mã định danh của mã độc.",
        "More than 3 % of the provider's addresses are infected at once, so that addresses pass from one infected "
        "machine straight to the next and machines are counted too often. Ask the provider for subscribers, or count "
        "by the malware's own identifier.",
    ),
    NotEstimableReason.DEDUPLICATED: LocalText(
        "Nguồn dữ liệu chỉ giữ một dòng cho mỗi địa chỉ mỗi ngày, nên không biết máy nhiễm có mặt bao lâu. Hãy xin "
        "nguồn gửi đủ mọi lượt ghi nhận.",
        "The feed keeps one row for each address and day, so nothing says how long a machine was there. Ask the source "
        "for every event.",
    ),
    NotEstimableReason.DELTA_MODE: LocalText(
        "Nguồn dữ liệu gửi đủ vào Chủ nhật và chỉ gửi phần khác đi vào những ngày khác. Mọi số đếm từ nguồn này đều "
        "sai; hãy xin nguồn tắt chế độ này.",
        "The feed sends everything on Sundays and only differences on other days. Every count from it is wrong; ask "
        "the source to switch this off.",
    ),
    NotEstimableReason.UNEQUAL_WINDOWS: LocalText(
        "Hai kỳ không dài bằng nhau, nên không so sánh được.",
        "The two windows are not equally long, so they do not compare.",
    ),
    NotEstimableReason.UNEQUAL_PANELS: LocalText(
        "Không có nguồn dữ liệu và họ mã độc nào được quan sát trong cả hai kỳ theo cùng một cách, nên không so sánh "
        "được.",
        "No feed and family was watched in both windows in the same way, so they do not compare.",
    ),
    NotEstimableReason.CLOCKS_DIFFER: LocalText(
        "Hai nguồn ghi cùng một lượt liên lạc vào những giờ khác nhau: một nguồn không ghi giờ UTC. Hãy hỏi nguồn về "
        "múi giờ; giờ và ngày của nguồn đó chưa dùng được.",
        "Two feeds write the same check-ins at different hours: one of them is not in UTC. Ask the source for its time "
        "zone; its hours and days are not to be used before.",
    ),
    NotEstimableReason.CLOCK_WRONG: LocalText(
        "Có ngày họ mã độc này xuất hiện sớm hoặc muộn hẳn vài giờ so với mọi ngày: đồng hồ của nguồn sai, hoặc nguồn "
        "đổi múi giờ. Máy bị tắt hằng ngày sẽ bị tính sai giờ có mặt. Hãy hỏi nguồn và nạp lại những ngày đó.",
        "On some days this family appears hours earlier or later than on all others: the clock of the source was "
        "wrong, or its time zone changed. The hours of machines that are switched off every day would be "
        "counted wrongly. Ask the source, and ingest these days anew.",
    ),
    NotEstimableReason.MIXED_SPELLINGS: LocalText(
        "Trong cùng một ngày, nguồn dữ liệu ghi hơn một phần mười số địa chỉ ở đây dưới nhiều tên của cùng một họ mã "
        "độc. Khoảng cách giữa các lượt ghi nhận chỉ biết được theo từng tên, nên số máy sẽ bị tính thừa. Hãy chỉ nêu "
        "số địa chỉ mỗi ngày, hoặc đếm theo mã định danh của mã độc.",
        "Within a day the feed reports more than a tenth of the addresses here under several names of one family. The "
        "time between sightings is known for each name alone, so machines would be counted too often. Give daily "
        "addresses only, or count by the malware's own identifier.",
    ),
    NotEstimableReason.STAMPS_CUT: LocalText(
        "Nguồn dữ liệu làm tròn thời điểm ghi nhận (chẵn 5 phút, chẵn giờ hoặc chẵn ngày), nên không biết máy nhiễm "
        "liên lạc cách nhau bao lâu. Hãy xin nguồn gửi thời điểm chính xác đến giây.",
        "The feed rounds its times (to five minutes, hours or days), so nothing says how far apart check-ins are. Ask "
        "the source for times to the second.",
    ),
    NotEstimableReason.FEW_SIGHTINGS: LocalText(
        "Có quá ít lượt ghi nhận để suy ra số máy từ địa chỉ. Hãy chỉ nêu số địa chỉ, hoặc đếm trong một kỳ dài hơn.",
        "There are too few sightings to tell machines from addresses. Give addresses only, or count over a longer "
        "window.",
    ),
    NotEstimableReason.UNEVEN_RATES: LocalText(
        "Có địa chỉ liên lạc dày hơn hẳn những địa chỉ khác: có thể nhiều máy dùng chung một địa chỉ, hoặc họ mã độc "
        "có hai biến thể liên lạc theo nhịp khác nhau. Chỉ biết số máy nằm trong khoảng nêu kèm. Hãy đếm theo mã định "
        "danh của mã độc, hoặc hỏi nhà mạng có bao nhiêu thuê bao chung một địa chỉ.",
        "Some addresses check in far more often than others: several machines share an address, or the family has two "
        "variants of different schedules. Machines are only known to be within the range beside this. Count by the "
        "malware's own identifier, or ask the provider how many customers share an address.",
    ),
    NotEstimableReason.BROKEN_SESSIONS: LocalText(
        "Các lượt liên lạc không theo một nhịp: máy nhiễm lúc có mặt lúc không, thử liên lạc dồn dập rồi im lâu, họ mã "
        "độc có hai biến thể, hoặc nguồn chỉ ghi một phần các lượt liên lạc. Từ địa chỉ chỉ suy ra được khoảng nêu "
        "kèm. Hãy đếm theo mã định danh của mã độc, hoặc nhờ chuyên viên phân tích nêu nhịp liên lạc.",
        "Check-ins do not follow one schedule: machines come and go, try many times and then fall silent for long, the "
        "family has two variants, or the feed tells only some of the check-ins. Addresses tell no more than the range "
        "beside this. Count by the malware's own identifier, or let an analyst state how often it checks in.",
    ),
    NotEstimableReason.RATE_LIMITED: LocalText(
        "Nguồn dữ liệu chỉ ghi mỗi địa chỉ nhiều nhất một lần trong một khoảng thời gian nhất định (chẳng hạn mỗi giờ "
        "một dòng). Khoảng đó dài so với nhịp liên lạc của máy nhiễm, nên không biết sau mỗi địa chỉ có một hay nhiều "
        "máy. Hãy xin nguồn gửi đủ mọi lượt ghi nhận.",
        "The feed tells each address at most once in a certain time (one row an hour, perhaps). That is long beside "
        "how often infected machines check in, so that nothing says whether one machine or several are behind an "
        "address. Ask the source for every event.",
    ),
    NotEstimableReason.WAYS_DISAGREE: LocalText(
        "Các cách đếm độc lập (theo thời gian có mặt, theo số lượt liên lạc, theo số địa chỉ mới, theo mã định danh) "
        "cho kết quả khác hẳn nhau, nên không chọn riêng con số nào. Số máy nằm trong khoảng nêu kèm nếu có một cách "
        "đúng.",
        "Independent ways to count (time on line, check-ins, new addresses, identifiers) differ widely, so that none "
        "of them is chosen. If one of them is right, the machines are within the range beside this.",
    ),
    NotEstimableReason.BOTH_VERSIONS: LocalText(
        "Họ mã độc này được ghi nhận cả ở địa chỉ IPv4 lẫn IPv6. Một máy có thể dùng cả hai loại địa chỉ, nên cộng lại "
        "thì có máy bị tính hai lần; chỉ biết số máy nằm trong khoảng nêu kèm. Hãy đếm theo mã định danh của mã độc.",
        "This family is seen at IPv4 and at IPv6 addresses. A machine may have both, so that adding up counts some "
        "machines twice; machines are only known to be within the range beside this. Count by the malware's own "
        "identifier.",
    ),
    NotEstimableReason.TOO_WIDE: LocalText(
        "Sai số có thể vượt quá 15%, nên chỉ nêu khoảng, không nêu một con số.",
        "The figure may be off by more than 15 %, so there is a range and no number.",
    ),
    NotEstimableReason.CURVE_OUTSIDE: LocalText(
        "Cách đếm theo số địa chỉ mới chỉ đúng khi máy nhiễm luôn bật và liên lạc vào lúc ngẫu nhiên. Ở đây máy bị tắt "
        "hằng ngày hoặc liên lạc đều đặn, nên không dùng cách này.",
        "Counting by how fast new addresses come in holds for machines that are always on and check in at random. "
        "These are switched off every day or check in at regular times, so it is not used.",
    ),
    NotEstimableReason.UNKNOWN_RATE: LocalText(
        "Không biết họ mã độc này liên lạc bao nhiêu lần mỗi giờ và dữ liệu không cho biết. Cần chuyên viên phân tích "
        "nêu nhịp liên lạc.",
        "Nothing says how often this family checks in, and the data do not show it. An analyst has to state how often "
        "it does.",
    ),
    NotEstimableReason.NO_BOT_IDS: LocalText(
        "Nguồn dữ liệu không có mã định danh của mã độc.",
        "The feed does not carry the malware's own identifier.",
    ),
    NotEstimableReason.REFUSED_PARTS: LocalText(
        "Hơn một phần mười số địa chỉ ở đây thuộc những phần không ước lượng được số máy, nên không cộng thành tổng. "
        "Hãy hỏi riêng những họ mã độc ước lượng được.",
        "More than a tenth of the addresses here belong to parts whose machines cannot be estimated, so there is no "
        "total. Ask for the families that can be.",
    ),
    NotEstimableReason.FEW_ADDRESSES: LocalText(
        "Có quá ít địa chỉ để biết đường tích lũy đi lên thế nào.",
        "There are too few addresses to see how their number grows with time.",
    ),
    NotEstimableReason.NOBODY_TREATED: LocalText(
        "Không có đơn vị nào được can thiệp, nên không có tác động nào để đo.",
        "No unit was ever treated, so there is no effect to measure.",
    ),
    NotEstimableReason.NO_CONTROLS: LocalText(
        "Mọi đơn vị đều được can thiệp. Phương pháp này cần những đơn vị không được can thiệp để so sánh; nếu"
        " các đơn vị bắt đầu ở những thời điểm khác nhau, hãy dùng phương pháp triển khai bậc thang.",
        "Every unit was treated. This method needs units that were not, to compare with; where units began at"
        " different times, use the stepped wedge.",
    ),
    NotEstimableReason.TOO_FEW_CONTROLS: LocalText(
        "Có quá ít đơn vị đối chứng để biết con số dao động bao nhiêu khi không có chiến dịch, nên không đưa "
        "ra khoảng tin cậy nào.",
        "There are too few controls to know how much the figure moves without a campaign, so no interval can be given.",
    ),
    NotEstimableReason.TOO_MANY_CONTROLS: LocalText(
        "Có quá nhiều đơn vị đối chứng cho phương pháp này. Hãy chọn trước những đơn vị giống đơn vị được can"
        " thiệp nhất, hoặc dùng phương pháp sai biệt kép.",
        "There are too many controls for this method. Choose beforehand those most like the treated units, or"
        " use difference in differences.",
    ),
    NotEstimableReason.TOO_FEW_UNITS: LocalText(
        "Có quá ít đơn vị: khoảng tin cậy theo đơn vị sẽ hẹp hơn thực tế.",
        "There are too few units: an interval clustered by unit would be narrower than the truth.",
    ),
    NotEstimableReason.NO_BEFORE: LocalText(
        "Có đơn vị được can thiệp ngay từ kỳ đầu tiên: không biết trước đó ra sao thì không đo được thay đổi. Trong "
        "bảng số liệu, chỉ đánh dấu là được can thiệp từ kỳ bắt đầu trở đi, không đánh dấu cho mọi kỳ của đơn vị đó.",
        "A unit was treated from the first period on: without a time before, a change cannot be measured. In the "
        "panel a unit is marked as treated from the start of treatment on, not in every period.",
    ),
    NotEstimableReason.TOO_SHORT: LocalText(
        "Chuỗi số liệu trước hoặc sau khi bắt đầu quá ngắn đối với phương pháp này.",
        "The series before or after the start is too short for this method.",
    ),
    NotEstimableReason.TREATMENT_ENDS: LocalText(
        "Có đơn vị đã được can thiệp rồi lại thôi. Các phương pháp ở đây chỉ đo can thiệp đã bắt đầu thì kéo "
        "dài đến hết.",
        "In a unit the treatment began and ended. The methods here measure only a treatment that lasts once "
        "it has begun.",
    ),
    NotEstimableReason.STAGGERED: LocalText(
        "Các đơn vị bắt đầu ở những thời điểm khác nhau. Phương pháp này cần một thời điểm bắt đầu chung; hãy"
        " dùng phương pháp sai biệt kép (theo nhóm và kỳ) hoặc triển khai bậc thang.",
        "Units began at different times. This method needs one common start; use difference in "
        "differences (by group and time) or the stepped wedge.",
    ),
    NotEstimableReason.NOT_STAGGERED: LocalText(
        "Mọi đơn vị được can thiệp bắt đầu cùng một lúc. Triển khai bậc thang cần ít nhất hai đợt; hãy dùng phương "
        "pháp sai biệt kép.",
        "All treated units began at the same time. A stepped wedge needs two steps at least; use difference in "
        "differences.",
    ),
    NotEstimableReason.MOVE_TOGETHER: LocalText(
        "Các đơn vị bắt đầu cùng đợt còn tăng giảm cùng nhau (chẳng hạn vì cả vùng bắt đầu một lượt), mà số đợt quá ít "
        "để biết con số tự dao động bao nhiêu. Nếu thăm được rút cho cả vùng, hãy ghi tên vùng vào cột region.",
        "Units that begin together also rise and fall together (whole regions, perhaps), and there are too few steps "
        "to know how much the figure moves by itself. Where regions were drawn, name them in the column region.",
    ),
    NotEstimableReason.UNBALANCED: LocalText(
        "Bảng số liệu thiếu ô: có đơn vị không có số liệu ở một số kỳ. Phương pháp này cần đủ mọi đơn vị ở "
        "mọi kỳ; sai biệt kép (một thời điểm bắt đầu chung) chấp nhận bảng thiếu ô, triển khai bậc thang thì khi thiếu "
        "không quá một phần mười.",
        "Cells of the panel are missing: a unit has no figure in some period. This method needs every unit in"
        " every period; difference in differences (with one common start) accepts gaps, the stepped wedge up to a "
        "tenth of the cells.",
    ),
    NotEstimableReason.NOT_POSITIVE: LocalText(
        "Có số liệu bằng 0 hoặc âm, không lấy lôgarit được. Hãy so sánh trên số liệu gốc, hoặc gộp kỳ hay đơn "
        "vị để không còn số 0.",
        "A figure is zero or negative, so it has no logarithm. Compare the figures themselves, or merge periods "
        "or units until no zero is left.",
    ),
    NotEstimableReason.NO_SPREAD: LocalText(
        "Các đơn vị đối chứng không hề dao động, nên không biết ngẫu nhiên có thể làm số liệu thay đổi bao nhiêu.",
        "The units to compare with do not move at all, so nothing says how much chance alone can change the figures.",
    ),
    NotEstimableReason.NOT_IDENTIFIED: LocalText(
        "Bảng số liệu không tách được tác động khỏi khác biệt giữa các đơn vị và giữa các kỳ.",
        "The panel cannot tell the effect from differences between units and between periods.",
    ),
    NotEstimableReason.NO_MIXTURE: LocalText(
        "Không có tổ hợp đơn vị đối chứng nào đi sát đơn vị được can thiệp trước khi bắt đầu, nên không thể ước lượng "
        "nếu không có chiến dịch thì sau đó ra sao. Hãy dùng phương pháp sai biệt kép tổng hợp hoặc sai biệt kép.",
        "No mixture of controls ran like the treated before the start, so none tells what would have been after it. "
        "Use synthetic difference in differences, or difference in differences.",
    ),
    NotEstimableReason.NO_RATIO: LocalText(
        "Không tính được mức giảm theo phần trăm: mức dự kiến nếu không có chiến dịch không phải là số dương.",
        "There is no reduction in per cent: what there would have been without the campaign is not a positive number.",
    ),
    NotEstimableReason.NOT_AS_REGISTERED: LocalText(
        "Cách tính khác với bản đăng ký đã ký trước khi bắt đầu, nên không có kết luận. Những điểm khác được nêu kèm.",
        "This is not the analysis that was registered and signed before the start, so there is no verdict. "
        "What differs is named beside it.",
    ),
    NotEstimableReason.OTHER_CUSTOMERS: LocalText(
        "Bảng kết quả không có đúng những khách hàng đã rút thăm: có người bị thiếu, thêm vào hoặc đổi nhóm phân tầng "
        "(cột stratum phải đúng như khi rút thăm), nên không biết ai thuộc nhóm nào.",
        "The table of outcomes does not have just the customers of the lot: some are missing, new or of another "
        "stratum (the column stratum must be as it was drawn), so nobody knows who was drawn for what.",
    ),
    NotEstimableReason.FEW_FOLLOWED: LocalText(
        "Có quá ít khách hàng được theo dõi đến cuối ở một trong hai nhóm.",
        "Too few customers of one side were followed to the end.",
    ),
    NotEstimableReason.FEW_OUTCOMES: LocalText(
        "Hầu như mọi khách hàng có cùng một kết quả, nên không so sánh được hai nhóm.",
        "Nearly all customers had the same outcome, so the two sides do not compare.",
    ),
    NotEstimableReason.ADDRESS_IS_NO_SUBJECT: LocalText(
        "Không tính thời gian làm sạch theo địa chỉ IP: nhà mạng đổi địa chỉ của thuê bao, nên con số chỉ cho biết địa"
        " chỉ được cấp trong bao lâu. Cần mã định danh của bot hoặc mã thuê bao, hoặc mạng được khai báo là cấp địa chỉ"
        " cố định.",
        "Time to clean is not counted by IP address: providers renumber their customers, so it would measure how long"
        " an address is leased. It takes bot IDs or subscribers, or a network that is declared to assign addresses for"
        " good.",
    ),
    NotEstimableReason.FEW_EVENTS: LocalText(
        "Có quá ít ca đã kết thúc để công bố con số này.",
        "Too few cases have ended for this figure to be published.",
    ),
    NotEstimableReason.MEDIAN_NOT_REACHED: LocalText(
        "Chưa đến một nửa số ca được làm sạch, nên chưa có trung vị.",
        "Fewer than half of the cases became clean, so there is no median yet.",
    ),
    NotEstimableReason.NOBODY_AT_RISK: LocalText(
        "Ở giữa đường cong có lúc không còn ca nào được theo dõi, vì nhiều ca chỉ được theo dõi về sau. Hãy bỏ các ca"
        " vào rất sớm hoặc bắt đầu muộn hơn.",
        "In the middle of the curve there is a time with no case under observation, because many entered late. Leave"
        " out the few that entered very early, or begin later.",
    ),
    NotEstimableReason.NOT_WATCHED_FOR_LONG_ENOUGH: LocalText(
        "Chưa có ca nào được theo dõi lâu đến thế.",
        "No case was watched for so long.",
    ),
    NotEstimableReason.NOTHING_TO_COMPARE: LocalText(
        "Không có hai nhóm nào cùng có ca đã kết thúc để so sánh.",
        "There are no two groups in which cases ended, so there is nothing to compare.",
    ),
    NotEstimableReason.FEW_PROVIDERS: LocalText(
        "Có quá ít nhà mạng có cả hai nhóm: khoảng tin cậy sẽ hẹp hơn thực tế.",
        "Both groups are found together in too few providers: the interval would be narrower than the truth.",
    ),
    NotEstimableReason.FEW_TO_RANK: LocalText(
        "Có quá ít đơn vị để biết các đơn vị khác nhau bao nhiêu, nên không xếp hạng.",
        "There are too few names to know how much they differ, so they are not ranked.",
    ),
    NotEstimableReason.CELLS_RECOVERED: LocalText(
        "Từ bảng này có thể tính lại chính xác ít nhất một ô cần bảo vệ, nên bảng không được công bố.",
        "At least one protected cell can be computed exactly from this table, so the table is not published.",
    ),
}
"""What each reason means and what to do, for whoever wanted the number."""


@dataclass(frozen=True, slots=True)
class NotEstimable:
    """A number that is not given: why, and what was measured that led to it (by name)."""

    reason: NotEstimableReason
    measured: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> LocalText:
        """The explanation in both languages."""
        return EXPLANATIONS[self.reason]

    def as_json(self) -> dict[str, object]:
        """Return the refusal for machines."""
        return {
            "refused": self.reason.value,
            "text": {"vi": self.text.vi, "en": self.text.en},
            "measured": dict(self.measured),
        }
