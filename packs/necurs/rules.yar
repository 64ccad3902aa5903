rule necurs_driver
{
    meta:
        description = "Driver with Necurs's own device that knows makers of antivirus by their names, to keep their drivers from loading"
        author = "Quét Sạch"
        reference = "https://www.f-secure.com/v-descs/rootkit_w32_necurs.shtml"
        file_types = "pe"
    strings:
        $device = "NtSecureSys" wide
        $built = "\\cut\\abler\\detecting\\overlapping\\am.pdb"
        $maker_1 = "Agnitum Ltd" ascii wide
        $maker_2 = "ALWIL Software" ascii wide
        $maker_3 = "Avira GmbH" ascii wide
        $maker_4 = "Beijing Jiangmin" ascii wide
        $maker_5 = "Beijing Rising" ascii wide
        $maker_6 = "BitDefender SRL" ascii wide
        $maker_7 = "Doctor Web Ltd" ascii wide
        $maker_8 = "FRISK Software International Ltd" ascii wide
        $maker_9 = "GRISOFT, s.r.o." ascii wide
        $maker_10 = "NovaShield Inc" ascii wide
        $maker_11 = "VirusBuster Ltd" ascii wide
    condition:
        uint16(0) == 0x5a4d and filesize < 1MB and uint32(0x3c) < 0x1000
        and uint32(uint32(0x3c)) == 0x00004550 and uint16(uint32(0x3c) + 0x5c) == 1
        and ($device or $built) and 4 of ($maker_*)
}

rule necurs_program
{
    meta:
        description = "Necurs's program: the names of its device, events and service, and how it writes its folder's name"
        author = "Quét Sạch"
        reference = "https://www.symantec.com/security-center/writeup/2012-121212-2802-99"
        file_types = "pe"
    strings:
        $own_1 = "\\\\.\\NtSecureSys" ascii wide
        $own_2 = "NitrGB" ascii wide fullword
        $own_3 = "syshost32" ascii wide fullword
        $word_1 = "some stupid error %u" ascii wide
        $word_2 = "exception %08x %swhen %s at %p" ascii wide
        $word_3 = "%s%0.8X-%0.4X-%0.4X-%0.4X-%0.8X%0.4X}\\" ascii wide
    condition:
        uint16(0) == 0x5a4d and filesize < 2MB and uint32(0x3c) < 0x1000
        and uint32(uint32(0x3c)) == 0x00004550
        // It is not signed; the makers of tools that look for it sign theirs. The table of signatures stands 0x98 bytes
        // behind the mark PE, in 64 bits 0xa8.
        and ((uint16(uint32(0x3c) + 0x18) == 0x10b and uint32(uint32(0x3c) + 0x98) == 0)
            or (uint16(uint32(0x3c) + 0x18) == 0x20b and uint32(uint32(0x3c) + 0xa8) == 0))
        and (all of ($own_*) or (any of ($own_*) and any of ($word_*)))
}
