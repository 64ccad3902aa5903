rule phorpiex_program
{
    meta:
        description = "Phorpiex: the command that it writes into shortcuts on memory sticks, or the name of its project, beside what it changes"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/win.phorpiex"
        file_types = "pe"
    strings:
        $stick = /\/c start (__|\.\\%s) & (start )?(__|\.\\%s)\\(DriveMgr|VolDriver)\.exe/ ascii wide nocase
        $project = "\\Release\\Trik.pdb"
        $changes_1 = "AntiVirusDisableNotify" ascii wide
        $changes_2 = "FirewallDisableNotify" ascii wide
        $changes_3 = "DisableAntiSpyware" ascii wide
        $changes_4 = "s:*:Enabled:%" ascii wide
        $changes_5 = "s:Zone.Identifier" ascii wide
        $changes_6 = "ShEllExECutE=__\\" ascii wide nocase
        $changes_7 = "PRIVMSG"
        $changes_8 = "\\Services\\WinDefend" ascii wide nocase
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and filesize < 1MB and
        ($stick or $project) and any of ($changes_*)
}
