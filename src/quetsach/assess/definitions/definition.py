"""The name, unit and exact meaning of each kind of number: of addresses, machines, effects, cases and grades."""

from dataclasses import dataclass

from quetsach.core.pack import LocalText

# The name, unit and exact meaning of one kind of number.


@dataclass(frozen=True, slots=True)
class Definition:
    """The name, unit and exact meaning of one kind of number, and the decimals that it is given with."""

    id: str
    name: LocalText
    unit: LocalText
    decimals: int
    text: LocalText

    def as_json(self) -> dict[str, object]:
        """Return the definition for machines, texts in both languages."""
        return {
            "name": {"vi": self.name.vi, "en": self.name.en},
            "unit": {"vi": self.unit.vi, "en": self.unit.en},
            "text": {"vi": self.text.vi, "en": self.text.en},
        }


PERCENT = LocalText("%", "%")
"""The unit of shares and changes."""


# What numbers of addresses mean.

_ADDRESSES = LocalText("địa chỉ", "addresses")

MEAN_DAILY = Definition(
    "mean-daily-addresses",
    LocalText("Địa chỉ trung bình mỗi ngày", "Mean daily addresses"),
    _ADDRESSES,
    1,
    LocalText(
        "Số địa chỉ IP khác nhau ghi nhận được trong một ngày (giờ UTC), lấy trung bình trên những ngày có dữ liệu. "
        "Ngày không có dữ liệu không được coi là 0. Một địa chỉ IP không phải là một máy tính.",
        "Distinct IP addresses seen in one day (UTC), averaged over the days that have data. A day without data is not "
        "counted as zero. An IP address is not a computer.",
    ),
)
WINDOW = Definition(
    "window-addresses",
    LocalText("Địa chỉ trong cả kỳ", "Addresses in the whole window"),
    _ADDRESSES,
    0,
    LocalText(
        "Số địa chỉ IP khác nhau ghi nhận được ít nhất một lần trong cả kỳ. Con số này tăng lên "
        "khi nhà mạng đổi địa chỉ của thuê bao, nên chỉ được nêu để nối tiếp cách công bố của năm 2020 và không dùng "
        "để kết luận.",
        "Distinct IP addresses seen at least once in the whole window. It grows when providers "
        "renumber their customers, so it is shown for continuity with 2020 and gives no verdict.",
    ),
)
PER_THOUSAND = Definition(
    "addresses-per-thousand-announced",
    LocalText("Trên 1.000 địa chỉ", "Per 1,000 addresses"),
    LocalText("‰", "‰"),
    3,
    LocalText(
        "Số địa chỉ IPv4 trung bình mỗi ngày, tính trên 1.000 địa chỉ IPv4 mà nhà mạng quảng bá trên Internet theo "
        "bảng địa chỉ đã nêu. Địa chỉ IPv6 không tính vào tỷ lệ này.",
        "Mean daily IPv4 addresses for each 1,000 IPv4 addresses that the provider announces by the stated address "
        "table. IPv6 addresses are left out of this rate.",
    ),
)
SHARE = Definition(
    "share",
    LocalText("Tỷ trọng", "Share"),
    PERCENT,
    1,
    LocalText(
        "Phần của dòng này trong số địa chỉ trung bình mỗi ngày của cả nước. Một địa chỉ có nhiều họ mã độc được tính "
        "ở từng họ, nên tổng theo họ có thể vượt 100%.",
        "This row's part of the whole country's mean daily addresses. An address with several families counts in "
        "each, so that the families together can exceed 100 %.",
    ),
)
CHANGE = Definition(
    "change-against-baseline",
    LocalText("Thay đổi so với mốc", "Change against baseline"),
    PERCENT,
    1,
    LocalText(
        "Số địa chỉ trong kỳ, của mọi họ mã độc, so với số của kỳ làm mốc đã được chốt; hai kỳ phải dài bằng nhau. "
        "Con số này không cho biết thay đổi có phải do chiến dịch hay không. Nguồn dữ liệu mất dần phạm vi quan sát "
        "cũng làm số địa chỉ giảm, giống hệt như khi máy được làm sạch.",
        "Addresses in the window, of all families, against those of the frozen baseline window of the same length. It "
        "does not say whether the campaign caused the change. A feed that slowly loses sight of machines makes "
        "addresses fewer, too, and looks just like cleaning.",
    ),
)

NO_VERDICT = LocalText(
    "Số địa chỉ trong cả kỳ chỉ được nêu để nối tiếp cách công bố của năm 2020; không dùng để kết luận chỉ tiêu đạt "
    "hay không đạt.",
    "Addresses in the whole window are shown for continuity with 2020; they give no verdict on whether a target was "
    "met.",
)


# What numbers of machines mean.

_MACHINES = LocalText("máy", "machines")

MACHINES_ONLINE = Definition(
    "machines-online",
    LocalText("Máy nhiễm đang trực tuyến", "Infected machines on line"),
    _MACHINES,
    0,
    LocalText(
        "Số máy nhiễm trực tuyến tại một thời điểm, lấy trung bình trong cả kỳ: tổng số giờ của các phiên liên lạc, có "
        "bù phần thiếu ở hai đầu phiên, chia cho số giờ có thể quan sát được họ mã độc đó. Chỉ nêu con số khi các cách "
        "đếm độc lập khớp nhau; nếu không thì chỉ nêu khoảng và lý do. Sai số được hiệu chỉnh theo những máy đã biết "
        "khi mã độc gửi mã định danh ở đủ nhiều mạng. Nếu không, sai số là giả định rút ra từ các tình huống mô phỏng, "
        "coi sau mỗi địa chỉ chỉ có một máy: từ 8% (11% khi máy liên lạc thưa), rộng hơn khi có dấu hiệu nhiều máy "
        "dùng chung một địa chỉ. Máy nhiễm hai họ mã độc là hai ca nhiễm: tổng của nhiều họ là số ca nhiễm, không phải "
        "số máy.",
        "Infected machines on line at one time, on the average of the window: the hours of all sessions, with what is "
        "missing at their edges, divided by the hours in which the family could be seen. There is a number only where "
        "independent ways to count agree, else a range and the reason. The interval is calibrated on known machines "
        "where malware sends bot IDs in enough networks. Else it is an assumption that stands on simulated worlds and "
        "on one machine behind each address: 8 % (11 % where check-ins are rare) and wider where addresses look "
        "shared. A machine with two families is two infections: families added up are infections, not machines.",
    ),
)
MACHINES_BY_EVENTS = Definition(
    "machines-by-events",
    LocalText("Máy nhiễm theo lượt ghi nhận", "Infected machines by events"),
    _MACHINES,
    0,
    LocalText(
        "Số lượt ghi nhận trong một giờ chia cho số lần một máy nhiễm liên lạc trong một giờ trực tuyến. Đúng với mọi "
        "cách cấp địa chỉ, kể cả địa chỉ dùng chung, nếu biết nhịp liên lạc và nguồn không bỏ sót lượt nào (sai số giả "
        "định 8%); nếu nhịp được suy ra từ dữ liệu, sai số giả định là 15%.",
        "Sightings an hour divided by how often one machine checks in during an hour on line. It holds under any "
        "leases and shared addresses if that rate is known and the feed loses nothing (assumed error 8 %); where it is "
        "read off the data, the assumed error is 15 %.",
    ),
)
ADDRESSES_PER_MACHINE = Definition(
    "addresses-per-machine",
    LocalText("Địa chỉ trên một máy", "Addresses per machine"),
    LocalText("lần", "times"),
    1,
    LocalText(
        "Số địa chỉ khác nhau trong cả kỳ chia cho số máy nhiễm đang trực tuyến: vì sao số địa chỉ không phải "
        "là số máy.",
        "Distinct addresses of the whole window divided by infected machines on line: why addresses are not machines.",
    ),
)
MACHINES_BY_GROWTH = Definition(
    "machines-by-growth",
    LocalText("Máy nhiễm theo đường tích lũy", "Infected machines by the accumulation curve"),
    _MACHINES,
    0,
    LocalText(
        "Số máy nhiễm suy ra từ việc số địa chỉ khác nhau tăng thế nào khi thời gian đếm dài ra từ 1 đến 48 giờ. "
        "Chỉ đúng với máy luôn bật và liên lạc vào lúc ngẫu nhiên (sai số giả định 8%), nên chỉ dùng để đối chiếu.",
        "Infected machines told from how distinct addresses grow as the window is lengthened from 1 to 48 hours. It "
        "holds for machines that are always on and check in at random (assumed error 8 %), so it serves as a check.",
    ),
)
INSTALLATIONS = Definition(
    "installations-a-day",
    LocalText("Bản cài mã độc mỗi ngày", "Installations a day"),
    LocalText("bản cài", "installations"),
    0,
    LocalText(
        "Số mã định danh khác nhau của mã độc ghi nhận được trong một ngày (giờ UTC), lấy trung bình trên những ngày "
        "có dữ liệu, ở những nguồn có mã này. Máy sao chép có cùng một mã, máy cài lại có mã mới.",
        "Distinct identifiers of the malware's own seen in one day (UTC), averaged over the days that have data, in "
        "feeds that carry them. Cloned machines share one; a machine that was set up anew has a new one.",
    ),
)
PER_THOUSAND_SUBSCRIBERS = Definition(
    "machines-per-thousand-subscribers",
    LocalText("Tỷ lệ nhiễm trên 1.000 thuê bao", "Infection rate per 1,000 subscribers"),
    LocalText("‰", "‰"),
    3,
    LocalText(
        "Số ca nhiễm đang trực tuyến chia cho số nghìn thuê bao theo bảng đã nêu (máy nhiễm hai họ mã độc là hai ca "
        "nhiễm). Dưới cấp quốc gia, tỷ lệ được kéo về mức chung (Bayes thực nghiệm): đơn vị càng nhỏ, số liệu riêng "
        "càng ít tính.",
        "Infections on line divided by thousands of subscribers, by the stated table (a machine with two families is "
        "two). Below the national level the rate is drawn toward what all have in common (empirical Bayes): the "
        "smaller a unit, the less its own figure counts.",
    ),
)


# What numbers of an effect, of cases, grades and priorities mean.

_DAYS = LocalText("ngày", "days")

OBSERVED_REDUCTION = Definition(
    "observed-reduction",
    LocalText("Mức giảm quan sát được", "Observed reduction"),
    PERCENT,
    1,
    LocalText(
        "Số ca nhiễm đang trực tuyến của kỳ sau ít hơn kỳ trước bao nhiêu phần trăm (máy nhiễm hai họ mã độc là hai ca "
        "nhiễm), chỉ tính những nguồn dữ liệu và họ mã độc có trong cả hai kỳ theo cùng một cách; hai kỳ dài bằng "
        "nhau. Con số này không cho biết nguyên nhân: nguồn dữ liệu mất dần phạm vi quan sát trông giống hệt như khi "
        "máy được làm sạch.",
        "By how much infections on line are fewer in the later window than in the earlier one (a machine with two "
        "families is two), on the feeds and families that both have in the same way; the windows are equally long. It "
        "does not say what the cause is: a feed that slowly loses sight of machines looks just like cleaning.",
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
