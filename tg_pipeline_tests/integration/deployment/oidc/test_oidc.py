"""deploy/proxy/apache-oidc.conf: nobody passes without signing in, and another site never."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tg_pipeline_tests.fakes.ports import free_port
from tg_pipeline_tests.integration.deployment.compose import DEPLOY
from tg_pipeline_tests.integration.deployment.oidc.provider import (
    CLIENT,
    CLIENT_SECRET,
    OidcProvider,
)
from tg_pipeline_tests.ui_guard.webserver import PAGE, Webserver, guarded_webserver

pytestmark = pytest.mark.team

MODULES: Final = Path("/usr/lib/apache2/modules")
"""Where Debian's apache2 has them."""

LOADED: Final = (
    *("mpm_event", "authn_core", "authz_core", "authz_user", "headers"),
    *("proxy", "proxy_http", "auth_openidc"),
)
JSON: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Proxy:
    url: str
    webserver: Webserver

    def sign_in(self) -> requests.Session:
        session = requests.Session()
        assert session.get(f"{self.url}/assets", timeout=30).content == PAGE
        return session


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[list[str]], Proxy]]:
    """Start the provider, the guard and Apache for somebody who is in these groups."""
    apache = shutil.which("apache2")
    if not apache or not (MODULES / "mod_auth_openidc.so").exists():
        pytest.skip("no Apache here (Debian's apache2, libapache2-mod-auth-openidc)")
    with ExitStack() as started:

        def begin(groups: list[str]) -> Proxy:
            url = f"http://127.0.0.1:{free_port()}"
            provider = OidcProvider(groups)
            started.enter_context(provider.server)
            webserver = started.enter_context(guarded_webserver(url))
            variables = {
                "OIDC_METADATA_URL": f"{provider.url}/.well-known/openid-configuration",
                "OIDC_CLIENT_ID": CLIENT,
                "OIDC_CLIENT_SECRET": CLIENT_SECRET,
                "OIDC_PASSPHRASE": "a-passphrase-for-cookies",
                "OIDC_CLAIM": "groups:dagster",
                "DAGSTER_UI": webserver.origin,
            }
            (tmp_path / "apache.conf").write_text(configuration(url, tmp_path))
            server = started.enter_context(
                subprocess.Popen(
                    [apache, "-X", "-f", str(tmp_path / "apache.conf")],
                    env=os.environ | variables,
                )
            )
            started.callback(server.terminate)
            wait_until_it_answers(url, server, tmp_path)
            return Proxy(url, webserver)

        yield begin


def configuration(url: str, folder: Path) -> str:
    address = url.removeprefix("http://")
    modules = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED]
    lines = [
        *(f"ServerRoot {folder}", f"PidFile {folder}/pid", f"ErrorLog {folder}/error.log"),
        *(f"DefaultRuntimeDir {folder}", f"Listen {address}", f"ServerName {address}"),
        *modules,
        *(("User www-data", "Group www-data") if os.geteuid() == 0 else ()),
        f"<VirtualHost {address}>",
        "OIDCIDTokenSignedResponseAlg HS256",
        f"Include {DEPLOY}/proxy/apache-oidc.conf",
        "</VirtualHost>",
    ]
    if os.geteuid() == 0:
        unixd = f"LoadModule unixd_module {MODULES}/mod_unixd.so"
        if (MODULES / "mod_unixd.so").exists():
            lines.insert(0, unixd)
    return "\n".join(lines) + "\n"


def wait_until_it_answers(url: str, server: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(150):
        log = folder / "error.log"
        assert server.poll() is None, log.read_text() if log.exists() else "it ended"
        try:
            requests.get(url, allow_redirects=False, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("Apache is not up")


def test_nobody_passes_without_having_signed_in(start: Callable[[list[str]], Proxy]) -> None:
    proxy = start(["dagster"])

    page = requests.get(f"{proxy.url}/assets", allow_redirects=False, timeout=30)
    asked = requests.post(
        f"{proxy.url}/graphql", data=b"{}", headers=JSON, allow_redirects=False, timeout=30
    )
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{proxy.url.replace('http', 'ws')}/graphql", origin=Origin(proxy.url))

    assert (page.status_code, asked.status_code) == (302, 401)
    assert refused.value.response.status_code == 401
    assert proxy.webserver.asked == []


def test_who_has_signed_in_can_use_the_ui_and_another_site_still_can_t(
    start: Callable[[list[str]], Proxy],
) -> None:
    # Given somebody who has signed in
    proxy = start(["staff", "dagster"])
    session = proxy.sign_in()
    (cookie,) = (each for each in session.cookies if each.name == "mod_auth_openidc_session")
    attributes = {"SameSite": "Lax", "HttpOnly": None}
    assert {name: cookie.get_nonstandard_attr(name) for name in attributes} == attributes
    proxy.webserver.asked.clear()

    # Then the UI's own requests and its WebSocket pass
    own = JSON | {"Origin": proxy.url, "Sec-Fetch-Site": "same-origin"}
    assert session.post(f"{proxy.url}/graphql", data=b"{}", headers=own, timeout=30).ok
    channel = connect(
        f"{proxy.url.replace('http', 'ws')}/graphql",
        origin=Origin(proxy.url),
        subprotocols=[Subprotocol("graphql-ws")],
        additional_headers={"Cookie": f"{cookie.name}={cookie.value}"},
    )
    with channel:
        channel.send("start")
        assert channel.recv(30) == "echo start"
    assert proxy.webserver.asked == ["POST /graphql", "GET /graphql"]

    # And a request that a browser would send for another site does not, even with the cookie
    foreign = JSON | {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    answer = session.post(f"{proxy.url}/graphql", data=b"{}", headers=foreign, timeout=30)
    assert answer.status_code == 403
    assert len(proxy.webserver.asked) == 2


def test_who_is_in_another_group_does_not_pass(start: Callable[[list[str]], Proxy]) -> None:
    proxy = start(["staff"])

    answer = requests.Session().get(f"{proxy.url}/assets", timeout=30)

    assert answer.status_code in {401, 403}
    assert proxy.webserver.asked == []
