rule mozi_program
{
    meta:
        description = "Program of Mozi: the commands with which it shuts others out and keeps itself in"
        author = "Quét Sạch"
        reference = "https://www.microsoft.com/en-us/security/blog/2021/08/19/how-to-proactively-defend-against-mozi-iot-botnet/"
        file_types = "elf"
    strings:
        $copy_1 = "/usr/networks"
        $copy_2 = "/user/networktmp"
        $copy_3 = "/usr/local/ct/ctadmin0"
        $start = /S95[Bb]aby\.sh/
        $shut_1 = /iptables -I INPUT {1,4}-p tcp --destination-port (2323|7547|35000|50023|58000) -j DROP/
        $shut_2 = "ConnectionRequestPassword acsMozi"
        $shut_3 = "ConnectionRequestUsername notitms"
        $shut_4 = "/home/httpd/web_shell_cmd.gch"
        $word_1 = "[ss]"
        $word_2 = "[/ss]"
        $word_3 = "[cpu]"
        $word_4 = "[atk]"
        $word_5 = "[idp]"
        $word_6 = "[dip]"
    condition:
        uint32be(0) == 0x7f454c46 and filesize < 4MB and any of ($copy_*)
        and ($start or any of ($shut_*)) and (2 of ($shut_*) or 3 of ($word_*))
}

rule spoiled_upx_program
{
    meta:
        description = "Program packed with UPX whose sizes were set to nought so that UPX does not unpack it; Mozi does that, and others"
        author = "Quét Sạch"
        reference = "https://www.nozominetworks.com/blog/how-iot-botnets-evade-detection-and-analysis/"
        file_types = "elf"
    strings:
        $spoiled = { 55 50 58 21 ?? ?? ?? ?? 00 00 00 00 00 00 00 00 00 00 00 00 }
    condition:
        uint32be(0) == 0x7f454c46 and filesize < 4MB and $spoiled in (0x40..0x200)
}

rule mozi_start_script
{
    meta:
        description = "Mozi's own start script: few lines that run its copy"
        author = "Quét Sạch"
        reference = "https://www.microsoft.com/en-us/security/blog/2021/08/19/how-to-proactively-defend-against-mozi-iot-botnet/"
        file_types = "script"
    strings:
        $run = /\n[ \t]*(\/usr\/networks|\/user\/networktmp|\/usr\/local\/ct\/ctadmin0)[ \t]*&?/
    condition:
        uint16be(0) == 0x2321 and filesize < 512 and $run
}

rule script_that_runs_mozi
{
    meta:
        description = "Script of someone else that runs Mozi's copy: Mozi appends that line to scripts that it finds"
        author = "Quét Sạch"
        reference = "https://www.microsoft.com/en-us/security/blog/2021/08/19/how-to-proactively-defend-against-mozi-iot-botnet/"
        file_types = "text"
    strings:
        $run = /\n[ \t]*(\/usr\/networks|\/user\/networktmp|\/usr\/local\/ct\/ctadmin0)[ \t]*&?[ \t\r]*(\n|$)/
    condition:
        filesize < 4MB and $run
}
