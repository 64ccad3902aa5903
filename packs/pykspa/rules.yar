rule pykspa_worm
{
    meta:
        description = "Pykspa worm: attaches to Skype to write to contacts, with its own chat lines, file names, keys or lines against protection"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/win.pykspa"
        file_types = "pe"
    strings:
        $skype_1 = "SkypeControlAPIAttach"
        $skype_2 = "SkypeControlAPIDiscover"
        $quiet = "SET USERSTATUS DND"
        $friends = "SEARCH FRIENDS"
        $hosts_1 = "%d.%d.%d.%d download%d.avast.com"
        $hosts_2 = "%d.%d.%d.%d u%d.eset.com"
        $copy_1 = "mshtmldat32.exe" nocase
        $copy_2 = "wndrivs32.exe" nocase
        $copy_3 = "winlgcvers.exe" nocase
        $copy_4 = "sdrivew32.exe" nocase
        $key_1 = "SkypeWorm"
        $key_2 = "Software\\RMX\\"
        $chat_1 = "you skype version is old"
        $chat_2 = "I saw you last week. I would like to speak with you"
        $chat_3 = "where I put ur photo"
        $chat_4 = "oops sorry please don't look there"
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and filesize < 8MB
        and any of ($skype_*) and any of ($quiet, $friends) and 2 of ($hosts_*, $copy_*, $key_*, $chat_*)
}
