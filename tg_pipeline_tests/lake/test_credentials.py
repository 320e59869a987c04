"""Who asks a bucket: by variables, profiles, or roles of any kind, each renewed in time."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import pytest
from moto.server import ThreadedMotoServer

from lambda_ingest.store import StoreError
from tg_pipeline.aws import ASK_AGAIN, beside_environment
from tg_pipeline.lake.object_store import open_object_store
from tg_pipeline_tests.lambda_ingest.bot_server import Bot, Heard, always, reply

URI = "s3://lake/of/mine"
IN_AN_HOUR = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(autouse=True)
def no_machine_s_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the profiles and the role of whoever runs the tests out of them."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def bucket() -> Iterator[Bot]:
    with Bot(always(reply(etag='"a"'))) as opened:
        yield opened


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config"


def address(bot: Bot) -> str:
    return f"http://127.0.0.1:{bot.port}"


def put(bucket: Bot) -> Heard:
    """Put something, and give what the bucket heard of it."""
    obstore.put(open_object_store(URI), "key", b"{}")
    return bucket.heard[-1]


def signed_by(heard: Heard) -> tuple[str, str]:
    """Give the access key and the region that a request was signed with."""
    key, _, region, *_ = heard.headers["authorization"].partition("Credential=")[2].split("/")
    return key, region


def test_variables_are_enough(bucket: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-variables")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anything")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-token")
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address(bucket))
    monkeypatch.setitem(sys.modules, "boto3", None)  # it must not be needed

    heard = put(bucket)

    assert signed_by(heard) == ("of-the-variables", "sa-east-1")
    assert heard.headers["x-amz-security-token"] == "a-token"
    assert heard.start.startswith("PUT /lake/of/mine/key ")


def test_a_profile_tells_keys_region_and_endpoint(
    bucket: Bot, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(
        "[profile bot]\naws_access_key_id = of-the-profile\naws_secret_access_key = anything\n"
        f"region = eu-west-3\nendpoint_url = {address(bucket)}\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "bot")

    assert signed_by(put(bucket)) == ("of-the-profile", "eu-west-3")


def test_the_default_profile_is_found_where_nothing_else_is_set(
    bucket: Bot, config: Path, tmp_path: Path
) -> None:
    (tmp_path / "credentials").write_text(
        "[default]\naws_access_key_id = of-the-default\naws_secret_access_key = anything\n"
    )
    config.write_text(
        f"[default]\nservices = mine\n[services mine]\ns3 =\n  endpoint_url = {address(bucket)}\n"
    )

    assert signed_by(put(bucket)) == ("of-the-default", "us-east-1")


def test_what_is_set_for_this_process_goes_before_the_profile(
    bucket: Bot, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(
        "[profile bot]\naws_access_key_id = of-the-profile\naws_secret_access_key = anything\n"
        "region = eu-west-3\nendpoint_url = http://nowhere.invalid\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "bot")
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", address(bucket))

    assert signed_by(put(bucket)) == ("of-the-profile", "sa-east-1")


def test_a_role_of_a_profile_is_assumed(
    bucket: Bot, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a service that gives roles, and a profile that has to take one
    service = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    service.start()
    host, port = service.get_host_and_port()
    config.write_text(
        "[profile base]\naws_access_key_id = of-the-base\naws_secret_access_key = anything\n"
        "[profile bot]\nrole_arn = arn:aws:iam::123456789012:role/lake\nsource_profile = base\n"
        "region = sa-east-1\nservices = mine\n"
        f"[services mine]\ns3 =\n  endpoint_url = {address(bucket)}\n"
        f"sts =\n  endpoint_url = http://{host}:{port}\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "bot")

    # When the bucket is asked
    try:
        heard = put(bucket)
    finally:
        service.stop()

    # Then it is by the role's own key and token
    assert signed_by(heard)[0].startswith("ASIA")
    assert heard.headers["x-amz-security-token"]


def test_what_ends_is_renewed_before_its_end(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a program that gives another key each time, each for eight minutes
    program = tmp_path / "keys.py"
    program.write_text(
        "import datetime, json, pathlib, sys\n"
        "count = pathlib.Path(sys.argv[1]); count.open('a').write('.')\n"
        "end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=8)\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': f'key-{len(count.read_text())}', "
        "'SecretAccessKey': 's', 'SessionToken': 't', 'Expiration': end.isoformat()}))\n"
    )
    command = f"{sys.executable} {program} {tmp_path / 'count'}"
    config.write_text(f"[profile bot]\ncredential_process = {command}\n")
    monkeypatch.setenv("AWS_PROFILE", "bot")

    # When obstore asks again, as it does before long
    provider = beside_environment(URI, {"AWS_PROFILE": "bot"})["credential_provider"]
    given = [provider() for _ in range(2)]

    # Then it has another key, and asks before that one ends
    first, second = (int(each["access_key_id"].removeprefix("key-")) for each in given)
    assert second == first + 1
    assert all(each["expires_at"] <= datetime.now(UTC) + ASK_AGAIN for each in given)


def test_a_role_is_taken_once_for_all_stores_of_a_process(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(
        "[profile bot]\naws_access_key_id = an-id\naws_secret_access_key = anything\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "bot")

    one, other = (beside_environment(uri, {"AWS_PROFILE": "bot"}) for uri in (URI, "s3://other"))

    assert one["credential_provider"] is other["credential_provider"]


def test_a_web_identity_is_exchanged(
    bucket: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("of-the-pod")
    given = reply(
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
        "<AccessKeyId>of-the-pod-s-role</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
        f"<SessionToken>t</SessionToken><Expiration>{IN_AN_HOUR}</Expiration>"
        "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>".encode()
    )
    with Bot(always(given)) as service:
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
        monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/lake")
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", address(service))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address(bucket))

        assert signed_by(put(bucket))[0] == "of-the-pod-s-role"


def test_a_container_s_role_is_taken(
    bucket: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("of-the-container")
    given = {
        "AccessKeyId": "of-the-container-s-role",
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": IN_AN_HOUR,
    }
    with Bot(always(reply(json.dumps(given).encode()))) as service:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{address(service)}/creds")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address(bucket))

        assert signed_by(put(bucket))[0] == "of-the-container-s-role"
        assert service.heard[-1].headers["authorization"] == "of-the-container"


def test_a_machine_s_role_is_taken(bucket: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "Code": "Success",
        "AccessKeyId": "of-the-machine-s-role",
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": IN_AN_HOUR,
    }

    def tell(heard: Heard, _: object) -> list[bytes]:
        told = {"token": b"a-token", "role": json.dumps(given).encode()}
        return [reply(told.get(heard.start.split()[1].rpartition("/")[2], b"role"))]

    with Bot(tell) as machine:
        monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", address(machine))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address(bucket))

        assert signed_by(put(bucket))[0] == "of-the-machine-s-role"


def error_of() -> str:
    with pytest.raises(StoreError) as caught:
        open_object_store(URI)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__
    return str(caught.value)


def test_without_any_credentials_it_says_what_to_set() -> None:
    assert error_of() == (
        f"{URI}: no AWS credentials are found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, or give this machine a role."
    )


def test_a_profile_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "bto")

    assert error_of().startswith(f"{URI}: no AWS credentials can be had: ")
    assert "(bto)" in error_of()


def test_a_login_that_has_ended_says_so(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(
        "[profile bot]\nsso_session = team\nsso_account_id = 123456789012\nsso_role_name = lake\n"
        "region = sa-east-1\n[sso-session team]\nsso_start_url = https://team.awsapps.com/start\n"
        "sso_region = sa-east-1\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "bot")
    monkeypatch.setenv("HOME", str(config.parent))

    assert error_of().startswith(f"{URI}: no AWS credentials can be had: ")
    assert "SSO" in error_of()


@pytest.mark.parametrize("uri", ["file:///tmp", "memory://lake"])
def test_a_place_that_is_no_bucket_needs_no_credentials(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")

    assert open_object_store(uri)
