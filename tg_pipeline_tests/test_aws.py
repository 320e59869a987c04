"""Credentials for a bucket: from variables, profiles and roles, renewed before they expire."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from moto.server import ThreadedMotoServer

from lambda_ingest.store import StoreError
from tg_pipeline.aws import CREDENTIALS_TTL, s3_options, translate_aws_errors
from tg_pipeline.exceptions import AthenaError
from tg_pipeline.storage.object_store import open_object_store
from tg_pipeline_tests.lambda_ingest.bot_server import Bot, Heard, always, reply

URI = "s3://lake/of/mine"
IN_AN_HOUR = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(autouse=True)
def no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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
    """Put an object, and return the request that the bucket received."""
    obstore.put(open_object_store(URI), "key", b"{}")
    return bucket.heard[-1]


def signed_by(heard: Heard) -> tuple[str, str]:
    """Return the access key and the region with which a request was signed."""
    key, _, region, *_ = heard.headers["authorization"].partition("Credential=")[2].split("/")
    return key, region


def test_variables_are_enough(bucket: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "from-variables")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anything")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-token")
    monkeypatch.setenv("AWS_REGION", "sa-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address(bucket))
    monkeypatch.setitem(sys.modules, "boto3", None)  # importing it would fail

    heard = put(bucket)

    assert signed_by(heard) == ("from-variables", "sa-east-1")
    assert heard.headers["x-amz-security-token"] == "a-token"
    assert heard.start.startswith("PUT /lake/of/mine/key ")


@pytest.mark.parametrize(
    "case",
    [
        (
            {"AWS_PROFILE": "bot"},
            "[profile bot]\nregion = eu-west-3\nendpoint_url = BUCKET\n",
            "eu-west-3",
        ),
        ({}, "[default]\nservices = s\n[services s]\ns3 =\n  endpoint_url = BUCKET\n", "us-east-1"),
        (
            {"AWS_PROFILE": "bot", "AWS_REGION": "sa-east-1", "AWS_ENDPOINT_URL": "BUCKET"},
            "[profile bot]\nregion = eu-west-3\nendpoint_url = http://nowhere.invalid\n",
            "sa-east-1",
        ),
    ],
    ids=["named profile", "default profile", "variables override the profile"],
)
def test_a_profile_has_keys_region_and_endpoint(
    bucket: Bot,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: tuple[dict[str, str], str, str],
) -> None:
    variables, profile, region = case
    keys = "aws_access_key_id = from-the-profile\naws_secret_access_key = anything\n"
    config.with_name("credentials").write_text(f"[bot]\n{keys}[default]\n{keys}")
    config.write_text(profile.replace("BUCKET", address(bucket)))
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("BUCKET", address(bucket)))

    assert signed_by(put(bucket)) == ("from-the-profile", region)


def test_the_role_of_a_profile_is_assumed(
    bucket: Bot, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given STS, and a profile with a role
    service = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    service.start()
    host, port = service.get_host_and_port()
    config.write_text(
        "[profile base]\naws_access_key_id = from-the-base\naws_secret_access_key = anything\n"
        "[profile bot]\nrole_arn = arn:aws:iam::123456789012:role/lake\nsource_profile = base\n"
        "region = sa-east-1\nservices = mine\n"
        f"[services mine]\ns3 =\n  endpoint_url = {address(bucket)}\n"
        f"sts =\n  endpoint_url = http://{host}:{port}\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "bot")

    # When an object is put
    try:
        heard = put(bucket)
    finally:
        service.stop()

    # Then the request is signed with the role's key and token
    assert signed_by(heard)[0].startswith("ASIA")
    assert heard.headers["x-amz-security-token"]


def test_credentials_are_renewed_before_they_expire(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a program that prints another key each time, valid for eight minutes
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

    # When obstore asks for credentials twice
    provider = s3_options(URI, {"AWS_PROFILE": "bot"})["credential_provider"]
    given = [provider() for _ in range(2)]

    # Then it gets another key each time, and asks again before it expires
    first, second = (int(each["access_key_id"].removeprefix("key-")) for each in given)
    assert second == first + 1
    assert all(each["expires_at"] <= datetime.now(UTC) + CREDENTIALS_TTL for each in given)


def test_all_stores_of_a_process_share_their_credentials(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(
        "[profile bot]\naws_access_key_id = an-id\naws_secret_access_key = anything\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "bot")

    one, other = (s3_options(uri, {"AWS_PROFILE": "bot"}) for uri in (URI, "s3://other"))

    assert one["credential_provider"] is other["credential_provider"]


def test_a_web_identity_is_exchanged_for_credentials(
    bucket: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("from-the-pod")
    given = reply(
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
        "<AccessKeyId>from-the-pod-role</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
        f"<SessionToken>t</SessionToken><Expiration>{IN_AN_HOUR}</Expiration>"
        "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>".encode()
    )
    with Bot(always(given)) as service:
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
        monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/lake")
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", address(service))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address(bucket))

        assert signed_by(put(bucket))[0] == "from-the-pod-role"


def test_a_container_role_is_used(
    bucket: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("from-the-container")
    given = {
        "AccessKeyId": "from-the-container-role",
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": IN_AN_HOUR,
    }
    with Bot(always(reply(json.dumps(given).encode()))) as service:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{address(service)}/creds")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address(bucket))

        assert signed_by(put(bucket))[0] == "from-the-container-role"
        assert service.heard[-1].headers["authorization"] == "from-the-container"


def test_a_machine_role_is_used(bucket: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "Code": "Success",
        "AccessKeyId": "from-the-machine-role",
        "SecretAccessKey": "s",
        "Token": "t",
        "Expiration": IN_AN_HOUR,
    }

    def respond(heard: Heard, _: object) -> list[bytes]:
        answers = {"token": b"a-token", "role": json.dumps(given).encode()}
        return [reply(answers.get(heard.start.split()[1].rpartition("/")[2], b"role"))]

    with Bot(respond) as machine:
        monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", address(machine))
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", address(bucket))

        assert signed_by(put(bucket))[0] == "from-the-machine-role"


def error_of() -> str:
    with pytest.raises(StoreError) as caught:
        open_object_store(URI)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__
    return str(caught.value)


def test_without_credentials_the_error_says_what_to_set() -> None:
    assert error_of() == (
        f"{URI}: no AWS credentials were found: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, or give this machine a role."
    )


def test_a_profile_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "bto")

    assert error_of().startswith(f"{URI}: the AWS credentials can't be obtained: ")
    assert "(bto)" in error_of()


def test_an_expired_login_is_named(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text(
        "[profile bot]\nsso_session = team\nsso_account_id = 123456789012\nsso_role_name = lake\n"
        "region = sa-east-1\n[sso-session team]\nsso_start_url = https://team.awsapps.com/start\n"
        "sso_region = sa-east-1\n"
    )
    monkeypatch.setenv("AWS_PROFILE", "bot")
    monkeypatch.setenv("HOME", str(config.parent))

    assert error_of().startswith(f"{URI}: the AWS credentials can't be obtained: ")
    assert "SSO" in error_of()


@pytest.mark.parametrize("uri", ["file:///tmp", "memory://lake"])
def test_other_stores_need_no_credentials(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")

    assert open_object_store(uri)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no."}}, "GetTable"),
            "AWS refuses GetTable: no (AccessDeniedException)",
        ),
        (
            ClientError({"Error": {"Code": "ExpiredToken", "Message": "?"}}, "GetTable"),
            "AWS refuses GetTable: the session has expired: log in again",
        ),
        (NoCredentialsError(), "AWS: no AWS credentials were found: set AWS_PROFILE"),
        (
            EndpointConnectionError(endpoint_url="http://x"),
            "AWS can't be used: Could not connect to the endpoint URL",
        ),
    ],
    ids=["refused", "expired", "no credentials", "unreachable"],
)
def test_errors_of_glue_and_athena_are_one_sentence(error: Exception, sentence: str) -> None:
    with pytest.raises(AthenaError) as caught, translate_aws_errors():
        raise error

    assert str(caught.value).startswith(sentence)
