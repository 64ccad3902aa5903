// A bomb is known by what comes out of it, not by its bytes: the tool says so in the field `archive`. No rule is needed.
