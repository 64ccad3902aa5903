"""Families that infect machines of Windows in earnest, as harmless specimens with their recipes."""

from tests.windows_families.infectors import SALITY, VIRUT
from tests.windows_families.trojans import EMOTET, LETHIC, NECURS, NJRAT, WANNAMINE, ZEROACCESS
from tests.windows_families.worms import ANDROMEDA, CONFICKER, PHORPIEX, RAMNIT

FAMILIES = (
    *(CONFICKER, RAMNIT, ANDROMEDA, PHORPIEX, NJRAT, EMOTET, SALITY),
    *(ZEROACCESS, NECURS, LETHIC, VIRUT, WANNAMINE),
)
