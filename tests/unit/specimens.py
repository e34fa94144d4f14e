"""A good file of every format, made here, of fictional people and issuers."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.containers import CONTAINERS, itxt, png, svg_of, token_of
from tests.unit.examples.clr_1 import ASSERTION as CLR_1_ASSERTION
from tests.unit.examples.clr_1 import CLR as CLR_1
from tests.unit.examples.clr_2 import CLR as CLR_2
from tests.unit.examples.ctdl import GRAPH
from tests.unit.examples.endorsements import ENDORSEMENT
from tests.unit.examples.json_resume import RESUME
from tests.unit.examples.jsonl import WHOLE
from tests.unit.examples.ler_rs import RECORD, TRANSCRIPT
from tests.unit.examples.open_badges_2 import ASSERTION, ASSERTION_1_0, ASSERTION_1_1
from tests.unit.examples.open_badges_3 import CREDENTIAL
from tests.unit.examples.other_credentials import STATUS_LIST
from tests.unit.examples.presentations import PRESENTATION, TOKEN, envelope
from tests.unit.examples.schema_org import PERSON

DOCUMENTS: dict[str, Any] = {
    "credmatch JSON": WHOLE,
    "Open Badges 3.0": CREDENTIAL,
    "Open Badges 2.0 and 1.x": ASSERTION,
    "CLR 2.0": CLR_2,
    "CLR 1.0": CLR_1,
    "CLR 1.0 assertion": CLR_1_ASSERTION,
    "Verifiable Presentation": PRESENTATION,
    "Endorsement": ENDORSEMENT,
    "HR Open LER-RS": RECORD,
    "HR Open credential": TRANSCRIPT,
    "JSON Resume": RESUME,
    "schema.org": PERSON,
    "CTDL": GRAPH,
    "Enveloped credential": envelope(f"data:application/vc+jwt,{TOKEN}"),
}
"""By the name of its format."""

TABLE = """candidate_key;candidate_name;achievement_name;issuer;issued;expires;status;level;competencies
c-1;Zoé Exemple;Chariot élévateur;Institut Rive-Nord;2026-03-01;2029-03-01;actif;0,75;chariot|charger
c-1;;"Travail en
hauteur";Institut Rive-Nord;2026-03-02;;;;
c-2;Ada Example;First aid;Northshore;2026-03-02;2027-03-02;active;1;first aid
"""

FILES: dict[str, bytes] = {
    **{name: json.dumps(document, indent=1).encode() for name, document in DOCUMENTS.items()},
    "JSON": json.dumps([CREDENTIAL, CREDENTIAL], indent=1).encode(),
    "JSON Lines": "\n".join(json.dumps(one) for one in (WHOLE, CREDENTIAL)).encode(),
    "CSV": TABLE.encode(),
    "Another verifiable credential": json.dumps(STATUS_LIST).encode(),
    **CONTAINERS,
}
"""By the name of its format."""

_BADGE, _CLR = json.dumps(ASSERTION).encode(), json.dumps(CLR_2).encode()
_OPEN_BADGES = "Open Badges 2.0 and 1.x"
VARIANTS: dict[str, tuple[list[str], bytes]] = {
    "Open Badges 1.0": (["JSON", _OPEN_BADGES], json.dumps(ASSERTION_1_0).encode()),
    "Open Badges 1.1": (["JSON", _OPEN_BADGES], json.dumps(ASSERTION_1_1).encode()),
    "Open Badges 2.0, signed": (["JSON Web Token", _OPEN_BADGES], token_of(_BADGE)),
    "Open Badges 2.0 in PNG": (["PNG image", _OPEN_BADGES], png(itxt(_BADGE, b"openbadges"))),
    "Open Badges 2.0 in SVG": (["SVG image", _OPEN_BADGES], svg_of(_BADGE, "assertion")),
    "CLR 2.0, signed": (["JSON Web Token", "CLR 2.0", "Open Badges 3.0"], token_of(_CLR)),
}
"""Further forms of some of them, each with the formats that are recognised in it, from the outside in."""
