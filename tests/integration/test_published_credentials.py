"""Every published example credential: the awards it gives or the refusal it meets, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from indexer.ingest import Options, import_files
from indexer.readers.formats import Context, Record
from indexer.readers.sources import open_records
from matcher.records import CandidateRecord, Rejected, Status
from matcher.store.organisations import create_organisation
from tests.parts.databases import Databases

SHARED = Path(__file__).parents[3] / "shared" / "data" / "credentials"
ZONE = ZoneInfo("America/Toronto")
NOBODY = "no subject"


class Expected(NamedTuple):
    """Names of the awards; the status of the first; part of the refusal where nobody says whose the file is,
    and where `whose` is given. Why."""

    awards: tuple[str, ...]
    status: str = "active"
    alone: str = ""
    whose: str = ""
    why: str = ""


CNA = (
    "Nurse Assistant 1 Program with Licensure",
    "Health Careers 1",
    "Human Anatomy and Physiology",
    "Intro to Health Careers",
    "Nurse Assisting 1",
    "Oregon State Board of Nursing - Certified Nursing Assistant",
)

EXPECTED = {
    "clr20/complex.json": Expected(CNA, why="a record of six credentials, one endorsed"),
    "clr20/simple.json": Expected(
        ("Teamwork",), why="a record of one credential; two achievements in relation"
    ),
    "clr20/simple.jwt": Expected(("Achievement 1",), why="the record is signed as a token"),
    "dcc/dataIntegrityProof/legacyRegistry-noStatus-noExpiry-alignments.json": Expected(
        ("Text analysis",), why="states two alignments"
    ),
    "dcc/dataIntegrityProof/legacyRegistry-noStatus-noExpiry-identityHash.json": Expected(
        ("Truth, veracity, candor, and verisimilitude.",), alone=NOBODY, why="its subject is hashed"
    ),
    "dcc/dataIntegrityProof/legacyRegistry-noStatus-noExpiry-minimal.json": Expected(
        (), alone="there is no achievement", whose="there is no achievement", why="awards nothing"
    ),
    "dcc/dataIntegrityProof/oidf-noStatus-notExpired-notYetValid.json": Expected(
        ("A credential that isn't yet valid",), alone=NOBODY, why="valid from 2099: taken, and counts then"
    ),
    "dcc/dataIntegrityProof/oidf-revokedStatus-noExpiry.json": Expected(
        ("Bachelors - v2 - revoked",), "unknown", alone=NOBODY, why="its status list is elsewhere: not asked"
    ),
    "dcc/ed25519/legacy-noStatus-expired.json": Expected(
        ("Teamwork",), why="expired: taken, and counts nothing"
    ),
    "dcc/ed25519/legacy-noStatus-noExpiry-tampered.json": Expected(
        ("A tampered credential",), why="proofs are not checked: it counts as stated"
    ),
    "dcc/ed25519/legacy-noStatus-noExpiry.json": Expected(("Teamwork",), why="a plain credential"),
    "ler-rs/LER-RS_V2_UC010_applying.json": Expected(
        ("Digital Marketing Certificate",), "unknown", why="a badge in a record; the degree is in progress"
    ),
    "ob20/assets/key1.json": Expected((), why="a key: nothing to import"),
    "ob20/assets/organization.json": Expected((), why="an issuer's profile: nothing to import"),
    "ob20/assets/revocation-list.json": Expected((), why="a revocation list: nothing to import"),
    "ob20/assets/robotics-badge.json": Expected((), why="a badge class, which nobody holds: an achievement"),
    "ob20/basic-assertion-expired.json": Expected(
        ("Awesome Robotics Badge",), "unknown", alone=NOBODY, why="hosted elsewhere; its recipient is hashed"
    ),
    "ob20/basic-assertion.json": Expected(
        ("Awesome Robotics Badge",), "unknown", alone=NOBODY, why="hosted elsewhere; its recipient is hashed"
    ),
    "ob20/rdf-validation/valid-alignment-object.json": Expected(
        (), why="an alignment alone: nothing to import"
    ),
    "ob20/simple-badge.png": Expected(
        ("Awesome Robotics Badge",), "unknown", alone=NOBODY, why="baked; the same award as basic-assertion"
    ),
    "ob20/simple-revoked.jwt": Expected(
        (), alone="badge class", whose="is missing", why="no file here has its badge class"
    ),
    "ob20/simple.jwt": Expected(
        ("Awesome Robotics Badge",), alone=NOBODY, why="signed, and its issuer names no revocation list"
    ),
    "ob30/bit-string-list/credential-status-revoked.json": Expected(
        ("Achievement 1",), "unknown", why="its status list is not asked"
    ),
    "ob30/bit-string-list/testlist": Expected((), why="a status list: nothing to import"),
    "ob30/complete.json": Expected(
        ("1EdTech University Degree",), "unknown", why="everything the standard has; endorsements kept apart"
    ),
    "ob30/simple-eddsa-2022.json": Expected(("some name",), why="a plain credential"),
    "ob30/simple-err-expired.json": Expected(
        (), alone="never be valid", whose="never be valid", why="expires at the moment when it is issued"
    ),
    "ob30/simple-err-proof-value.json": Expected(("Teamwork",), why="proofs are not checked: as stated"),
    "ob30/simple-json.png": Expected(("Teamwork",), why="baked as JSON"),
    "ob30/simple-jwt.svg": Expected(("Teamwork",), why="baked as a token"),
    "ob30/simple-noproof.json": Expected(
        (), alone="is missing", whose="is missing", why="its subject has no achievement"
    ),
    "ob30/simple.json": Expected(("Teamwork",), why="a plain credential"),
    "ob30/simple.jwt": Expected(
        (), alone="is missing", whose="is missing", why="its subject has no achievement"
    ),
}

needs_files = pytest.mark.skipif(not SHARED.exists(), reason="the published example credentials are not here")


def misfits(table: Mapping[str, Expected], files: Collection[str]) -> list[str]:
    """Where a table of what is expected and the files that there are do not fit."""
    return [
        *(f"{name}: is not in the table" for name in sorted(set(files) - table.keys())),
        *(f"{name}: there is no such file" for name in sorted(table.keys() - set(files))),
        *(f"{name}: nothing says why" for name, expected in table.items() if not expected.why.strip()),
    ]


def read_all(candidate: str) -> dict[str, list[Record]]:
    """What the whole folder gives, by file."""
    found: dict[str, list[Record]] = defaultdict(list)
    for record in open_records(SHARED, Context("", ZONE, candidate)):
        file = record.place.file if isinstance(record, CandidateRecord) else getattr(record, "file", "")
        if file:
            found[str(Path(file).relative_to(SHARED))].append(record)
    return found


def test_a_table_that_does_not_fit_its_files_is_noticed() -> None:
    table = {"a": Expected((), why="a key"), "b": Expected((), why=" ")}
    assert misfits(table, ["a", "c"]) == [
        "c: is not in the table",
        "b: there is no such file",
        "b: nothing says why",
    ]


def test_the_table_says_why() -> None:
    assert misfits(EXPECTED, EXPECTED) == []


@needs_files
def test_every_published_file_is_what_the_table_says() -> None:
    assert misfits(EXPECTED, {str(p.relative_to(SHARED)) for p in SHARED.rglob("*") if p.is_file()}) == []
    for whose in ("", "c-1"):
        found = read_all(whose)
        for name, expected in EXPECTED.items():
            refusal = expected.whose if whose else expected.alone
            refused = [one.reason for one in found[name] if isinstance(one, Rejected)]
            assert bool(refused) == bool(refusal), (name, refused)
            assert all(refusal in reason for reason in refused), (name, refused)
            awards = [a for one in found[name] if isinstance(one, CandidateRecord) for a in one.awards]
            names = () if refusal else expected.awards
            assert tuple(award.achievement.name for award in awards) == names, name
            assert not awards or awards[0].status is Status(expected.status), name


@needs_files
@pytest.mark.parametrize("whose", ["", "c-1"])
def test_the_published_files_are_imported_as_the_table_says(databases: Databases, whose: str) -> None:
    database = databases.open("credmatch")
    with database.write() as connection:
        create_organisation(connection, "default")
    report = import_files(database, "default", [SHARED], Options(whose))
    refused = [name for name, one in EXPECTED.items() if (one.whose if whose else one.alone)]
    taken = [award for name, one in EXPECTED.items() if name not in refused for award in one.awards]
    assert report.awards_added + report.awards_changed + report.awards_unchanged == len(taken)
    assert report.quarantined + report.identical == len(refused)


@needs_files
def test_a_credential_read_from_json_token_and_image_is_one_award() -> None:
    found = read_all("c-1")
    keys = {
        name: {
            (award.key, award.achievement.issuer)
            for one in found[name]
            if isinstance(one, CandidateRecord)
            for award in one.awards
        }
        for name in ("ob20/basic-assertion.json", "ob20/simple-badge.png", "ob20/simple.jwt")
    }
    assert len({frozenset(found) for found in keys.values()}) == 1, keys
    assert {
        award.key
        for one in found["ob30/simple-json.png"]
        if isinstance(one, CandidateRecord)
        for award in one.awards
    } == {
        award.key
        for one in found["ob30/simple.json"]
        if isinstance(one, CandidateRecord)
        for award in one.awards
    }
