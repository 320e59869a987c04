"""Forgetting and exporting a person reaches the messages of an imported history."""

import json
from typing import Any, Final

from lambda_ingest.synthetic.updates import synthetic_id
from tg_pipeline.privacy.export import export_landing
from tg_pipeline.privacy.people import Census, DataSubject
from tg_pipeline.privacy.tombstones import tombstones_of
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.privacy.scene import (
    GROUP,
    ID,
    KEY,
    NAME,
    NOON,
    build,
    files_with,
    forget_ana,
    seconds,
)

ANA: Final = {"from": NAME, "from_id": f"user{ID}"}
BETO: Final = {"from": "Beto", "from_id": "user50000001234"}
CONFESSION: Final = "ninguém pode saber disto"
TRACES: Final = (str(ID), NAME, CONFESSION, "Aninha")


def exported(number: int, **content: Any) -> bytes:
    second = seconds(number)
    sent = {"id": number, "type": "message", "date_unixtime": str(second), "text": "oi", **content}
    line = {"date": second, "chat": GROUP, "message": sent}
    update_id = synthetic_id(second, str(number).encode())
    return json.dumps({"update_id": update_id, "exported_message": line}).encode()


HERS: Final = exported(1, **ANA, text=CONFESSION)
REACTED: Final = exported(2, **BETO, reactions=[{"count": 1, "recent": [ANA]}])
ADDED: Final = exported(3, **BETO, type="service", action="invite_members", members=[NAME, "Eva"])
NAMED: Final = exported(
    4, **BETO, text=[{"type": "mention_name", "text": "Aninha", "user_id": ID}, " vem"]
)
FORWARDED: Final = exported(5, **BETO, forwarded_from=NAME, text=CONFESSION)
UNRELATED: Final = exported(6, **BETO, text="nada dela")
LINES: Final = (HERS, REACTED, ADDED, NAMED, FORWARDED, UNRELATED)


def test_nothing_of_the_person_is_left_of_an_imported_history(pipeline: Pipeline) -> None:
    # Given a history with a person who wrote, reacted, was added, named and forwarded
    pipeline.land_batch("history", *LINES, arrived_at=NOON)
    build(pipeline)
    assert files_with(pipeline.folder, TRACES)

    # When she is forgotten
    result = forget_ana(pipeline)

    # Then nothing of her is left, and the messages of others are
    assert files_with(pipeline.folder, TRACES) == []
    assert result.is_complete
    assert (result.counts.own, result.counts.of_others) == (1, 4)
    payloads = [row["payload"] for row in pipeline.rows("raw_updates")]
    assert len(payloads) == 5
    assert UNRELATED in payloads


def test_an_export_holds_her_messages_and_what_others_have_about_her(pipeline: Pipeline) -> None:
    pipeline.land_batch("history", *LINES, arrived_at=NOON)
    theirs = tombstones_of(KEY, DataSubject(ID), None)

    found = list(export_landing(pipeline.landing, ID, theirs, 7))

    own = [each["update"] for each in found if each["own"]]
    assert own == [json.loads(HERS)]
    parts = [part for each in found if not each["own"] for part in each["parts"].values()]
    assert parts == [ANA, {"type": "mention_name", "text": "Aninha", "user_id": ID}]


def test_her_names_and_texts_are_collected_and_those_of_others_told_apart() -> None:
    census = Census(ID)
    for line in (
        *LINES,
        exported(7, **ANA | {"from": "Eva"}),
        exported(8, **{**BETO, "from": "Eva"}),
    ):
        census.add(json.loads(line))

    subject = census.subject()

    assert subject.names == {NAME}
    assert subject.shared_names == {"Eva"}
    assert subject.texts == {CONFESSION}
    written = json.loads(exported(9, **BETO, text="um texto longo"))
    assert set(census.texts_of_others(written)) == {"um texto longo", GROUP["title"]}
    assert set(census.texts_of_others(json.loads(HERS))) == {GROUP["title"]}
