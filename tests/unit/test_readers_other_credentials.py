"""Verifiable credentials that award nothing: they are named, and never taken for something else."""

from __future__ import annotations

from typing import Any

import pytest

from matcher.records import Notice, Rejected
from tests.unit.examples.other_credentials import STATUS_LIST
from tests.unit.reading import read_any


@pytest.mark.parametrize(
    "document",
    [
        STATUS_LIST,
        {"type": ["VerifiableCredential", "BitstringStatusListCredential"], "credentialSubject": {}},
        {"credentialSubject": {"type": "BitstringStatusList", "encodedList": "uH4sI"}},
        {"@type": "StatusList2021Credential"},
        {"type": "1EdTechRevocationList", "id": "urn:list"},
    ],
)
def test_a_status_list_is_named(document: dict[str, Any]) -> None:
    (found,) = read_any(document)
    assert isinstance(found, Notice)
    assert "is a list of the status of others" in found.text


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"type": ["VerifiableCredential", "DriverLicence"], "credentialSubject": {"id": "did:example:zoe"}},
         'of another kind ("DriverLicence")'),
        ({"type": "VerifiableCredential", "credentialSubject": {"type": "Person"}}, '("Person")'),
        ({"credentialSubject": [{"name": "Zoé"}]}, "of no kind"),
        ({"type": ["VerifiableCredential", "\ud800"]}, "of another kind"),
    ],
)  # fmt: skip
def test_another_kind_is_refused_by_its_name(document: dict[str, Any], reason: str) -> None:
    (found,) = read_any(document)
    assert isinstance(found, Rejected)
    assert found.where == "credentialSubject.achievement"
    assert reason in found.reason
