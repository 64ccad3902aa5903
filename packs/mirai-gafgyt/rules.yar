rule mirai_words_in_memory
{
    meta:
        description = "Hidden words of Mirai's table in the memory of a program, which lie there hidden until they are used"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/elf.mirai"
        file_types = "elf"
    strings:
        $hidden_1 = "TSource Engine Query" xor(0x01-0xff)
        $hidden_2 = "/dev/misc/watchdog" xor(0x01-0xff)
        $hidden_3 = ": applet not found" xor(0x01-0xff)
        $hidden_4 = "/bin/busybox kill -9" xor(0x01-0xff)
        $hidden_5 = "listening tun0" xor(0x01-0xff)
    condition:
        uint32be(0) == 0x7f454c46 and filesize < 4MB and 3 of them
}

rule mirai_program
{
    meta:
        description = "Program of Mirai: words of its table, hidden with one byte as its source does, or left readable"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/elf.mirai"
        file_types = "elf"
    strings:
        $readable_1 = "TSource Engine Query"
        $readable_2 = "/dev/misc/watchdog"
        $readable_3 = ": applet not found"
        $readable_4 = "/bin/busybox kill -9"
        $readable_5 = "listening tun0"
        $readable_6 = "LOLNOGTFO"
        $readable_7 = "HTTPFLOOD"
    condition:
        mirai_words_in_memory or (uint32be(0) == 0x7f454c46 and filesize < 4MB and 4 of ($readable_*))
}

rule gafgyt_program
{
    meta:
        description = "Program of Gafgyt: its orders and its answers to them"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/elf.bashlite"
        file_types = "elf"
    strings:
        $order_1 = "LOLNOGTFO"
        $order_2 = "KILLATTK"
        $order_3 = "STOPATTK"
        $order_4 = "GETLOCALIP"
        $order_5 = "HTTPFLOOD"
        $order_6 = "LUCKYLILDUDE"
        $answer_1 = "None Killed."
        $answer_2 = "Killed %d."
        $answer_3 = "JUNK Flooding %s"
        $answer_4 = "HOLD Flooding %s"
        $answer_5 = "UDP Flooding %s"
        $answer_6 = "TCP Flooding %s"
        $answer_7 = "Failed opening raw socket."
        $answer_8 = "REPORT %s:%s:%s"
        $route = "/proc/net/route"
    condition:
        uint32be(0) == 0x7f454c46 and filesize < 4MB and $route
        and (any of ($order_*) and 3 of ($answer_*) or 3 of ($order_*) and any of ($answer_*))
}

rule bot_download_script
{
    meta:
        description = "Script that fetches the same bot for many processors, the way these families are brought in"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/elf.bashlite"
        file_types = "text"
    strings:
        $folders = "cd /tmp || cd /var/run || cd /mnt || cd /root || cd /"
        $fetch_1 = "wget http://"
        $fetch_2 = "curl -O http://"
        $fetch_3 = "tftp "
        $fetch_4 = "ftpget "
        $start = "chmod "
        $kind_1 = /[ ._\/-](mips|mipseb)\b/
        $kind_2 = /[ ._\/-](mpsl|mipsel)\b/
        $kind_3 = /[ ._\/-]arm[4-7][a-z]{0,3}\b/
        $kind_4 = /[ ._\/-](ppc|powerpc)\b/
        $kind_5 = /[ ._\/-]m68k\b/
        $kind_6 = /[ ._\/-]sh4\b/
        $kind_7 = /[ ._\/-](spc|sparc)\b/
        $kind_8 = /[ ._\/-](x86|x86_64|i[56]86)\b/
    condition:
        (uint16be(0) == 0x2321 or $folders at 0) and filesize < 64KB and $folders and any of ($fetch_*) and $start and 4 of ($kind_*)
}
