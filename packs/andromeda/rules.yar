rule andromeda_program
{
    meta:
        description = "Andromeda's bot, unpacked: the forms in which it reports itself and its tasks to its server"
        author = "Quét Sạch"
        reference = "https://malpedia.caad.fkie.fraunhofer.de/details/win.andromeda"
        file_types = "pe"
    strings:
        $itself = /id:%lu\|bid:%lu\|(bv:%lu\|)?(os|sv):%lu\|/
        $task = /id:%lu\|tid:%lu\|(err|res):%lu/
        $in_json = "{\"id\":%lu,\"bid\":%lu,\"os\":%lu,\"la\":%lu,\"rg\":%lu"
    condition:
        uint16(0) == 0x5a4d and uint32(uint32(0x3c)) == 0x00004550 and filesize < 1MB and
        (($itself and $task) or $in_json)
}
