rule wannacry_worm
{
    meta:
        description = "WannaCry worm (mssecsvc.exe): the name and argument of its service with the file that it moves aside"
        author = "Quét Sạch"
        reference = "https://attack.mitre.org/software/S0366/"
        file_types = "pe"
    strings:
        $service = "mssecsvc2.0"
        $argument = "-m security"
        $moved = "\\qeriuwjhrf"
        $shown = "Microsoft Security Center (2.0) Service"
        $encryptor = "tasksche.exe"
        $switch = "sodp9ifjaposdfjhgosurijfaewrwergwea"
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and filesize < 16MB
        and $service and $argument and $moved and any of ($shown, $encryptor, $switch)
}

rule wannacry_encryptor
{
    meta:
        description = "WannaCry encryptor (tasksche.exe): how it hides its folder and opens it to all, with its own file, mutex or password"
        author = "Quét Sạch"
        reference = "https://attack.mitre.org/software/S0366/"
        file_types = "pe"
    strings:
        $hides = "attrib +h ."
        $opens = "icacls . /grant Everyone:F /T /C /Q"
        $own_1 = "WNcry@2ol7"
        $own_2 = "t.wnry"
        $own_3 = "MsWinZonesCacheCounterMutexA"
        $own_4 = "tasksche.exe"
        $own_5 = "WanaCrypt0r" wide
        $own_6 = "msg/m_vietnamese.wnry"
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and filesize < 16MB
        and $hides and $opens and 3 of ($own_*)
}

rule wannacry_decryptor
{
    meta:
        description = "Window of WannaCry that asks for money (@WanaDecryptor@.exe): its title, its files, and how it deletes shadow copies"
        author = "Quét Sạch"
        reference = "https://attack.mitre.org/software/S0366/"
        file_types = "pe"
    strings:
        $title = "Wana Decrypt0r 2.0" ascii wide
        $shadow_1 = "vssadmin delete shadows /all /quiet" ascii wide
        $shadow_2 = "wmic shadowcopy delete" ascii wide
        $file_1 = "@WanaDecryptor@.exe" ascii wide
        $file_2 = "@Please_Read_Me@.txt" ascii wide
        $file_3 = "taskhsvc.exe" ascii wide
        $file_4 = "c.wnry" ascii wide
        $file_5 = "s.wnry" ascii wide
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and filesize < 4MB
        and $title and any of ($shadow_*) and 2 of ($file_*)
}

rule wannacry_encrypted_file
{
    meta:
        description = "File of a person that WannaCry has encrypted: its mark and an encrypted key of 256 bytes"
        author = "Quét Sạch"
        reference = "https://attack.mitre.org/software/S0366/"
        file_types = "other"
    condition:
        uint32be(0) == 0x57414e41 and uint32be(4) == 0x43525921 and uint32(8) == 256 and filesize > 280
}
