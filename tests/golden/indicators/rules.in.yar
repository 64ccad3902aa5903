import "pe"
import "magic"
include "other.yar"
private rule helper { strings: $a = "helper-string-xyz" condition: $a }
rule Good : tag {
  meta: author = "Some One" license = "DRL 1.1" reference = "https://example.org/x"
  strings: $a = "QUETSACH-IMPORT-MARK" wide ascii $b = { 51 55 45 54 53 41 43 48 2D }
  condition: helper or any of them }
rule Ext { strings: $a = "abcdefgh-zzz" condition: $a and filename == "x" }
rule Mag { condition: magic.type() contains "PE" }
rule Short { strings: $a = "MZ" condition: $a at 0 }
rule AllPe { condition: uint16(0) == 0x5a4d }
rule PeAll { condition: pe.number_of_sections > 0 }
