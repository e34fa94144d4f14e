"""Fictional people: common first and last names of Ontario and its neighbours, put together by chance."""

from __future__ import annotations

import json
import unicodedata

from indexer.sample.catalogue import data_text
from indexer.sample.chance import Chance

_REGIONS = {
    "en": {
        "CA-ON-Toronto": 9, "CA-ON-Mississauga": 4, "CA-ON-Hamilton": 3, "CA-ON-Ottawa": 3, "CA-ON-London": 2,
        "CA-ON-Kitchener": 2, "CA-ON-Windsor": 1, "CA-ON-Kingston": 1, "CA-ON-Barrie": 1, "CA-ON-Niagara": 1,
        "CA-ON-Sudbury": 1, "CA-ON-ThunderBay": 1,
    },
    "fr": {
        "CA-ON-Ottawa": 7, "CA-QC-Gatineau": 4, "CA-ON-Sudbury": 3, "CA-ON-Toronto": 2, "CA-QC-Montreal": 2,
        "CA-ON-Cornwall": 1,
    },
}  # fmt: skip
"""Language -> region -> how many of its people live there, on a free scale."""

KEY_PREFIX = "sample-"
"""What the keys of fictional people begin with."""

_BILINGUAL = {"en": 0.12, "fr": 0.7}
_OTHER = {"en": "fr", "fr": "en"}
_HOSTS = ("example.org", "example.com", "example.ca")


class People:
    """Draws people."""

    def __init__(self) -> None:
        names = json.loads(data_text("names.json"))
        self._first: dict[str, list[str]] = names["first"]
        self._last: dict[str, list[str]] = names["last"]
        self._plain = {
            name: _plain(name) for part in names.values() for some in part.values() for name in some
        }
        self._regions = {
            language: [region for region, share in regions.items() for _ in range(share)]
            for language, regions in _REGIONS.items()
        }

    def person(self, number: int, language: str, chance: Chance) -> str:
        """A person as the JSON text of an import's `candidate`; `number` makes key and address unique."""
        first, last = chance.pick(self._first[language]), chance.pick(self._last[language])
        spoken = f'"{language}"'
        if chance.happens(_BILINGUAL[language]):
            spoken += f',"{_OTHER[language]}"'
        return (
            f'{{"key":"{KEY_PREFIX}{number:07d}","name":"{first} {last}",'
            f'"email":"{self._plain[first]}.{self._plain[last]}.{number}@{chance.pick(_HOSTS)}",'
            f'"region":"{chance.pick(self._regions[language])}","languages":[{spoken}]}}'
        )


def _plain(name: str) -> str:
    """A name as e-mail addresses have it."""
    return unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode().replace("'", "")
