"""What is sent for one candidate: bounded in time, memory and what is answered, whatever the files hold."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from indexer.readers.limits import Limits
from indexer.uploads import take_credentials
from matcher.store.database import Database
from tests.unit.survival import bounded

HEADER = b"candidate_key,achievement_name,issuer,issued\n"


def take(database: Database, *files: bytes, limits: Limits | None = None) -> dict[str, Any]:
    sent = [(f"{number}.csv", io.BytesIO(data)) for number, data in enumerate(files)]
    return take_credentials(database, "default", limits or Limits(), "c1", sent)


FLOODS = {
    "dates": (HEADER, b"c1,a,A,03/04/2026\n", 480_000),
    "quotes": (HEADER, b'c1,"a,b,2025-01-01\n', 200_000),
    "NUL": (HEADER, b"c1,a\0b,A,2025-01-01\n", 50_000),
    "awards": (HEADER, b"c1,a,A,2025-01-01\n", 480_000),
    "own people": (b"", b'{"candidate":{"key":"c1"}}\n', 300_000),
    "other people": (b"", b'{"candidate":{"key":"c2"}}\n', 300_000),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_takes_little_and_is_answered_shortly(database: Database, name: str) -> None:
    head, row, count = FLOODS[name]
    data = head + row * count
    take(database, HEADER + b"c1,a,A,2025-01-01\n")  # what is loaded at first use
    for sent in bounded([data], name):
        found = take(database, sent)
    assert len(found["rejected"]) < 110
    assert found["refused"] >= 10
    assert any("(CREDMATCH_IMPORT_PARTS)" in one["reason"] for one in found["rejected"])


def test_a_short_upload_is_answered_whole(database: Database) -> None:
    rows = b"".join(b"c1,a,A,2025-02-%d\n" % day for day in range(1, 61))
    found = take(database, HEADER + rows)
    assert (found["awards_added"], found["refused"]) == (28, 32)
    assert len(found["rejected"]) == 32


def test_awards_without_a_candidate_are_of_the_one_for_whom_they_are_sent(database: Database) -> None:
    body = {"awards": [{"achievement": {"name": "Lift truck"}, "issued": "2026-01-05"}]}
    for text in (json.dumps(body), json.dumps(body, indent=1), json.dumps([body])):
        found = take(database, text.encode())
        assert (found["rejected"], len(found["awards"])) == ([], 1)
    assert found["awards_unchanged"] == 1


def test_an_award_that_is_sent_twice_is_listed_once(database: Database) -> None:
    found = take(
        database, HEADER + b"c1,a,A,2025-01-01\n", HEADER + b"c1,a,A,2025-01-01\nc1,b,A,2025-01-01\n"
    )
    assert [one["achievement"]["name"] for one in found["awards"]] == ["a", "b"]
    assert (found["awards_added"], found["awards_unchanged"]) == (2, 1)


def test_what_is_wrong_with_a_file_is_answered_once(database: Database) -> None:
    achievement = {"id": "urn:a", "name": "Lift truck"}
    credential = {
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": "https://north.example.org",
        "validFrom": "2026-01-05T00:00:00Z",
        "credentialSubject": [{"id": f"did:ex:{n}", "achievement": achievement} for n in range(3)],
    }
    found = take(database, json.dumps(credential).encode())
    assert (found["refused"], len(found["rejected"])) == (1, 1)


def badge_of(name: str, key: str) -> bytes:
    credential = {
        "id": key,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": "https://north.example.org",
        "validFrom": "2026-01-05T00:00:00Z",
        "credentialSubject": {"id": name, "achievement": {"id": "urn:a", "name": "Lift truck"}},
    }
    return json.dumps(credential).encode()


def test_a_badge_of_somebody_who_is_known_is_taken_as_asked_and_that_is_said(database: Database) -> None:
    bob, ours = "did:ex:bob", "did:ex:c1"
    take_credentials(database, "default", Limits(), "c2", [("b", io.BytesIO(badge_of(bob, "urn:b:1")))])
    told = f'names "{bob}", which is another candidate\'s: it is taken as of "c1" all the same'
    for _ in ("new", "known"):
        found = take(database, badge_of(bob, "urn:b:2"))
        assert [one["text"] for one in found["notices"]] == [told]
        assert found["refused"] == 0
    assert take(database, badge_of(ours, "urn:b:3"))["notices"] == []
    assert take(database, badge_of(ours, "urn:b:3"))["notices"] == []


def test_all_files_together_are_bounded_and_what_was_read_is_stored(database: Database) -> None:
    tables = [HEADER + b"c1,name %d,A,2025-01-0%d\n" % (n, day) for n in (1, 2, 3) for day in (1, 2)]
    found = take(database, *tables, limits=Limits(parts=4))
    assert found["awards_added"] == 4
    (one,) = found["rejected"]
    assert one["file"] == "4.csv"
    assert one["reason"].startswith("more than 4 (CREDMATCH_IMPORT_PARTS) awards and other records are sent")


def badge_graph(assertions: int, alignments: int) -> bytes:
    """Assertions of Open Badges 2.0 in one document, all of one class with many competencies."""
    competencies = [
        {"targetName": f"skill {n} " + "x" * 100, "targetUrl": f"urn:s:{n}"} for n in range(alignments)
    ]
    class_ = {
        "id": "urn:b0", "type": "BadgeClass", "name": "Lift truck", "alignment": competencies,
        "issuer": {"id": "https://i.example.org", "type": "Issuer", "name": "Northshore"},
    }  # fmt: skip
    awards = [
        {
            "id": f"urn:a:{n}", "type": "Assertion", "badge": "urn:b0", "issuedOn": "2026-01-31",
            "recipient": {"type": "email", "hashed": False, "identity": "zoe@example.org"},
        }
        for n in range(assertions)
    ]  # fmt: skip
    return json.dumps({"@context": "https://w3id.org/openbadges/v2", "@graph": [*awards, class_]}).encode()


def test_of_thousands_of_awards_of_a_long_achievement_some_megabytes_are_listed(database: Database) -> None:
    take(database, badge_graph(2, 2))
    for sent in bounded([badge_graph(1_500, 300)], "graph"):
        found = take(database, sent)
    assert found["awards_added"] + found["awards_unchanged"] == 1_500
    assert len(found["awards"]) + found["not_listed"]["awards"] == 1_500
    assert found["not_listed"]["awards"] > 1_000
    assert 3_000_000 < len(json.dumps(found)) < 6_000_000


def test_notices_are_told_a_hundred_times(database: Database) -> None:
    line = b'{"@context":"https://w3id.org/openbadges/v2","type":"CryptographicKey","id":"urn:k"}\n'
    for sent in bounded([line * 20_000], "notices"):
        found = take(database, sent)
    assert len(found["notices"]) == 101
    assert found["notices"][-1]["text"].startswith(
        "this was to be said 19,900 times more, after the first 100;"
    )


@pytest.mark.parametrize("row", [b'"\n', b'"",""\n', HEADER], ids=["quotes", "quoted cells", "the header"])
def test_a_table_of_rows_that_say_nothing_is_left_soon(database: Database, row: bytes) -> None:
    take(database, HEADER + b"c1,a,A,2025-01-01\n")
    for sent in bounded([HEADER + b"c1,a,A,2025-01-01\n" + row * 1_500_000], "rows"):
        found = take(database, sent)
    assert found["awards_unchanged"] == 1
    assert [one["reason"].rpartition("; ")[2] for one in found["rejected"]] == ["the rest is not read"]
