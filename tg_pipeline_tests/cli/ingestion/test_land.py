"""`tg-pipeline land`: updates from files of every form."""

import base64
import json
from pathlib import Path

import pytest

from lambda_ingest.store import open_store
from tg_pipeline_tests.cli.conftest import Shell
from tg_pipeline_tests.lambda_ingest.privacy.tombstones import KEY, forget


def test_updates_land_once_and_verbatim_from_files_of_every_form(shell: Shell) -> None:
    one, two = '{ "update_id": 4,\n "poll": {"id": "é"} }', '{"update_id": 5}'
    bom = "\ufeff"
    for name, text in {
        "one.json": '{\n "update_id": 1\n}\n',
        "many.ndjson": '{"update_id": 2}\n\n{"update_id": 3}\n',
        "response.json": f'{bom}{{"ok": true,\r\n "result": [{one}, {two}]}}\n',
        "array.json": f'[\n{{"update_id": 6}}\n, {two}]',
        "lines.jsonl": f'{bom}{{"update_id": 7}}\n{{"result":[{{"update_id": 8}}],"ok":true}}\n',
        "nothing_new.json": '{"ok":true,"result":[]}',
    }.items():
        (shell.folder / name).write_text(text, "utf-8")

    files = [path.name for path in sorted(shell.folder.glob("*.*json*"))]
    first, second = (shell.run("land", *files, "--bot-id", "9") for _ in range(2))

    assert (first.returncode, first.stderr) == (0, "")
    assert "8 landed, 1 were there already" in first.stdout
    assert "0 landed, 9 were there already" in second.stdout
    keys = {Path(key).name: key for key in shell.landed()}
    assert sorted(keys) == [f"9-{number}.json" for number in range(1, 9)]
    assert (shell.landing / keys["9-4.json"]).read_bytes() == one.encode()


def test_an_export_of_a_chat_and_a_large_file_are_one_clear_sentence(shell: Shell) -> None:
    export = {"name": "Turma", "type": "private_supergroup", "id": 5, "messages": [{"id": 1}]}
    (shell.folder / "result.json").write_text(json.dumps(export, indent=1))
    with (shell.folder / "large.json").open("wb") as large:
        large.write(b"[")
        large.truncate(17 * 1024**2)

    exported, too_large = (shell.run("land", name) for name in ("result.json", "large.json"))

    assert "Import it: tg-pipeline import result.json" in exported.stderr
    assert "Write one update per line: jq -c" in too_large.stderr
    assert shell.landed() == []


def test_the_bot_must_be_known_or_named(shell: Shell) -> None:
    (shell.folder / "one.json").write_text('{"update_id": 1}')
    unknown = {"TELEGRAM_BOT_ID": ""}

    refused = shell.run("land", "one.json", settings=unknown)
    named = shell.run("land", "one.json", "--bot-id", "0", settings=unknown)
    allowed = shell.run("land", "one.json", settings=unknown | {"TG_WITHOUT_BOT_ID": "yes"})

    assert "TELEGRAM_BOT_ID is not set, so updates of two bots could not be" in refused.error()
    assert "1 landed" in named.stdout
    assert "1 were there already" in allowed.stdout


def test_dates_that_decide_no_day_are_reported(shell: Shell) -> None:
    lines = ['{"update_id": 1, "message": {"date": 1}}', '{"update_id": 2, "message": {"date": 2}}']
    (shell.folder / "old.ndjson").write_text("\n".join(lines))

    done = shell.run("land", "old.ndjson", "--bot-id", "9")

    assert done.returncode == 0
    assert done.stderr.startswith(
        "2 updates are dated before Telegram's launch on 2013-08-14 or more than 1 day after the "
        "arrival: check the clock of this machine. Update 1 is dated 1970-01-01 00:00:01 UTC, but"
    )


def test_a_line_that_is_not_an_update_is_reported_and_kept(shell: Shell) -> None:
    # Given a file with a bad line after a good one
    (shell.folder / "some.ndjson").write_bytes(b'{"update_id": 1}\n{"update_id": \n')

    # When it is landed
    done = shell.run("land", "some.ndjson")

    # Then the good line has landed, the bad one is kept, and the command names its line
    assert done.returncode == 1
    assert "1 landed" in done.stdout
    assert "some.ndjson, line 2: The body is not JSON" in done.stderr
    assert [key.partition("/")[0] for key in shell.landed()] == ["rejected", "telegram"]


def test_the_user_is_warned_of_days_before_the_first_partition(shell: Shell) -> None:
    old = {"update_id": 1, "message": {"date": 1_508_825_372, "text": "hi"}}

    done = shell.run("land", "-", stdin=json.dumps(old).encode())

    assert done.returncode == 0
    assert "set TG_START_DATE=2017-10-24" in done.stderr


def test_a_damaged_file_lands_nothing_even_after_a_good_one(shell: Shell) -> None:
    (shell.folder / "cut.json.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (shell.folder / "good.json").write_bytes(b'{"update_id": 1}')

    done = shell.run("land", "good.json", "cut.json.gz")

    assert done.returncode == 1
    assert "cut.json.gz, line 1: the gzip stream ends early" in done.stderr
    assert shell.landed() == []


def test_standard_input_lands_as_batches_and_may_be_empty(shell: Shell) -> None:
    lines = b"".join(b'{"update_id": %d}\n' % number for number in range(25))

    done = [shell.run("land", "-", "--batch", "10", stdin=text) for text in (b"", lines)]

    assert [each.returncode for each in done] == [0, 0]
    assert len(shell.landed()) == 3


HERS = b'{"update_id":1,"message":{"from":{"id":5000000001,"first_name":"Ana"},"text":"segredo"}}'
ABOUT_HER = b'{"update_id":2,"message":{"from":{"id":7},"text":"oi @ana_ribeiro"}}'


@pytest.mark.parametrize("batch", ["0", "10"])
def test_forgotten_people_do_not_come_back_by_a_file_or_a_rejected_object(
    shell: Shell, batch: str
) -> None:
    # Given a forgotten person, and old files with her updates, also as a rejected object
    forget(open_store(shell.landing.as_uri()), 5_000_000_001, "ana_ribeiro")
    (shell.folder / "old.ndjson").write_bytes(HERS + b"\n" + ABOUT_HER + b"\n" + HERS[:-9] + b"\n")
    envelope = {"reason": "No.", "body_base64": base64.b64encode(HERS[:-9]).decode()}
    (shell.folder / "rejected.json").write_text(json.dumps(envelope))

    # When they are landed, without the key and with it
    files = ("old.ndjson", "rejected.json", "--batch", batch)
    refused = shell.run("land", *files)
    assert shell.landed() == [key for key in shell.landed() if key.startswith("privacy/")]
    done = shell.run("land", *files, settings={"TG_PRIVACY_KEY": KEY})

    # Then the first is refused in a sentence, and the second stores nothing of her
    assert "TG_PRIVACY_KEY must be set" in refused.error()
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 landed, 0 were there already, 3 of forgotten people." in done.stdout
    left = [path.read_bytes() for path in shell.landing.rglob("telegram/*/*")]
    assert len(left) == 1
    assert b"5000000001" not in left[0]
    assert list(shell.landing.glob("rejected")) == []


def test_texts_and_fields_of_landed_files_are_dropped(shell: Shell) -> None:
    body = {"update_id": 1, "message": {"text": "segredo", "contact": {"phone_number": "1"}}}
    (shell.folder / "old.json").write_text(json.dumps(body))

    shell.run("land", "old.json", settings={"TG_DROP": "contact", "TG_DROP_TEXT": "landing"})

    (path,) = shell.landing.glob("telegram/*/*.json")
    assert json.loads(path.read_bytes()) == {"update_id": 1, "message": {"text": "░"}}
