// The test string is given in two halves of hex digits, so that no scanner takes this file for the test file itself.
rule eicar_test_file
{
    meta:
        description = "The agreed, harmless test file for anti-malware products"
        author = "Quét Sạch"
        reference = "https://www.eicar.org/download-anti-malware-testfile/"
    strings:
        $first_half = { 58 35 4F 21 50 25 40 41 50 5B 34 5C 50 5A 58 35 34 28 50 5E 29 37 43 43 29 37 7D 24 }
        $second_half = { 45 49 43 41 52 2D 53 54 41 4E 44 41 52 44 2D 41 4E 54 49 56 49 52 55 53 2D 54 45 53 54 2D 46 49 4C 45 21 24 48 2B 48 2A }
    condition:
        // EICAR's definition: the string comes first and only white space may follow, up to 128 characters in all.
        filesize >= 68 and filesize <= 128 and $first_half at 0 and $second_half at 28
}
