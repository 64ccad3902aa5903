rule xmrig_miner_program
{
    meta:
        description = "Linux program built from XMRig: addresses of mining pools together with XMRig's own option names"
        author = "Quét Sạch"
        reference = "https://attack.mitre.org/techniques/T1496/"
        file_types = "elf"
    strings:
        $pool_1 = "stratum+tcp://"
        $pool_2 = "stratum+ssl://"
        $pool_3 = "daemon+http://"
        $option_1 = "donate-level"
        $option_2 = "donate-over-proxy"
        $option_3 = "randomx-1gb-pages"
        $option_4 = "randomx-wrmsr"
        $option_5 = "cpu-max-threads-hint"
        $option_6 = "huge-pages-jit"
        $option_7 = "pause-on-battery"
        $option_8 = "nicehash"
        $option_9 = "rig-id"
    condition:
        uint32be(0) == 0x7f454c46 and filesize < 16MB and any of ($pool_*) and 5 of ($option_*)
}

rule xmrig_miner_program_windows
{
    meta:
        description = "Windows program built from XMRig: addresses of mining pools together with XMRig's own option names"
        author = "Quét Sạch"
        reference = "https://attack.mitre.org/techniques/T1496/"
        file_types = "pe"
    strings:
        $pool_1 = "stratum+tcp://"
        $pool_2 = "stratum+ssl://"
        $pool_3 = "daemon+http://"
        $option_1 = "donate-level"
        $option_2 = "donate-over-proxy"
        $option_3 = "randomx-1gb-pages"
        $option_4 = "randomx-wrmsr"
        $option_5 = "cpu-max-threads-hint"
        $option_6 = "huge-pages-jit"
        $option_7 = "pause-on-battery"
        $option_8 = "nicehash"
        $option_9 = "rig-id"
    condition:
        uint16(0) == 0x5a4d and filesize < 64MB and any of ($pool_*) and 5 of ($option_*)
}

rule wannamine_program
{
    meta:
        description = "Program of WannaMine for Windows: the names of its own files, services and folders"
        author = "Quét Sạch"
        reference = "https://www.crowdstrike.com/en-us/blog/weeding-out-wannamine-v4-0-analyzing-and-remediating-this-mineware-nightmare/"
        file_types = "pe"
    strings:
        $v1_1 = "dnsclientprovider_userdata.mof" ascii wide nocase
        $v1_2 = "iolchxfz32.dat" ascii wide nocase
        $v1_3 = "settings7283.dat" ascii wide nocase
        $msra_1 = "MsraReportDataCache32.tlb" ascii wide nocase
        $msra_2 = "tpmagentservice" ascii wide nocase
        $msra_3 = "NetTraceDiagnostics.ini" ascii wide nocase
        $msra_4 = "ServicesPixels" ascii wide nocase
        $msra_5 = "TrustedHostServices.exe" ascii wide nocase
        $msra_6 = "NrsDataCache.tlb" ascii wide nocase
        $v2_1 = "HalPluginsServices.dll" ascii wide nocase
        $v2_2 = "EnrollCertXaml.dll" ascii wide nocase
        $v2_3 = "wmassrv" ascii wide nocase
        $v2_4 = "SpeechsTracing" ascii wide nocase
        $v3_1 = "snmpstorsrv" ascii wide nocase
        $v3_2 = "TrustedHostex.exe" ascii wide nocase
        $v3_3 = "MarsTraceDiagnostics.xml" ascii wide nocase
        $v3_4 = "AppDiagnostics" ascii wide nocase
        $v4_1 = "rdpkax.xsl" ascii wide nocase
        $v4_2 = "dllhostex.exe" ascii wide nocase
        $v4_3 = "NetworkDistribution" ascii wide nocase
    condition:
        uint16(0) == 0x5a4d and filesize < 32MB
        and (all of ($v1_*) or 3 of ($msra_*) or 3 of ($v2_*) or 3 of ($v3_*) or all of ($v4_*))
        and not (any of ($v2_*) and any of ($v3_*) and any of ($v4_*))  // whoever knows them all looks for them
}

rule wannamine_script
{
    meta:
        description = "PowerShell script of WannaMine that puts its subscriptions of WMI in place"
        author = "Quét Sạch"
        reference = "https://attack.mitre.org/techniques/T1546/003/"
        file_types = "text"
    strings:
        $put = /Set-WmiInstance (@|-Class)/ nocase
        $runs = /CommandLineTemplate ?= ?"powershell\.exe -NoP -NonI -W Hidden/ nocase
        $name = /= ?'(SCM Event8 Log|SCM Events Log|DSM Event Log) Filter/ nocase
        $store_1 = /'systemcore_Updater[0-9]{0,2}'/ nocase
        $store_2 = /'root\\default'/ nocase
    condition:
        filesize < 16MB and (uint8(0) == 0x24 or uint8(3) == 0x24) and $put and $runs and $name and any of ($store_*)
}

rule xmrig_miner_configuration
{
    meta:
        description = "Configuration file of an XMRig-style miner"
        author = "Quét Sạch"
        reference = "https://xmrig.com/docs/miner/config"
    strings:
        $pools = "\"pools\""
        $donation = "\"donate-level\""
        $key_1 = "\"randomx\""
        $key_2 = "\"rig-id\""
        $key_3 = "\"nicehash\""
        $key_4 = "\"huge-pages\""
        $key_5 = "\"max-threads-hint\""
    condition:
        filesize < 256KB and uint8(0) == 0x7b and $pools and $donation and 2 of ($key_*)
}

rule miner_dropper_script
{
    meta:
        description = "Shell script that starts a miner and digs it in: cron, preload library, SSH key, immutable files"
        author = "Quét Sạch"
        reference = "https://www.cisa.gov/news-events/cybersecurity-advisories/aa22-320a"
        file_types = "script"
    strings:
        $miner_1 = /stratum\+(tcp|ssl):\/\/[0-9A-Za-z$\[]/
        $miner_2 = /--donate-level[= ]["']?[0-9$]/
        $miner_3 = "--randomx-"
        $foothold_1 = "crontab -"
        $foothold_2 = "/etc/ld.so.preload"
        $foothold_3 = "chattr +i"
        $foothold_4 = "chattr -i"
        $foothold_5 = "authorized_keys"
        $foothold_6 = "pkill -f"
        $foothold_7 = "/etc/systemd/system/"
    condition:
        filesize < 512KB and uint16be(0) == 0x2321 and any of ($miner_*) and 3 of ($foothold_*)
}

rule process_hider_library
{
    meta:
        description = "Shared library that hides a process by wrapping readdir, as the public libprocesshider does"
        author = "Quét Sạch"
        reference = "https://attack.mitre.org/techniques/T1574/006/"
        file_types = "elf"
    strings:
        $folder = "/proc/self/fd/%d"
        $state = "/proc/%s/stat"
        $name = "%d (%[^)]s"
        $wrapped = "readdir"
        $original = "dlsym"
    condition:
        uint32be(0) == 0x7f454c46 and filesize < 4MB and all of them
}
