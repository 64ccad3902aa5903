"""Why packs or the tool are not updated, and why a drive must not be changed; with what to do about it."""

from collections.abc import Mapping

from quetsach.core.text import Text

REFUSALS: Mapping[str, Text] = {
    "expired": Text("The repository has expired"),
    "rolled-back": Text("The repository is older than what was seen before"),
    "not-signed": Text("The repository is not signed by enough of the trusted keys"),
    "altered": Text("What was fetched differs from what was signed"),
    "too-long": Text("The repository sends more data than was signed"),
    "too-slow": Text("The repository answers too slowly"),
    "damaged": Text("The repository's metadata is damaged"),
    "bad-name": Text("The repository lists a name that a pack cannot have"),
    "bad-pack": Text("A pack of the repository cannot be used by this version of the tool"),
    "bad-list": Text("The centre's list of what it has taken back cannot be used by this version of the tool"),
    "unreachable": Text("The repository cannot be reached"),
    "no-trust": Text(
        "This installation carries no centre's root of trust, and no repository is ever "
        "trusted because it was seen first"
    ),
    "no-address": Text("The address of the repository is not known"),
}
"""Reason why an update was refused or could not be."""

HINTS: Mapping[str, Text] = {
    "expired": Text("look at the date of this machine first (it says {today}); if it is right, tell the centre"),
    "rolled-back": Text("somebody may be holding updates back; try another network and tell the centre"),
    "not-signed": Text(
        "this is another centre's repository, or a false one; a root of trust is named with --trust-root"
    ),
    "altered": Text("try another network and tell the centre"),
    "too-long": Text("try another network and tell the centre"),
    "too-slow": Text("try again later or on another network"),
    "damaged": Text("try again later and tell the centre"),
    "bad-name": Text("tell the centre"),
    "bad-pack": Text("a newer version of the tool may be needed"),
    "bad-list": Text("a newer version of the tool may be needed"),
    "unreachable": Text("check the network and the address, then try again ({detail})"),
    "no-trust": Text(
        "fetch the root of trust (metadata/1.root.json of the centre's repository, or the "
        "newer one that the centre names), compare its SHA-256 with the published one, then "
        "run: quetsach update --repository ADDRESS --trust-root FILE"
    ),
    "no-address": Text("add --repository ADDRESS"),
}
"""The same reasons -> what to do next; with ``today`` and ``detail``."""

HINTS_IN_WINDOW: Mapping[str, Text] = {
    **HINTS,
    "not-signed": Text("this is another centre's repository, or a false one; tell the centre"),
    "no-trust": Text("fetch a copy that carries a root of trust from the centre's site"),
    "no-address": Text("fetch the new version from the centre's site"),
}
"""The same where a person has buttons and types no commands."""

UNFIT: Mapping[str, Text] = {
    "locked": Text(
        "The drive {path} is locked by BitLocker, so this stick cannot look into it. Switch "
        "the encryption off in Windows (settings, device encryption), or let someone who "
        "knows computers open it with the recovery key: type l, then `cryptsetup open --type "
        "bitlk {path} mo`, and choose again."
    ),
    "hibernated": Text(
        "The Windows on {path} only SLEEPS (fast start-up or hibernation) and is not shut "
        "down. Changing the drive now could damage it, so the tool does not. Restart the "
        "computer into Windows, press Start, type cmd and Enter, type `shutdown /s /t 0` and "
        "Enter; then start from this stick again. If Windows does not start any more, ask "
        "someone who knows computers."
    ),
    "unclean": Text(
        "The drive {path} was not closed by Windows (power cut, pulled out, switched off), "
        "so the tool does not change it. Restart the computer into Windows and shut it down "
        "with `shutdown /s /t 0`; if it does not start, run `chkdsk /f` from the rescue "
        "medium of Windows; then start from this stick again."
    ),
    "damaged": Text(
        "The file system on {path} is damaged. Run `chkdsk /f` from the rescue medium of "
        "Windows first; if the disk is failing, copy your data first."
    ),
    "unreadable": Text("The drive {path} cannot be checked, so the tool changes nothing on it."),
}
"""Why a drive at ``path`` must not be changed now, and what to do about it."""
