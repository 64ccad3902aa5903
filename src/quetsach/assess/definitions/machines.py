"""What numbers of machines mean."""

from quetsach.assess.definitions.definition import Definition
from quetsach.core.pack import LocalText

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
