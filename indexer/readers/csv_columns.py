"""The columns of a CSV file of awards: their names in both languages, and which field each fills."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from indexer.readers.json_text import printable, shown
from indexer.readers.problems import nearest
from matcher.errors import InvalidInput

PATHS = {
    "candidate_key": "candidate.key",
    "candidate_name": "candidate.name",
    "email": "candidate.email",
    "region": "candidate.region",
    "languages": "candidate.languages",
    "achievement_key": "awards.achievement.key",
    "achievement_name": "awards.achievement.name",
    "issuer": "awards.achievement.issuer.name",
    "issuer_url": "awards.achievement.issuer.url",
    "competencies": "awards.achievement.competencies.label",
    "competency_uris": "awards.achievement.competencies.uri",
    "issued": "awards.issued",
    "valid_from": "awards.valid_from",
    "expires": "awards.expires",
    "status": "awards.status",
    "level": "awards.level.value",
    "level_label": "awards.level.label",
    "award_key": "awards.key",
    "applied_to": "applied_to",
}
"""Column -> its field's JSON path in the shape of a candidate, without the numbers of list entries."""

_SYNONYMS = {
    "candidate_key": "candidate candidate_id candidate_number candidat cle_candidat cle_du_candidat "
    "id_candidat identifiant_candidat identifiant_du_candidat numero_candidat numero_du_candidat",
    "candidate_name": "name full_name nom nom_complet nom_candidat nom_du_candidat",
    "email": "e_mail email_address courriel adresse_courriel",
    "region": "province location lieu",
    "languages": "language langue langues",
    "achievement_key": "achievement_id credential_key cle_titre cle_du_titre code_titre code_du_titre "
    "cle_attestation code_attestation",
    "achievement_name": "achievement credential credential_name certificate certificate_name titre nom_titre "
    "nom_du_titre attestation nom_attestation nom_de_l_attestation certificat nom_du_certificat",
    "issuer": "issuer_name issued_by emetteur nom_emetteur nom_de_l_emetteur organisme delivre_par",
    "issuer_url": "issuer_address url_emetteur url_de_l_emetteur site_emetteur adresse_emetteur",
    "competencies": "competency skills skill competence competences",
    "competency_uris": "competency_uri skill_uris skill_uri uri_competence uri_competences "
    "uri_des_competences",
    "issued": "issued_on issue_date date_issued date_delivrance date_de_delivrance date_emission "
    "date_d_emission delivre_le emis_le",
    "valid_from": "start_date valide_du valide_a_partir_du valide_des date_debut date_de_debut",
    "expires": "expires_on expiry expiry_date expiration_date valid_until expire expire_le date_expiration "
    "date_d_expiration valide_jusqu_au",
    "status": "statut etat",
    "level": "niveau",
    "level_label": "level_name libelle_niveau libelle_du_niveau nom_du_niveau",
    "award_key": "award_id credential_id award cle_attribution numero_attestation numero_du_certificat",
    "applied_to": "position positions position_key poste postes candidature candidatures",
}

_KNOWN = {name: name for name in PATHS} | {
    synonym: name for name, synonyms in _SYNONYMS.items() for synonym in synonyms.split()
}

_NAMED = 10  # unknown columns that an error names


def plain(text: str) -> str:
    """`text` in lower case without accents, each run of anything else between letters and digits one `_`."""
    letters = [one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one)]
    return re.sub(r"[^a-z0-9]+", "_", "".join(letters).lower()).strip("_")


def known(headers: Sequence[str]) -> int:
    """How many of `headers` name a column."""
    return sum(plain(header) in _KNOWN for header in headers)


def columns(headers: Sequence[str]) -> list[str]:
    """The columns that `headers` name, in their order; case, spaces and accents do not matter.

    Raises InvalidInput where a header is unknown (naming the nearest known one), a column stands twice, or
    one that is needed is missing.
    """
    unknown = [header for header in headers if plain(header) not in _KNOWN]
    if unknown:
        near = (f"{shown(header)}{nearest(plain(header), list(_KNOWN))}" for header in unknown[:_NAMED])
        raise InvalidInput(f"not a known column: {', '.join(near)}", where=printable(unknown[0]))
    found: list[str] = []
    for header in headers:
        name = _KNOWN[plain(header)]
        if name in found:
            raise InvalidInput(f"is a second column for {name}", where=printable(header))
        found.append(name)
    if "candidate_key" not in found:
        raise InvalidInput("the column is missing", where="candidate_key")
    if not {"achievement_name", "achievement_key"} & set(found):
        raise InvalidInput("neither this column nor achievement_key is there", where="achievement_name")
    return found
