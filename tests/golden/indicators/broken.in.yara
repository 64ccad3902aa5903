rule Bad { strings: $a = "abcdefghij" condition $a }
rule Okay { strings: $a = "another-sure-mark-1" condition: $a }
