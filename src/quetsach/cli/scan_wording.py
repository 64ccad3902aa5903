"""What ``scan`` says of a finding in the middle of a line, and why something was not looked at."""

from collections.abc import Mapping

from quetsach.core.text import Text

KINDS: Mapping[str, Text] = {
    "file": Text("file"),
    "process": Text("process"),
    "cron-entry": Text("cron schedule"),
    "systemd-unit": Text("system service"),
    "preload-entry": Text("library loaded into every program"),
    "authorized-key": Text("SSH key"),
    "rc-local-line": Text("command run at start-up"),
    "profile-line": Text("command run at sign-in"),
    "setting-line": Text("setting"),
    "startup-file": Text("start-up file"),
    "registry-value": Text("registry value"),
    "registry-key": Text("registry key"),
    "service": Text("Windows service", context="in a sentence"),
    "scheduled-task": Text("scheduled task"),
    "wmi-subscription": Text("WMI subscription", context="in a sentence"),
    "kernel-module": Text("kernel module"),
    "socket": Text("network connection"),
    "hidden-folder": Text("hidden folder"),
}
"""Kind of an artefact -> what it is."""

SEVERITIES: Mapping[str, Text] = {
    "test": Text("test"),
    "low": Text("low"),
    "medium": Text("medium"),
    "high": Text("high"),
    "critical": Text("critical"),
}
"""Severity of a family."""

REASONS: Mapping[str, Text] = {
    "special": Text("device, pipe or socket"),
    "virtual": Text("the kernel's own file system"),
    "network": Text("network disk"),
    "cloud": Text("kept in a cloud, not on this disk"),
    "memory": Text("memory that Windows keeps on the disk, not read whole"),
    "too-large": Text("too large"),
    "too-deep": Text("too deep", context="of a scan"),
    "unreadable": Text("no permission, or a disk error"),
    "changed": Text("changed while it was read", context="of a scan"),
    "vanished": Text("gone when it was to be read"),
    "timed-out": Text("took too long", context="of a scan"),
    "crashed": Text("ended the matcher"),
    "encrypted": Text("locked with a password"),
    "not-opened": Text("packed in a way this tool does not open here"),
    "limit": Text("a limit of the tool was reached"),
    "damaged": Text("the structure of the file is damaged"),
    "stale": Text("Windows did not close it cleanly; the newest changes may be missing"),
    "overfull": Text("holds more than is read of such a place; what comes after was not seen"),
    "own": Text("memory of another run of this tool, which holds the signatures itself"),
    "missing": Text("every Windows has this file, and it is not here"),
    "unsettled": Text("it shows a sign that counts only beside others, which may lie where nobody looked"),
    "not-reached": Text("the scan ended before"),
}
"""Why something was not looked at."""
