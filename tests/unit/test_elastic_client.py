"""What the client's errors mean, where no Elasticsearch is needed to find out."""

from __future__ import annotations

import ssl

import pytest
import urllib3.exceptions
from elastic_transport import TlsError

from matcher.errors import ConfigurationError, CredmatchError, Unavailable
from matcher.search.elastic_access import access_of
from matcher.search.elastic_client import Cluster
from matcher.settings import read_settings


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed"), ConfigurationError),
        (ssl.SSLError(1, "wrong version number, and not CERTIFICATE_VERIFY_FAILED"), Unavailable),
    ],
)
def test_a_certificate_that_cannot_be_trusted_is_the_operators_to_mend(
    cause: ssl.SSLError, expected: type[CredmatchError]
) -> None:
    error = TlsError(str(cause))
    error.__cause__ = urllib3.exceptions.SSLError(cause)
    cluster = Cluster(access_of(read_settings(elasticsearch_url="https://search.example.org:9200")))
    assert type(cluster._unreached(error)) is expected
