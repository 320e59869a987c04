"""What `tg-pipeline summary` says of whether the bot helps, in each case of what is known."""

import json
import re
from datetime import UTC, datetime, time, timedelta

import pytest

from tg_pipeline.cli.results.summary import first_sentence, help_lines
from tg_pipeline.marts.cumulative import QUESTIONS
from tg_pipeline.report.formatting import NO_BREAK, Formatter
from tg_pipeline.report.models import Period
from tg_pipeline_tests.built_marts import rows_of
from tg_pipeline_tests.cli.conftest import FIRST_DAY, Shell
from tg_pipeline_tests.conftest import Pipeline
from tg_pipeline_tests.report.made_facts import FIRST, made_facts

ANSWERED = "In private chats, the bot answered 30 of 40 issues; 25 of these were not asked again"


@pytest.mark.parametrize(
    ("issues", "unseen", "begins"),
    [
        (40, 0, [ANSWERED]),
        (40, 3, [ANSWERED, "Nothing is known of 3 issues more in private chats"]),
        (0, 3, ["Whether the bot helps in private chats is not known"]),
        (0, 0, []),
    ],
    ids=["recorded", "recorded since", "not recorded", "nobody asks"],
)
def test_an_answer_that_can_not_be_seen_counts_neither_way(
    issues: int, unseen: int, begins: list[str]
) -> None:
    lines = list(help_lines(issues, unseen, 30, 25, Formatter("en")))

    said = [line.replace(NO_BREAK, " ") for line in lines]
    assert len(said) == len(begins)
    assert all(line.startswith(begin) for line, begin in zip(said, begins, strict=True))


SENTENCES = {
    "en": "5 Oct – 1 Nov 2026: Busiest on Tuesdays, 20:00–21:00; asked most: “como emito "
    "o <certificado>?” (28 times); issues answered in private chats: 50%; elsewhere: 50%.",
    "pt": "5 de out. – 1 de nov. de 2026: Mais movimento: terças, 20h–21h; mais perguntado: "
    "“como emito o <certificado>?” (28 vezes); dúvidas respondidas no privado: 50%; em outros "
    "chats: 50%.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_the_summary_ends_with_the_report_s_first_sentence(language: str) -> None:
    facts = made_facts(texts=("como emito o\n<certificado>?",))
    period = Period(FIRST + timedelta(days=28), FIRST + timedelta(days=55))

    said = first_sentence(period, facts, Formatter(language))

    assert " ".join(said.split()) == SENTENCES[language]


@pytest.mark.slow  # a process with Dagster
def test_a_topic_of_two_bots_is_counted_once(shell: Shell) -> None:
    # Given a topic of the operator that people ask two bots about
    pipeline = Pipeline(shell.folder)
    texts = ("quanto custa o frete?", "o frete demora?", "tem frete grátis?")
    for bot, count in ((7, 2), (8, 3)):
        for number, text in enumerate(texts[:count], 1):
            sender = {"id": 10 + number, "is_bot": False, "first_name": "Ana"}
            message = {
                "message_id": number,
                "date": int(datetime.combine(FIRST_DAY, time(15, number), UTC).timestamp()),
                "chat": {"id": sender["id"], "type": "private"},
                "from": sender,
                "text": text,
            }
            update = {"update_id": number, "message": message}
            pipeline.put(f"{bot}-{number}.json", json.dumps(update).encode(), FIRST_DAY)
    shell.folder.joinpath("topics.csv").write_text(
        "topic,question\n" + "".join(f"Freight,{text}\n" for text in texts), encoding="utf-8"
    )

    assert shell.run("run", settings={"TG_TOPICS": "topics.csv"}).returncode == 0

    # Then all their questions are counted together
    assert {row["topic_id"] for row in rows_of(pipeline.lake, QUESTIONS)} == {0, 1}
    summary = shell.run("summary").stdout
    assert re.findall(r"Freight *│ *(\d+)", summary) == ["5"]
    assert "asked most: “Freight” (5 times)" in summary.replace(NO_BREAK, " ")
