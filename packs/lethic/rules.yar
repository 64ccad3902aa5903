rule lethic_program
{
    meta:
        description = "Lethic: its folder in the recycler, its set-up key or its mutex, with another of these or a name of its control servers"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/win.lethic"
        file_types = "pe"
    strings:
        $server_1 = "dqglobex.com" nocase
        $server_2 = "verywellhere.cn" nocase
        $server_3 = "iamnothere.cn" nocase
        $server_4 = "port5.alwaysproxy.info" nocase
        $folder = "RECYCLER\\S-1-5-21-0243336031-4052116379-881863308-0850"
        $set_up = "12CFG914-K641-26SF-N31P"
        $mutex = "silinuggahxx4576"
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and filesize < 8MB and
        any of ($folder, $set_up, $mutex) and 2 of them
}

rule lethic_servers
{
    meta:
        description = "Program with two names of Lethic's control servers: perhaps Lethic, perhaps a list of what to block"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/win.lethic"
        file_types = "pe"
    strings:
        $server_1 = "dqglobex.com" nocase
        $server_2 = "verywellhere.cn" nocase
        $server_3 = "iamnothere.cn" nocase
        $server_4 = "port5.alwaysproxy.info" nocase
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and filesize < 8MB and 2 of them
}

rule hides_from_defender_and_analysts
{
    meta:
        description = "As later Lethic does: a program that excludes itself from Defender and knows the product numbers of three analysis machines"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/win.lethic"
        file_types = "pe"
    strings:
        $excludes = "powershell.exe Add-MpPreference -ExclusionPath" nocase
        $number_1 = "76487-337-8429955-22614"
        $number_2 = "76487-644-3177037-23510"
        $number_3 = "55274-640-2673064-23950"
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and filesize < 8MB and all of them
}
