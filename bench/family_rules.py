"""Rules shaped like those of family packs, made by dice with a fixed seed: for measuring and for comparing engines.

Half are shaped as rules made by machine from unpacked code are: ten pieces of code of which seven must be there and a
bound on the size. Half are shaped as analysts write them: texts, wide texts, expressions, behind a check of the header.
They are about no real program, and nothing here was taken from anyone's rules.
"""

import random

SEED = 98
CODE_RULES = 47
TEXT_RULES = 51

_OPCODES = (
    "8b45",
    "8b4d",
    "8945",
    "85c0",
    "33c0",
    "83c4",
    "ff15",
    "e8",
    "6a00",
    "68",
    "0fb6",
    "8d85",
    "7405",
    "7510",
    "c3",
)
_WORDS = (
    *("update", "svchost", "config", "bot", "loader", "inject", "mutex", "global", "session", "shell", "cmd", "ping"),
    *("login", "passwd", "busybox", "telnet", "scanner", "attack", "flood", "proxy", "socks", "tunnel", "report", "id"),
)
_HEADERS = {
    "pe": "uint16(0) == 0x5a4d",
    "elf": "uint32be(0) == 0x7f454c46",
    "script": "uint16be(0) == 0x2321",
    "": "",
}
_SHARES = {"pe": 5, "elf": 3, "script": 1, "": 1}


def family_rules(*, with_types: bool, seed: int = SEED) -> dict[str, str]:
    """Return family -> source of 98 rules, a few a family; ``with_types`` adds the meta ``file_types``."""
    dice = random.Random(seed)
    rules = [_code_rule(dice, number, with_types=with_types) for number in range(CODE_RULES)]
    rules += [_text_rule(dice, number, with_types=with_types) for number in range(TEXT_RULES)]
    dice.shuffle(rules)
    return {f"family{start}": "\n".join(rules[start : start + 3]) for start in range(0, len(rules), 3)}


def code_strings(dice: random.Random, count: int) -> list[str]:
    """Return pieces of code as YARA's hex strings."""
    return [_code(dice) for _ in range(count)]


def _code(dice: random.Random) -> str:
    parts: list[str] = []
    while len(parts) < 12:
        opcode = dice.choice(_OPCODES)
        parts += [opcode[i : i + 2] for i in range(0, len(opcode), 2)]
        if opcode in {"e8", "ff15"}:
            parts += ["??"] * 4
        elif opcode == "68":
            parts += [f"{dice.randrange(256):02x}" for _ in range(4)]
        else:
            parts.append(f"{dice.randrange(256):02x}")
    return " ".join(parts)


def _code_rule(dice: random.Random, number: int, *, with_types: bool) -> str:
    strings = "\n".join(f"        $code_{i} = {{ {code} }}" for i, code in enumerate(code_strings(dice, 10)))
    size = dice.randrange(50_000, 3_000_000)
    types = '        file_types = "pe"\n' if with_types else ""
    return f"""rule code_{number}
{{
    meta:
        author = "dice"
{types}    strings:
{strings}
    condition:
        7 of them and filesize < {size}
}}
"""


def _text_rule(dice: random.Random, number: int, *, with_types: bool) -> str:
    kind = dice.choices(list(_SHARES), weights=list(_SHARES.values()))[0]
    sure = [f'        $sure_{i} = "{_text(dice, 4)}"{_modifiers(dice)}' for i in range(dice.randrange(1, 4))]
    sign = [f'        $sign_{i} = "{_text(dice, 2)}"{_modifiers(dice)}' for i in range(dice.randrange(4, 9))]
    sign.append(f"        $sign_x = /{dice.choice(_WORDS)}_{dice.randrange(100)}[0-9a-f]{{4,8}}/")
    sign.append(f"        $sign_y = {{ {_code(dice)} }}")
    tests = [test for test in (_HEADERS[kind], f"filesize < {dice.randrange(200, 5000)}KB") if test]
    types = f'        file_types = "{kind}"\n' if with_types and kind else ""
    return f"""rule text_{number}
{{
    meta:
        author = "dice"
{types}    strings:
{"\n".join(sure + sign)}
    condition:
        {" and ".join(tests)} and (any of ($sure_*) or 4 of ($sign_*))
}}
"""


def _text(dice: random.Random, words: int) -> str:
    return dice.choice("_-/.:%").join(dice.choices(_WORDS, k=words)) + str(dice.randrange(1000))


def _modifiers(dice: random.Random) -> str:
    return dice.choice(("", "", " ascii wide", " fullword", " nocase", " wide"))
