rule njrat_client
{
    meta:
        description = "njRAT client: a .NET program that opens the firewall for itself, switches zone checks off, deletes itself and labels keystrokes"
        author = "Quét Sạch"
        reference = "https://attack.mitre.org/software/S0385/"
        file_types = "pe"
    strings:
        $runtime = "mscoree.dll"
        $opens = "netsh firewall add allowedprogram" wide
        $closes = "netsh firewall delete allowedprogram" wide
        $zone = "SEE_MASK_NOZONECHECKS" wide
        $erase_1 = "cmd.exe /c ping 0 -n 2 & del" wide
        $erase_2 = "cmd.exe /k ping 0 & del" wide
        $erase_3 = "cmd.exe /c ping 127.0.0.1 & del" wide
        $keys_1 = "[kl]" wide
        $keys_2 = "[TAP]" wide
        $keys_3 = "[ENTER]" wide
        $divider = "|'|'|" wide
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and filesize < 8MB and $runtime and $opens and $zone
        and ($closes or any of ($erase_*)) and ($divider or 2 of ($keys_*))
}
