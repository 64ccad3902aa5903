"""What numbers of an effect, of cases, grades and priorities mean."""

from quetsach.assess.definitions.definition import PERCENT, Definition
from quetsach.core.pack import LocalText

_DAYS = LocalText("ngày", "days")

OBSERVED_REDUCTION = Definition(
    "observed-reduction",
    LocalText("Mức giảm quan sát được", "Observed reduction"),
    PERCENT,
    1,
    LocalText(
        "Số ca nhiễm đang trực tuyến của kỳ sau ít hơn kỳ trước bao nhiêu phần trăm (máy nhiễm hai họ mã độc là hai ca "
        "nhiễm), chỉ tính những nguồn dữ liệu và họ mã độc có trong cả hai kỳ theo cùng một cách; hai kỳ dài bằng "
        "nhau. Con số này không cho biết nguyên nhân.",
        "By how much infections on line are fewer in the later window than in the earlier one (a machine with two "
        "families is two), on the feeds and families that both have in the same way; the windows are equally long. It "
        "does not say what the cause is.",
    ),
)
REDUCTION = Definition(
    "reduction-due-to-campaign",
    LocalText("Mức giảm nhờ chiến dịch", "Reduction due to the campaign"),
    PERCENT,
    1,
    LocalText(
        "Số máy nhiễm ít hơn bao nhiêu phần trăm so với mức dự kiến nếu không có chiến dịch, sau khi tác động đã "
        "đạt đủ: một trừ tỷ số giữa hai mức đó. Mức dự kiến được suy ra từ những đơn vị chưa bắt đầu hoặc không "
        "tham gia, theo phương pháp đã đăng ký. Khoảng tin cậy 95% lấy từ khác biệt giữa các đơn vị.",
        "By how many per cent infected machines are fewer than there would have been without the campaign, once its "
        "effect is whole: one less the ratio of the two. What there would have been is told from units that have not "
        "begun or take no part, by the registered method. The 95 % interval comes from how units differ.",
    ),
)
CHANCE = Definition(
    "chance-of-target",
    LocalText("Xác suất đạt chỉ tiêu", "Probability that the target was met"),
    PERCENT,
    1,
    LocalText(
        "Xác suất mức giảm nhờ chiến dịch đạt ít nhất chỉ tiêu, theo sai số của phép ước lượng. Kết luận dựa vào "
        "khoảng dùng để đánh giá, rộng hơn khoảng tin cậy 95% và được nêu kèm: đạt nếu cả khoảng không thấp hơn chỉ "
        "tiêu; không đạt nếu cả khoảng thấp hơn; còn lại là chưa kết luận được. Chỉ đưa ra kết luận và xác suất cho "
        "phân tích đã đăng ký trước, trên đúng bảng số liệu đã đăng ký, khi mọi kiểm tra đều đạt.",
        "The probability that the reduction due to the campaign is at least the target, by the error of the estimate. "
        "The verdict goes by the range that a target is judged by, which is wider than the 95 % interval and told "
        "beside it. Achieved: the whole range is at or above the target; not achieved: the whole range is under it; "
        "otherwise not decided. Verdict and probability are given for the registered analysis of the registered panel "
        "alone, and only where its checks hold.",
    ),
)
TIME_TO_CLEAN = Definition(
    "median-time-to-clean",
    LocalText("Thời gian làm sạch (trung vị)", "Time to clean (median)"),
    _DAYS,
    1,
    LocalText(
        "Sau bao nhiêu ngày thì một nửa số ca được làm sạch, theo phương pháp Kaplan–Meier. Một ca là các lượt ghi "
        "nhận của một máy (theo mã của mã độc) hoặc một thuê bao, không cách nhau quá 14 ngày; ca được coi là sạch từ "
        "lượt cuối cùng, nếu sau đó 14 ngày không thấy nữa khi hệ thống quan trắc vẫn hoạt động. Tính từ ngày "
        "thông báo, từ lần đầu ghi nhận, hoặc từ ngày bắt đầu chiến dịch với ca đã có từ trước. Không tính theo "
        "địa chỉ IP; không công bố nhóm có dưới 50 ca được làm sạch.",
        "After how many days half of the cases are clean, by Kaplan and Meier. A case is the sightings of one machine "
        "(by the malware's own identifier) or subscriber with no more than 14 quiet days between them; it is clean "
        "from its last sighting if it was not seen for 14 days after that while the sensor was alive. It runs from the "
        "notification, from the first sighting, or, for cases that were there before, from the start of the campaign. "
        "Never by IP address; groups with fewer than 50 clean-ups are not published.",
    ),
)
STILL_INFECTED = Definition(
    "still-infected",
    LocalText("Còn nhiễm sau 14 và 30 ngày", "Still infected after 14 and 30 days"),
    PERCENT,
    1,
    LocalText(
        "Phần các ca chưa được làm sạch 14 và 30 ngày sau mốc tính thời gian làm sạch, theo cùng đường cong.",
        "The share of the cases that are not clean 14 and 30 days after the origin of the time to clean, by the same "
        "curve.",
    ),
)
REINFECTED = Definition(
    "reinfected",
    LocalText("Nhiễm lại sau 30, 90 và 150 ngày", "Infected again within 30, 90 and 150 days"),
    PERCENT,
    1,
    LocalText(
        "Phần các máy hoặc thuê bao đã sạch mà có ca mới của cùng họ mã độc trong vòng 30, 90 và 150 ngày kể từ khi ca "
        "thứ nhất kết thúc.",
        "The share of the machines or subscribers that were clean and had another case of the same family within 30, "
        "90 and 150 days of the end of the first.",
    ),
)
GRADE = Definition(
    "provider-grade",
    LocalText("Xếp loại nhà mạng", "Grade of a provider"),
    LocalText("loại", "grade"),
    0,
    LocalText(
        "Tốt hơn hoặc kém hơn mức giữa, nếu xác suất tỷ lệ ca nhiễm trên 1.000 thuê bao thấp hơn hoặc cao hơn trung "
        "vị của các nhà mạng là ít nhất 0,95; còn lại là chưa phân biệt được. Khoảng thứ hạng đúng với xác suất 95% "
        "cho từng nhà mạng. Không công bố thứ hạng đơn lẻ.",
        "Better or worse than the middle where the rate of infections per 1,000 subscribers lies below or above "
        "the median of the providers with a probability of 0.95 at least; else not distinguishable. The interval of "
        "ranks holds with 95 % for one provider. Bare ranks are not published.",
    ),
)
PRIORITY = Definition(
    "priority-score",
    LocalText("Điểm ưu tiên", "Priority score"),
    LocalText("từ 0 đến 1", "from 0 to 1"),
    2,
    LocalText(
        "Trung bình có trọng số của các tiêu chí đã nêu (quy mô, mức tăng, tác hại, khả năng gỡ bỏ, khả năng quan sát, "
        "mức độ phơi nhiễm của cơ quan nhà nước), mỗi tiêu chí từ 0 đến 1. Chắc chắn: thuộc nhóm được chọn với "
        "ít nhất 95% các bộ trọng số gần với bộ đã nêu; không: với tối đa 5%; còn lại là chưa phân định.",
        "The weighted mean of the stated criteria (size, growth, harm, remediability, coverage, exposure of the "
        "state), each from 0 to 1. Certain: among the chosen with at least 95 % of weights near the stated ones; "
        "never: with 5 % at most; else contested.",
    ),
)
