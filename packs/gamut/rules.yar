rule gamut_bot
{
    meta:
        description = "Gamut spam bot: the settings that its server sends it, the mail servers that it tries first, and how it talks to them"
        author = "Quét Sạch"
        reference = "https://www.trustwave.com/en-us/resources/blogs/spiderlabs-blog/gamut-spambot-analysis/"
        file_types = "pe"
    strings:
        $setting_1 = "count_threads" ascii wide
        $setting_2 = "efficiency_limit" ascii wide
        $tries_1 = "mail.ru" ascii wide nocase
        $tries_2 = "hotmail.com" ascii wide nocase
        $says_1 = "MAIL FROM:" ascii wide nocase
        $says_2 = "RCPT TO:" ascii wide nocase
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and filesize < 8MB
        and all of ($setting_*) and (all of ($tries_*) or all of ($says_*))
}
