"""Self-signed certificates for servers on loopback."""

import subprocess
from pathlib import Path

from tg_pipeline.webhook_server.server import Certificate


def self_signed(folder: Path) -> Certificate:
    pair = Certificate(folder / "certificate.pem", folder / "key.pem")
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
        f"subjectAltName=IP:127.0.0.1 -keyout {pair.key} -out {pair.certificate}".split(),
        check=True,
        capture_output=True,
    )
    return pair
