"""Pieces of recipes that several families share; the words for people are added later."""

from quetsach.packs.specimen.hive import DWORD, Keys
from quetsach.packs.specimen.neighbours import SERVICES

FILE_TRAIT = """
[[trait]]
id = "program"
kind = "file"
rule = "program"
action = "quarantine"
"""
SERVICE_TRAIT = """
[[trait]]
id = "service"
kind = "service"
refers_to = ["program"]
action = "remove-service"
"""
TASK_TRAIT = """
[[trait]]
id = "task"
kind = "scheduled-task"
refers_to = ["program"]
action = "remove-task"
"""
STARTUP_TRAIT = """
[[trait]]
id = "startup"
kind = "startup-file"
refers_to = ["program"]
action = "quarantine"
"""
AUTORUN_TRAIT = """
[[trait]]
id = "autorun"
kind = "setting-line"
match.place = "^autorun-inf$"
refers_to = ["program"]
action = "remove-line"
"""


def value(trait: str, place: str, action: str, *more: str) -> str:
    lines = [f'id = "{trait}"', 'kind = "registry-value"', f"match.place = '^({place})$'", f'action = "{action}"']
    return "\n[[trait]]\n" + "\n".join([*lines, *more]) + "\n"


STARTS_TRAIT = ("run|run-policies|winlogon|startup-approved|com-hijacks|load-and-run", "remove-value")
RUN_TRAIT = value("run", *STARTS_TRAIT, 'refers_to = ["program"]')
FIREWALL_TRAIT = value("firewall", "firewall-programs|firewall-rules", "remove-value", 'refers_to = ["program"]')
ONLY_TRAIT = 'only_with = ["program"]'
SERVICES_OFF_TRAIT = value(
    "service-off",
    "security-services",
    "restore-default",
    r"match.key = '\\(wuauserv|BITS|WinDefend|WerSvc|wscsvc|MpsSvc|BFE)$'",
    "match.data = '^4$'",
    ONLY_TRAIT,
)
TOOLS_TRAIT = value("tools", "disabled-tools", "remove-value", "match.data = '^1$'", ONLY_TRAIT)
SAFE_BOOT_TRAIT = """
[[trait]]
id = "safe-boot"
kind = "registry-key"
match.place = "^safe-boot$"
match.missing = "^yes$"
only_with = ["program"]
action = "report"
"""


def off(*names: str) -> Keys:
    return {rf"{SERVICES}\{name}": {"Start": (DWORD, 4)} for name in names}
