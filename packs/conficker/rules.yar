rule conficker_program
{
    meta:
        description = "Conficker's library, unpacked: the services that it asks for its address, its call home and its footholds"
        author = "Quét Sạch"
        reference = "https://www.csl.sri.com/users/vinod/papers/Conficker/"
        file_types = "pe"
    strings:
        $address_1 = "getmyip.org" ascii wide nocase
        $address_2 = "getmyip.co.uk" ascii wide nocase
        $address_3 = "checkip.dyndns.org" ascii wide nocase
        $address_4 = "whatsmyipaddress.com" ascii wide nocase
        $home_1 = "/search?q=%d" ascii wide
        $home_2 = "trafficconverter.biz" ascii wide
        $foothold_1 = "netsvcs" ascii wide nocase
        $foothold_2 = "ServiceDll" ascii wide
        $foothold_3 = "rundll32.exe" ascii wide nocase
    condition:
        // A library: the flag 0x2000 of the file header, 22 bytes behind the mark PE.
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and uint16(uint32(0x3c) + 22) & 0x2000 != 0 and
        filesize < 2MB and 2 of ($address_*) and any of ($home_*) and 2 of ($foothold_*)
}
