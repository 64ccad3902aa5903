rule worm_program {
  meta:
    author = "Quét Sạch"
  strings:
    $mark = "QUETSACH-WINDOWS-WORM-PROGRAM"
  condition:
    $mark
}

rule worm_in_page {
  meta:
    author = "Quét Sạch"
  strings:
    $cut = "<SCRIPT Language=VBScript><!-- QUETSACH-WINDOWS-WORM-PAGE"
  condition:
    $cut
}
