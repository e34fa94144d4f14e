"""Documents for tests: other credentials."""

from __future__ import annotations

from typing import Any

STATUS_LIST: dict[str, Any] = {
    "id": "https://issuer.example.org/list",
    "type": ["VerifiableCredential", "BitstringStatusListCredential"],
    "issuer": "https://issuer.example.org/",
    "credentialSubject": {
        "type": "BitstringStatusList",
        "statusPurpose": "revocation",
        "encodedList": "uH4sI",
    },
}
