"""The columns of a table of awards: their names in both languages, and which field each fills.

The names are those of our template, of plain English and French, and of what Workday, SAP SuccessFactors
Learning, Cornerstone, Moodle, Credly and Accredible export.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from indexer.readers.json_text import printable, shown
from matcher.errors import InvalidInput
from matcher.messages import Said, said

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

FIRST_NAME, LAST_NAME, SCORE, COMPLETED, UNREAD = "first_name", "last_name", "score", "completed_on", ""
"""Columns that fill no field of their own. The names are joined where no column holds the whole name; a score
is shown as the level's label, and "failed" in it refuses the row; the day of completion is that of issue
where nothing else states it. What is not known is not read."""

_OF_SEVERAL = {
    FIRST_NAME: "candidate.name, with the last name",
    LAST_NAME: "candidate.name, with the first name",
    COMPLETED: "awards.issued, where nothing else in the row says it",
    SCORE: "awards.level.label, where no column has that; never a level; `note` in French tables only",
}

_ENGLISH = {
    "candidate_key": "candidate, candidate id, candidate number, applicant id, employee id, employee number, "
    "employee no, employee code, emp id, personnel number, personnel id, person id, person number, staff id, "
    "staff number, worker id, user id, username, student id, learner id, id number, id (user), "
    "issuer earner id, recipient id",
    "candidate_name": "name, full name, employee name, employee, worker, worker name, user full name, "
    "learner name, student name, recipient name, earner name, participant name",
    "email": "e-mail, email address, e-mail address, mail, user email, work email, primary email, "
    "employee email, learner email, student email, recipient email, earner email",
    "region": "province, location, state or province",
    "languages": "language",
    "achievement_key": "achievement id, credential key, course id, course code, course number, training id, "
    "training code, item id, certification code, badge template id, badge class id, lo id, "
    "training object id",
    "achievement_name": "achievement, credential, credential name, certificate, certificate name, "
    "certification, certification name, certification title, course, course name, course title, "
    "course full name, training, training name, training title, item title, badge, badge name, "
    "badge template, badge template name, badge class, qualification, licence, license, license name, "
    "group name",
    "issuer": "issuer name, issued by, awarded by, provider, provider name, training provider, vendor, "
    "certification issuer, certifying body, certification body, issuing authority, issuing organization, "
    "issuing organisation",
    "issuer_url": "issuer address, issuer website, provider url",
    "competencies": "competency, skills, skill, skills gained, skill tags",
    "competency_uris": "competency uri, skill uris, skill uri",
    "issued": "issued on, issued at, issued at date, issued date, issue date, date issued, date of issue, "
    "award date, awarded on, date awarded, date achieved, achieved on, date earned, earned on, "
    "date obtained, certification date",
    COMPLETED: "completion date, completed date, date completed, time completed, "
    "date of completion, transcript completed date, training date",
    "valid_from": "start date, effective date",
    "expires": "expires on, expires at, expired on, expiry, expiry date, expiration, expiration date, "
    "date expires, certification expiration date, valid until, valid to, valid through, renew by",
    "status": "state, completion status, transcript status, training status, course status, "
    "certification status, certificate status, credential status, badge status, badge state",
    "level": "skill level",
    "level_label": "level name",
    "award_key": "award id, credential id, award, credential number, certificate id, certificate number, "
    "certificate no, certification number, licence number, license number, license id, assertion id",
    "applied_to": "position, positions, position key",
    FIRST_NAME: "given name, forename, first name (user), legal first name, recipient first name, "
    "earner first name, issued to first name",
    LAST_NAME: "surname, family name, last name (user), legal last name, recipient last name, "
    "earner last name, issued to last name",
    SCORE: "final score, test score, exam score, examination score, grade, final grade, mark, result",
}

_FRENCH = {
    "candidate_key": "candidat, clé candidat, clé du candidat, id candidat, identifiant candidat, "
    "identifiant du candidat, numéro candidat, numéro du candidat, matricule, numéro de matricule, "
    "matricule employé, numéro d’employé, numéro employé, no employé, nº d’employé, n° employé, "
    "n° d’employé, id employé, "
    "code employé, identifiant, identifiant employé, identifiant utilisateur, nom d’utilisateur, "
    "numéro d’identification, numéro de salarié, id salarié, numéro étudiant, n° matricule",
    "candidate_name": "nom, nom complet, nom candidat, nom du candidat, nom employé, nom de l’employé, "
    "nom du participant, nom et prénom, prénom et nom, employé, salarié",
    "email": "courriel, adresse courriel, adresse de courriel, adresse e-mail, adresse mail, "
    "adresse électronique, courrier électronique",
    "region": "province, lieu, région",
    "languages": "langue, langues",
    "achievement_key": "clé titre, clé du titre, code titre, code du titre, clé attestation, "
    "code attestation, code formation, code de la formation, code cours, code du cours, id formation, "
    "code certification",
    "achievement_name": "titre, nom titre, nom du titre, attestation, nom attestation, "
    "nom de l’attestation, certificat, nom du certificat, certification, nom de la certification, "
    "formation, nom de la formation, titre de la formation, intitulé, intitulé formation, "
    "intitulé de la formation, libellé formation, libellé de la formation, cours, nom du cours, "
    "titre du cours, nom complet du cours, habilitation, badge, nom du badge, insigne, "
    "microcertification, micro-certification, qualification",
    "issuer": "émetteur, nom émetteur, nom de l’émetteur, organisme, organisme de formation, "
    "organisme émetteur, organisme certificateur, délivré par, fournisseur, fournisseur de formation, "
    "prestataire, autorité de délivrance",
    "issuer_url": "url émetteur, url de l’émetteur, site émetteur, adresse émetteur",
    "competencies": "compétence, compétences, compétences acquises",
    "competency_uris": "uri compétence, uri compétences, uri des compétences",
    "issued": "date délivrance, date de délivrance, date émission, date d’émission, délivré le, émis le, "
    "date d’obtention, date obtention, obtenu le, date de réussite, réussi le, date de certification",
    COMPLETED: "date d’achèvement, date achèvement, date de complétion, date de réalisation, "
    "date de fin de formation, date de la formation, date de formation, complété le, terminé le, achevé le",
    "valid_from": "valide du, valide à partir du, valide dès, date début, date de début",
    "expires": "expire, expire le, date expiration, date d’expiration, expiration, valide jusqu’au, "
    "valable jusqu’au, échéance, date échéance, date d’échéance, fin de validité, date de fin de validité, "
    "date limite de validité, date de validité, périmé le, date de péremption, à renouveler le, "
    "à renouveler avant le",
    "status": "statut, état, statut formation, statut de la formation, statut de la certification, "
    "statut d’achèvement, état d’achèvement",
    "level": "niveau",
    "level_label": "libellé niveau, libellé du niveau, nom du niveau",
    "award_key": "clé attribution, numéro attestation, numéro de l’attestation, numéro du certificat, "
    "numéro de certificat, numéro certificat, no certificat, n° certificat, n° de certificat, "
    "numéro de certification, numéro de licence",
    "applied_to": "poste, postes, candidature, candidatures",
    FIRST_NAME: "prénom, prénom employé, prénom de l’employé",
    LAST_NAME: "nom de famille",
    SCORE: "note, note finale, résultat, résultat final, pointage",
}

_BARE_NAMES = frozenset({"nom", "name"})  # the last name, where a column has the first one
_NAMED = 10  # columns not known that a message names
_LONGEST = 60  # characters of one that are compared
_LONGEST_KEPT = 200  # characters of what is remembered


def plain(text: str) -> str:
    """`text` in lower case without accents, each run of anything else between letters and digits one `_`."""
    return _plain(text) if len(text) <= _LONGEST_KEPT else _plain.__wrapped__(text)


@lru_cache(maxsize=10_000)
def _plain(text: str) -> str:
    """Kept, because thousands of files have the same columns, and thousands of rows the same words."""
    letters = [one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one)]
    return re.sub(r"[^a-z0-9]+", "_", "".join(letters).lower()).strip("_")


def _names(column: str, words: str) -> Iterable[tuple[str, str]]:
    return ((plain(name), column) for name in words.split(",") if name.strip())


_KNOWN = {name: name for name in (*PATHS, *_OF_SEVERAL)} | {
    name: column
    for language in (_ENGLISH, _FRENCH)
    for column, words in language.items()
    for name, column in _names(column, words)
}

_BY_LANGUAGE = [
    {name for column, words in language.items() for name, _ in _names(column, words)}
    for language in (_ENGLISH, _FRENCH)
]
_ONLY_ENGLISH, _ONLY_FRENCH = _BY_LANGUAGE[0] - _BY_LANGUAGE[1], _BY_LANGUAGE[1] - _BY_LANGUAGE[0]
_NOTE = "note"  # a score in French, and a remark in English
_ESSENTIAL = frozenset({
    "candidate_key", "email", "achievement_key", "achievement_name", "issuer", "issued", "valid_from",
    "expires", "status", "award_key",
})  # fmt: skip
"""What may not be stated by two columns: who, what, by whom, when, and whether it holds."""

TAKEN = {f"`{column}`": path for column, path in (PATHS | _OF_SEVERAL).items()}
"""Every column -> where it goes."""

ALSO_CALLED = {column: (_ENGLISH[column], _FRENCH[column]) for column in (*PATHS, *_OF_SEVERAL)}
"""Every column -> its other names, in English and in French."""


def known(headers: Sequence[str]) -> int:
    """How many of `headers` name a column."""
    return sum(plain(header) in _KNOWN for header in headers)


def suffices(headers: Sequence[str], *, about_one: bool) -> bool:
    """Whether `headers` name all that is needed; a table `about_one` person need not say whom."""
    return not _missing({_KNOWN.get(plain(header), UNREAD) for header in headers}, about_one=about_one)


def columns(headers: Sequence[str], *, about_one: bool = False) -> list[str]:
    """The columns that `headers` name, in their order, `UNREAD` for each that is not known.

    Case, spaces and accents do not matter. Of two that mean the same the first counts (`repeated` names the
    others). Raises InvalidInput where those are essential, or one that is needed is missing.
    """
    found = _meant(headers)
    if missing := _missing(set(found), about_one=about_one):
        where, reason = missing
        unread = not_known(headers, found)
        raise InvalidInput(
            said("%(reason)s; not known: %(names)s", reason=reason, names=unread) if unread else reason,
            where=where,
        )
    for number, name in enumerate(found):
        if name == UNREAD or name not in found[:number]:
            continue
        if name in _ESSENTIAL:
            first = headers[found.index(name)]
            reason = said(
                "%(first)s and %(second)s are both %(column)s: leave one out",
                first=shown(first),
                second=shown(headers[number]),
                column=name,
            )
            raise InvalidInput(reason, where=printable(headers[number]))
        found[number] = UNREAD
    return found


def repeated(headers: Sequence[str], found: Sequence[str]) -> Iterator[Said]:
    """What to say of the headers that mean the same as one before them, and are not read."""
    again: dict[str, list[str]] = {}
    for header, meant, name in zip(headers, _meant(headers), found, strict=True):
        if meant != name:
            again.setdefault(meant, []).append(shown(header))
    for name, others in again.items():
        yield said(
            "not read, as %(first)s is %(column)s too: %(others)s",
            first=shown(headers[found.index(name)]),
            column=name,
            others=tuple(others[:_NAMED]),
        )


def not_known(headers: Sequence[str], found: Sequence[str]) -> tuple[str, ...]:
    """The headers whose columns are not read, each with the known name that it is most like."""
    unread = [
        header
        for header, meant, name in zip(headers, _meant(headers), found, strict=True)
        if meant == name == UNREAD and header.strip()
    ]
    more = [said("and %(more)s more", more=len(unread) - _NAMED)] if len(unread) > _NAMED else []
    return *(_with_nearest(header[:_LONGEST_KEPT]) for header in unread[:_NAMED]), *more


@lru_cache(maxsize=1_000)
def _with_nearest(header: str) -> str:
    """A header as it is shown, of which the beginning is enough, with the known name that is most like it."""
    name = plain(header[:_LONGEST])
    alike = [known for known in _KNOWN if known[:1] == name[:1]]  # a typo is seldom in the first letter
    near = [] if name in _KNOWN else difflib.get_close_matches(name, alike, n=1, cutoff=0.8)
    if not near:
        return shown(header)
    return said('%(name)s (did you mean "%(near)s"?)', name=shown(header), near=near[0])


def _meant(headers: Sequence[str]) -> list[str]:
    """The column that each of `headers` names, `UNREAD` where it is not known."""
    names = [plain(header) for header in headers]
    found = [_KNOWN.get(name, UNREAD) for name in names]
    if _NOTE in names and not _is_french(names):
        found = [UNREAD if name == _NOTE else column for name, column in zip(names, found, strict=True)]
    _split_name(headers, found)
    if "issued" not in found and COMPLETED in found:
        found[found.index(COMPLETED)] = "issued"
    return found


def _is_french(names: Sequence[str]) -> bool:
    """Whether the headers are French: of those that tell, at least as many as are English."""
    french = sum(name in _ONLY_FRENCH for name in names if name != _NOTE)
    return french > 0 and french >= sum(name in _ONLY_ENGLISH for name in names)


def _split_name(headers: Sequence[str], found: list[str]) -> None:
    """Make a bare "name" the last name where a column has the first name and none the last."""
    if FIRST_NAME in found and LAST_NAME not in found:
        for number, header in enumerate(headers):
            if plain(header) in _BARE_NAMES:
                found[number] = LAST_NAME
                return


def _missing(found: set[str], *, about_one: bool) -> tuple[str, Said] | None:
    """The column that is needed and not among those found, and what to say of it."""
    if not about_one and not {"candidate_key", "email"} & found:
        return "candidate_key", said("neither this column nor email is there")
    if not {"achievement_name", "achievement_key"} & found:
        return "achievement_name", said("neither this column nor achievement_key is there")
    return None
