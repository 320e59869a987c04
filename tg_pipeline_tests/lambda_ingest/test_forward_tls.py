"""A bot behind HTTPS is believed if its certificate is, and only then hears an update."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lambda_ingest.forward import Forwarder
from tg_pipeline_tests.lambda_ingest.bot import Bot, always, reply

ForwardTo = Callable[..., Forwarder]
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a certificate that its own key signed, for localhost, with that key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    also = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - DAY).not_valid_after(now + DAY)
    signed = builder.add_extension(also, critical=False).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.mark.usefixtures("trusted")
def test_a_bot_whose_certificate_is_trusted_hears_the_update(
    forward_to: ForwardTo, tls: ssl.SSLContext
) -> None:
    with Bot(always(reply(b"ok")), tls) as bot:
        forwarder = forward_to(bot.url)
        answers = [forwarder.send(b"%d" % number, 20.0) for number in range(2)]

    assert [answer.body for answer in answers] == [b"ok", b"ok"]
    assert [(heard.body, heard.connection) for heard in bot.heard] == [(b"0", 1), (b"1", 1)]


def test_a_bot_that_signed_its_certificate_itself_hears_nothing(
    forward_to: ForwardTo, tls: ssl.SSLContext
) -> None:
    with Bot(always(reply()), tls) as bot:
        answer = forward_to(bot.url).send(b"{}", 20.0)

    assert (answer.status, answer.body) == (502, b"")
    assert answer.why == "The bot can't be reached: SSLCertVerificationError."
    assert bot.heard == []


@pytest.mark.usefixtures("trusted")
def test_a_bot_with_another_s_certificate_hears_nothing(
    forward_to: ForwardTo, tls: ssl.SSLContext
) -> None:
    with Bot(always(reply()), tls) as bot:
        answer = forward_to(bot.url.replace("localhost", "127.0.0.1")).send(b"{}", 20.0)

    assert answer.why == "The bot can't be reached: SSLCertVerificationError."
    assert bot.heard == []


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_kept_connection_that_the_bot_closed_meanwhile_is_opened_again(
    forward_to: ForwardTo, tls: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    tls.minimum_version = tls.maximum_version = version

    with Bot(always(reply()), tls) as bot:
        forwarder = forward_to(bot.url)
        forwarder.send(b"1", 20.0)
        bot.hang_up()

        answer = forwarder.send(b"2", 20.0)

    assert answer.status == 200
    assert [heard.body for heard in bot.heard] == [b"1", b"2"]


@pytest.mark.usefixtures("trusted")
def test_a_bot_that_speaks_no_tls_hears_nothing(forward_to: ForwardTo) -> None:
    with Bot(always(reply())) as bot:
        answer = forward_to(bot.url.replace("http:", "https:")).send(b"{}", 20.0)

    assert answer.status == 502
    assert bot.heard == []
