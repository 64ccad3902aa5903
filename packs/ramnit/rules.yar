rule ramnit_infected_program
{
    meta:
        description = "Program or library into which Ramnit wrote itself: it starts in a section called .rmnet"
        author = "Quét Sạch"
        reference = "https://www.f-secure.com/v-descs/virus_w32_ramnit_n.shtml"
        file_types = "pe"
    strings:
        $section = ".rmnet\x00\x00"
    condition:
        // Of the section's line in the table: its size in memory is 8 bytes on, its address 12; the program's start
        // stands 40 bytes behind the mark PE.
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and
        for any i in (1..#section) : (
            @section[i] > uint32(0x3c) and @section[i] < uint32(0x3c) + 4096 and
            uint32(uint32(0x3c) + 40) >= uint32(@section[i] + 12) and
            uint32(uint32(0x3c) + 40) < uint32(@section[i] + 12) + uint32(@section[i] + 8)
        )
}

rule ramnit_program
{
    meta:
        description = "Ramnit's own program, unpacked: its mutex and the end of the script that it appends to pages"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/win.ramnit"
        file_types = "pe"
    strings:
        $mutex = "KyUffThOkYwRRtgPP"
        $script = "WSHshell.Run DropPath, 0"
        $own_1 = "DesktopLayer.exe" nocase
        $own_2 = "dmlconf.dat" nocase
        $own_3 = "fget-career.com"
    condition:
        uint16(0) == 0x5a4d and filesize < 1MB and $mutex and $script and any of ($own_*) and
        not ramnit_infected_program
}

rule ramnit_part
{
    meta:
        description = "Program that holds Ramnit's mutex and the name of a file that it writes: infected by a variant, or a tool that looks for Ramnit"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/win.ramnit"
        file_types = "pe"
    strings:
        $mutex = "KyUffThOkYwRRtgPP"
        $name_1 = "Srv.exe"
        $name_2 = "DesktopLayer.exe" nocase
    condition:
        uint16(0) == 0x5a4d and $mutex and any of ($name_*)
}

rule ramnit_page
{
    meta:
        description = "Page that ends with Ramnit's script: it is the last thing in the file and there is one of it"
        author = "Quét Sạch"
        reference = "https://www.f-secure.com/v-descs/virus_w32_ramnit_n.shtml"
        file_types = "text"
    strings:
        $cut = /<SCRIPT Language=VBScript><!--\r?\nDropFileName = "[A-Za-z0-9]{1,16}\.exe"\r?\nWriteData = "4D5A[0-9A-F]{64}/
        $write = "FileObj.Write Chr(CLng(\"&H\" & Mid(WriteData,i,2)))"
        $end = "//--></SCRIPT>"
    condition:
        filesize < 64MB and #cut == 1 and $write in (@cut[1] + 8192 .. filesize) and $end at (filesize - 14)
}

rule ramnit_page_inside
{
    meta:
        description = "Text that holds Ramnit's whole script somewhere else than once at its end"
        author = "Quét Sạch"
        reference = "https://www.f-secure.com/v-descs/virus_w32_ramnit_n.shtml"
        file_types = "text"
    strings:
        $head = /<SCRIPT Language=VBScript><!--\r?\nDropFileName = "[A-Za-z0-9]{1,16}\.exe"\r?\nWriteData = "4D5A[0-9A-F]{64}/
        $write = "FileObj.Write Chr(CLng(\"&H\" & Mid(WriteData,i,2)))"
    condition:
        filesize < 64MB and $head and $write in (@head[1] + 8192 .. filesize)
}
