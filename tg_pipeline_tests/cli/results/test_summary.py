"""What `tg-pipeline summary` says of whether the bot helps, in each case of what is known."""

import pytest

from tg_pipeline.cli.results.summary import help_lines
from tg_pipeline.report.formatting import NO_BREAK, Formatter

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
