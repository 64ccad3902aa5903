"""What a report says of a finding: its kind, its outcome, why it was left alone; and why something was not read."""

from collections.abc import Mapping

from quetsach.core.text import Text

KINDS: Mapping[str, Text] = {
    "file": Text("File"),
    "process": Text("Running process"),
    "cron-entry": Text("Automatic schedule (cron)"),
    "systemd-unit": Text("System service (systemd)"),
    "preload-entry": Text("Library loaded into every program"),
    "authorized-key": Text("SSH key that may sign in"),
    "rc-local-line": Text("Command run at start-up"),
    "profile-line": Text("Command run at sign-in"),
    "setting-line": Text("Setting"),
    "startup-file": Text("Start-up file"),
    "registry-value": Text("Registry value"),
    "registry-key": Text("Registry key"),
    "service": Text("Windows service"),
    "scheduled-task": Text("Scheduled task"),
    "wmi-subscription": Text("WMI subscription"),
    "kernel-module": Text("Kernel module"),
    "socket": Text("Network connection"),
    "hidden-folder": Text("Hidden folder"),
}
"""Kind of an artefact -> what it is."""

ABOUT: Mapping[str, Text] = {
    "file": Text("As long as such a file is there, it can be run again."),
    "test": Text("This file is harmless: it only shows whether the tool recognises it."),
    "process": Text("As long as such a program runs, it works for the attacker."),
    "cron-entry": Text("Such a schedule makes the machine run commands by itself, also after a restart."),
    "systemd-unit": Text("The system starts such services by itself with the machine."),
    "preload-entry": Text(
        "A library named here is loaded into every program, so it can hide malware from whoever looks."
    ),
    "authorized-key": Text("Whoever holds this key can sign in to the machine without a password."),
    "rc-local-line": Text("A command written here runs by itself whenever the machine starts."),
    "profile-line": Text("A command written here runs by itself whenever somebody signs in."),
    "setting-line": Text("Such settings decide what runs, who gets in or where connections lead."),
    "startup-file": Text("A file in this place runs by itself when the machine starts or somebody signs in."),
    "registry-value": Text(
        "The registry is where Windows keeps its settings. Such a value can start a program, "
        "lead connections elsewhere or lower the protection of the machine."
    ),
    "registry-key": Text(
        "The registry is where Windows keeps its settings. Windows obeys such keys merely because they are there."
    ),
    "service": Text("Windows starts such services and drivers by itself, often with the highest rights."),
    "scheduled-task": Text("Windows runs such tasks by itself at set times or when something happens."),
    "wmi-subscription": Text(
        "Windows runs such commands by itself when something happens, without a file that is easy to see."
    ),
    "kernel-module": Text("A module in the kernel may do everything and can hide everything else."),
    "socket": Text("A program on this machine is connected to the outside or waits for connections."),
    "hidden-folder": Text(
        "The folder is still there, but marked as hidden and as the system's own, so Windows "
        "does not show it; false shortcuts are often put in its place."
    ),
}
"""Kind of an artefact -> what that means for the machine; ``test`` for a harmless test file."""

OUTCOMES: Mapping[str, Text] = {
    "found": Text("seen, nothing changed"),
    "planned": Text("to be removed"),
    "removed": Text("removed"),
    "left": Text("left alone"),
    "changed": Text("changed since, scan again"),
    "failed": Text("could not be removed"),
    "restored": Text("put back as it was before the clean-up"),
}
"""What became of a finding."""

DONE: Mapping[str, Text] = {
    "found": Text("When cleaning: {action}."),
    "planned": Text("To be done: {action}."),
    "removed": Text("Done: {action}."),
    "failed": Text("Could not be done: {action}."),
}
"""What became of a finding -> what is said of its ``action``."""

HOLDS: Mapping[str, Text] = {
    "foreign": Text("it is malware of {systems}, so it is not removed in the way of this system"),
    "report-only": Text("the pack only reports this"),
    "system": Text("the machine would not start, or nobody could sign in, without it"),
    "package": Text("it belongs to installed software and is unaltered, so the rule is probably wrong"),
    "own": Text("it belongs to this tool itself"),
    "entangled": Text("it is part of a larger command; without it the whole file might fail, so edit it by hand"),
    "unreachable": Text("it is no longer where it was seen; scan again"),
    "incomplete": Text("it is not known where to cut, or what the system has from the factory"),
    "not-running": Text("it can only be removed from a running system, and this one is not"),
    "member": Text(
        "it lies inside an archive, where it cannot run; quetsach clean --archives can seal the whole archive"
    ),
    "not-chosen": Text("you did not choose to remove it"),
}
"""Why a finding was left alone; with ``systems``."""

UNDONE: Mapping[str, Text] = {
    "quarantine": Text("Undo puts this very file back, with its owner, rights and times."),
    "kill": Text("Undo does not start the process again."),
    "remove-line": Text("Undo puts this very line back and keeps what you changed in the file since."),
    "remove-unit": Text("Undo puts the service's files and links back, but does not start it."),
    "truncate": Text("Undo puts the whole file back, with what was appended to it."),
    "remove-value": Text("Undo puts this value back."),
    "remove-entry": Text("Undo puts this entry back into the list."),
    "restore-default": Text("Undo puts this back as it was before the clean-up."),
    "remove-key": Text("Undo puts this key back with everything in it."),
    "remove-service": Text("Undo puts the service back, but does not start it."),
    "remove-task": Text("Undo puts this task back."),
    "remove-subscription": Text("Undo registers this subscription again."),
    "unhide": Text("Undo marks this folder as hidden again; what is in it is not touched."),
}
"""Action -> what undoing it gives back."""

SEVERITIES: Mapping[str, Text] = {
    "test": Text("harmless test file", context="severity"),
    "low": Text("low severity"),
    "medium": Text("medium severity"),
    "high": Text("high severity"),
    "critical": Text("critical severity"),
}
"""Severity of a family."""

REASONS: Mapping[str, Text] = {
    "special": Text("device, pipe or socket"),
    "virtual": Text("virtual file system of the kernel"),
    "network": Text("on another machine"),
    "cloud": Text("kept in a cloud, not on this disk"),
    "memory": Text("memory that Windows keeps on the disk, not read whole"),
    "too-large": Text("too large"),
    "too-deep": Text("too deep"),
    "unreadable": Text("cannot be read"),
    "changed": Text("changed while it was read"),
    "vanished": Text("vanished"),
    "timed-out": Text("took too long"),
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


def severity_text(severity: str, language: str) -> str:
    """Return how severe a family is; as the pack says it where that is none of ours."""
    return SEVERITIES[severity].in_language(language) if severity in SEVERITIES else severity


def reason_text(reason: str, language: str) -> str:
    """Return why something was not looked at; as the report says it where a later version of the tool wrote that."""
    return REASONS[reason].in_language(language) if reason in REASONS else reason
