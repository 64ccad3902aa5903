rule worm_program {
  meta:
    author = "Quét Sạch"
  strings:
    $mark = "QUETSACH-FOOTHOLD-WORM-PROGRAM"
  condition:
    $mark
}
