import "math"

rule sality_driver
{
    meta:
        description = "Driver that keeps the machine from the sites of makers of antivirus: Sality's own device, or its list of sites, on top of the filter driver of Windows"
        author = "Quét Sạch"
        reference = "https://www.f-secure.com/v-descs/virus_w32_sality.shtml"
        file_types = "pe"
    strings:
        $filter = "\\Device\\IPFILTERDRIVER" wide
        $device_1 = "\\Device\\amsint32" wide
        $device_2 = "\\DosDevices\\amsint32" wide
        $site_1 = "sality-remov"
        $site_2 = "virustotal."
        $site_3 = "kaspersky"
    condition:
        uint16(0) == 0x5a4d and filesize < 128KB
        and uint32(uint32(0x3c)) == 0x00004550 and uint16(uint32(0x3c) + 0x5c) == 1
        and $filter and (any of ($device_*) or all of ($site_*))
}

rule sality_body
{
    meta:
        description = "Sality's own program, not packed: it opens the firewall under the name ipsec and carries the names by which its parts know each other"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/win.sality"
        file_types = "pe"
    strings:
        $opens = "%s:*:Enabled:ipsec"
        $name_1 = "purity_control_"
        $name_2 = "hh8geqpHJTkdns"
        $name_3 = "Op1mutx9"
        $name_4 = "uxJLpe1m"
        $name_5 = "MCIDRV_VER"
        $name_6 = "kukutrust"
        $name_7 = "\\\\.\\amsint32"
    condition:
        uint16(0) == 0x5a4d and filesize < 1MB and uint32(uint32(0x3c)) == 0x00004550
        // It is not signed; the makers of tools that look for it sign theirs. The table of signatures stands 0x98 bytes
        // behind the mark PE, in 64 bits 0xa8.
        and ((uint16(uint32(0x3c) + 0x18) == 0x10b and uint32(uint32(0x3c) + 0x98) == 0)
            or (uint16(uint32(0x3c) + 0x18) == 0x20b and uint32(uint32(0x3c) + 0xa8) == 0))
        and $opens and 4 of ($name_*)
}

rule sality_appended
{
    meta:
        description = "32-bit program, no library, that starts in a section of its own and ends with a writable, executable one full of enciphered bytes, at least as long as what Sality appends"
        author = "Quét Sạch"
        reference = "https://www.f-secure.com/v-descs/virus_w32_sality.shtml"
        file_types = "pe"
    condition:
        uint16(0) == 0x5a4d and uint32(0x3c) < 0x1000 and uint32(uint32(0x3c)) == 0x00004550
        and uint16(uint32(0x3c) + 0x18) == 0x10b and (uint16(uint32(0x3c) + 0x16) & 0x2000) == 0
        and uint16(uint32(0x3c) + 6) > 1 and uint16(uint32(0x3c) + 6) <= 96
        and for all last in (uint32(0x3c) + 0x18 + uint16(uint32(0x3c) + 0x14) + 40 * (uint16(uint32(0x3c) + 6) - 1)) : (
            (uint32(last + 36) & 0xe0000000) == 0xe0000000
            and uint32(uint32(0x3c) + 0x28) < uint32(last + 12)
            and uint32(last + 16) >= 57344
            and uint32(last + 20) + uint32(last + 16) <= filesize
            and math.entropy(uint32(last + 20) + uint32(last + 16) - 57344, 57344) >= 7.0
        )
}
