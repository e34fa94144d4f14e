"""Documents for tests: presentations."""

from __future__ import annotations

from typing import Any

from tests.unit.examples.open_badges_3 import CREDENTIAL
from tests.unit.tokens_in_tests import token

PRESENTATION: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": "VerifiablePresentation",
    "holder": "did:example:wallet",
    "verifiableCredential": [CREDENTIAL, {**CREDENTIAL, "id": "urn:credential:2"}],
}

TOKEN = token(CREDENTIAL)


def envelope(id_: object, type_: object = "EnvelopedVerifiableCredential") -> dict[str, Any]:
    return {"@context": "https://www.w3.org/ns/credentials/v2", "id": id_, "type": type_}
