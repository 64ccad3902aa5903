rule virut_marked_program
{
    meta:
        description = "32-bit program with Virut's mark in its DOS header and a last section that was made writable and executable for what is appended"
        author = "Quét Sạch"
        reference = "https://www.f-secure.com/v-descs/virus-w32-virut"
        file_types = "pe"
    condition:
        uint16(0) == 0x5a4d and uint32(0x20) == 0x20202020
        and uint32(0x3c) < 0x1000 and uint32(uint32(0x3c)) == 0x00004550
        and uint16(uint32(0x3c) + 0x18) == 0x10b and (uint16(uint32(0x3c) + 0x16) & 0x2000) == 0
        and uint16(uint32(0x3c) + 6) > 0 and uint16(uint32(0x3c) + 6) <= 96
        and (uint32(uint32(0x3c) + 0x18 + uint16(uint32(0x3c) + 0x14) + 40 * uint16(uint32(0x3c) + 6) - 4) & 0xe0000020) == 0xe0000020
}

rule virut_words_in_program
{
    meta:
        description = "Program that carries the verses, or the names of channel and memory, of Virut"
        author = "Quét Sạch"
        reference = "https://www.f-secure.com/v-descs/virus-w32-virut"
        file_types = "pe"
    strings:
        $verse_1 = "O noon of life! O time to celebrate!"
        $verse_2 = "Relentlessly happy and expectant, standing: -"
        $verse_3 = "Watching all day and night, for friends I wait:"
        $verse_4 = "Where are you, friends? Come! It is time! It's late!"
        $talk_1 = "NICK "
        $talk_2 = "JOIN "
        $own_1 = "\\W32_Virtu"
        $own_2 = "JOIN &virtu"
        $own_3 = "proxim.ircgalaxy.pl"
        $own_4 = ".zief.pl" nocase
    condition:
        uint16(0) == 0x5a4d and uint32(0x3c) < 0x1000 and uint32(uint32(0x3c)) == 0x00004550
        and ((3 of ($verse_*) and all of ($talk_*)) or (any of ($own_1, $own_2) and 2 of ($own_*)))
}

rule virut_frame_in_page
{
    meta:
        description = "Invisible frame in a page that leads to a server of Virut"
        author = "Quét Sạch"
        reference = "https://cert.pl/posts/2013/02/raport-temat-botnetu-virut"
        file_types = "text"
    strings:
        $frame = /<iframe (style="height:1px" )?src="http:\/\/(www(\.|&#46;))?(zief|jl(\.|&#46;)chura|brenz|ntkrnlpa)(\.|&#46;)(pl|cn)\/rc\/" (width=1 height=1 style="border:0"|style="display: ?none"|frameborder=0 width=1)>/ nocase
        $quoted = /["'`]<iframe (style="height:1px" )?src="http:\/\/(www(\.|&#46;))?(zief|jl(\.|&#46;)chura|brenz|ntkrnlpa)(\.|&#46;)(pl|cn)\/rc\/" (width=1 height=1 style="border:0"|style="display: ?none"|frameborder=0 width=1)><\/iframe>["'`]/ nocase
    condition:
        filesize < 16MB and #frame > #quoted  // in quotation marks it is the word of a program or a rule
}
