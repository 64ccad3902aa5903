rule zeroaccess_module
{
    meta:
        description = "Program or library of ZeroAccess: how it names the parts it fetches, together with the places and objects that only it uses"
        author = "Quét Sạch"
        reference = "https://www.trendmicro.com/vinfo/br/threat-encyclopedia/malware/troj_sirefef.afp"
        file_types = "pe"
    strings:
        $part_1 = "%08x.@" ascii wide
        $part_2 = "U\\80000032.@" ascii wide
        $part_3 = "????????.@" ascii wide
        $part_4 = "\\U\\%08x.@" ascii wide
        $place_1 = "\\Google\\Desktop\\Install\\{%08x-%04x-%04x-%02x%02x-" ascii wide
        $place_2 = "\\systemroot\\assembly\\GAC\\Desktop.ini" ascii wide
        $place_3 = "\\BaseNamedObjects\\Restricted\\{12E9D947-EDF5-4191-AADB-F51815F004D8}" ascii wide nocase
        $place_4 = "\\BaseNamedObjects\\Restricted\\{889E2280-F15E-4330-A3F4-D4EEF899AAF6}" ascii wide nocase
        $place_5 = "\\BaseNamedObjects\\Restricted\\{A3D35150-6823-4462-8C6E-7417FF841D7A}" ascii wide nocase
        $place_6 = "\\\\.\\globalroot\\systemroot\\system32\\mswsock" ascii wide nocase
        $place_7 = "x64\\release\\INBR64" ascii
    condition:
        uint16(0) == 0x5a4d and filesize < 2MB and uint32(0x3c) < 0x1000
        and uint32(uint32(0x3c)) == 0x00004550
        // It is not signed; the makers of tools that look for it sign theirs. The table of signatures stands 0x98 bytes
        // behind the mark PE, in 64 bits 0xa8.
        and ((uint16(uint32(0x3c) + 0x18) == 0x10b and uint32(uint32(0x3c) + 0x98) == 0)
            or (uint16(uint32(0x3c) + 0x18) == 0x20b and uint32(uint32(0x3c) + 0xa8) == 0))
        and any of ($part_*) and any of ($place_*)
}
