"""What a pack can ask of an artefact: the fields of each kind, and the systems on which the kind is looked for."""

from collections.abc import Mapping

from quetsach.core.pack import ArtefactKind

_FIELDS = {
    ArtefactKind.FILE: "path name size_bytes mode owner archive cut",
    ArtefactKind.PROCESS: "pid name executable deleted command_line script uid cwd preload",
    ArtefactKind.CRON_ENTRY: "place schedule user command path line",
    ArtefactKind.SYSTEMD_UNIT: "place name type path user description exec environment wanted_by starts drop_in",
    ArtefactKind.PRELOAD_ENTRY: "place libraries line",
    ArtefactKind.AUTHORIZED_KEY: "place user options algorithm fingerprint comment command path",
    ArtefactKind.RC_LOCAL_LINE: "place path line command user",
    ArtefactKind.PROFILE_LINE: "place path line command user",
    ArtefactKind.SETTING_LINE: "place path line command user",
    ArtefactKind.STARTUP_FILE: "place path name command user",
    ArtefactKind.REGISTRY_VALUE: "place key name type data entry list command server default missing user",
    ArtefactKind.REGISTRY_KEY: "place key data values server missing user",
    ArtefactKind.SERVICE: (
        "name display_name key command dll start type group svchost account failure_command missing hidden pid"
    ),
    ArtefactKind.SCHEDULED_TASK: "name path command handler server author user hidden enabled trigger",
    ArtefactKind.WMI_SUBSCRIPTION: "name consumer filter command query listed",
    ArtefactKind.KERNEL_MODULE: "place name path hidden",
    ArtefactKind.SOCKET: "place protocol local remote state pid",
    ArtefactKind.HIDDEN_FOLDER: "place path name",
}

FIELDS_OF_KIND: Mapping[ArtefactKind, tuple[str, ...]] = {kind: tuple(names.split()) for kind, names in _FIELDS.items()}
"""The fields that ``match`` and ``listed`` can test; ``docs/reference/collectors.md`` says what each holds."""

_LINUX, _MACOS, _WINDOWS = "linux", "macos", "windows"

SYSTEMS_OF_KIND: Mapping[ArtefactKind, frozenset[str]] = {
    ArtefactKind.FILE: frozenset({_LINUX, _MACOS, _WINDOWS}),
    ArtefactKind.PROCESS: frozenset({_LINUX, _MACOS, _WINDOWS}),
    ArtefactKind.CRON_ENTRY: frozenset({_LINUX, _MACOS}),
    ArtefactKind.SYSTEMD_UNIT: frozenset({_LINUX}),
    ArtefactKind.PRELOAD_ENTRY: frozenset({_LINUX}),
    ArtefactKind.AUTHORIZED_KEY: frozenset({_LINUX, _MACOS}),
    ArtefactKind.RC_LOCAL_LINE: frozenset({_LINUX, _MACOS}),
    ArtefactKind.PROFILE_LINE: frozenset({_LINUX, _MACOS}),
    ArtefactKind.SETTING_LINE: frozenset({_LINUX, _MACOS, _WINDOWS}),
    ArtefactKind.STARTUP_FILE: frozenset({_LINUX, _MACOS, _WINDOWS}),
    ArtefactKind.REGISTRY_VALUE: frozenset({_WINDOWS}),
    ArtefactKind.REGISTRY_KEY: frozenset({_WINDOWS}),
    ArtefactKind.SERVICE: frozenset({_WINDOWS}),
    ArtefactKind.SCHEDULED_TASK: frozenset({_WINDOWS}),
    ArtefactKind.WMI_SUBSCRIPTION: frozenset({_WINDOWS}),
    ArtefactKind.KERNEL_MODULE: frozenset({_LINUX}),
    ArtefactKind.SOCKET: frozenset({_LINUX, _WINDOWS}),
    ArtefactKind.HIDDEN_FOLDER: frozenset({_WINDOWS}),
}
"""The systems on which a kind of artefact is looked for."""
