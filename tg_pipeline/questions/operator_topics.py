"""Topics that an operator names, each by a few examples of its questions: `topics.csv`."""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Final, Self

import pyarrow as pa

from tg_pipeline.questions.detection import leading_commands, normalize, question_clauses

COLUMNS: Final = ("topic", "question", "ignore")
"""The columns of the file, of which the last one can be left out."""

DIGEST_CHARACTERS: Final = 16
"""Hexadecimal digits kept of a SHA-256: enough to tell versions of a file apart."""

MAX_TOPIC_CHARACTERS: Final = 200
"""The limit of a topic's name, as of a group's."""

_YES: Final = {
    "yes": True,
    "sim": True,
    "sí": True,
    "si": True,
    "no": False,
    "não": False,
    "nao": False,
    "": False,
}


class TopicsError(ValueError):
    """The file of topics can't be used; the message says which line, and why."""


@dataclass(frozen=True, slots=True)
class OperatorTopics:
    """The named topics, in the order of the file, and the examples of each of them."""

    names: tuple[str, ...] = ()
    ignored: frozenset[int] = frozenset()
    """The topics, by their position, whose questions are left out."""
    examples: tuple[str, ...] = ()
    of_examples: tuple[int, ...] = ()
    """The topic of each example, by its position."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the content of a file, with commas or semicolons; raises TopicsError."""
        content = text.removeprefix("\ufeff")
        first_line = content.partition("\n")[0]
        # Spreadsheets write semicolons where a comma separates decimals, as in Brazil.
        delimiter = ";" if ";" in first_line and "," not in first_line else ","
        reader = csv.DictReader(StringIO(content, newline=""), delimiter=delimiter, strict=True)
        try:
            header = [name.strip().lower() for name in reader.fieldnames or ()]
            if tuple(header) not in {COLUMNS, COLUMNS[:-1]}:
                raise TopicsError("Line 1 is not the header topic,question,ignore.")
            reader.fieldnames = header
            # Spreadsheets keep a line of separators for each row that was emptied.
            rows = [(reader.line_num, row) for row in reader if any(row.values())]
        except csv.Error as error:
            # The reader is at the end of what it could not read.
            raise TopicsError(f"Line {reader.line_num + 1} is not CSV: {error}.") from None
        return cls._of_rows(rows)

    @classmethod
    def _of_rows(cls, rows: Sequence[tuple[int, dict[str, str]]]) -> Self:
        names: dict[str, bool] = {}
        topics: dict[str, str] = {}
        of_clauses: dict[str, str] = {}
        questions = [row.get("question") or "" for _, row in rows]
        for (line, row), question, clause in zip(
            rows, questions, _compared(questions), strict=True
        ):
            name, ignore = _checked(line, row, clause)
            if names.setdefault(name, ignore) != ignore:
                raise TopicsError(f"Line {line} does not ignore '{name}' as lines before it do.")
            topics[question.strip()] = name
            if (other := of_clauses.setdefault(clause.rstrip(" ?!."), name)) != name:
                raise TopicsError(f"Line {line} has an example of '{other}' once more.")
        positions = {name: position for position, name in enumerate(names)}
        return cls(
            tuple(names),
            frozenset(positions[name] for name, ignore in names.items() if ignore),
            tuple(topics),
            tuple(positions[name] for name in topics.values()),
        )

    def clauses(self) -> pa.Array:
        """Return the examples as questions are compared: see `detection.question_clauses`."""
        return question_clauses(normalize(pa.array(self.examples, pa.string())))

    def commands(self) -> dict[str, int]:
        """Return the topic, by its position, of each command among the examples."""
        commands = leading_commands(pa.array(self.examples, pa.string())).to_pylist()
        pairs = zip(commands, self.of_examples, strict=True)
        return {command: topic for command, topic in pairs if command is not None}

    def without_commands(self) -> Self:
        """Return the same topics with those of the examples that are compared by their words."""
        commands = leading_commands(pa.array(self.examples, pa.string())).to_pylist()
        pairs = zip(self.examples, self.of_examples, strict=True)
        kept = [pair for pair, command in zip(pairs, commands, strict=True) if command is None]
        return replace(
            self,
            examples=tuple(example for example, _ in kept),
            of_examples=tuple(topic for _, topic in kept),
        )

    def __str__(self) -> str:
        """Return a digest of the topics; empty if there are none."""
        if not self.names:
            return ""
        content = repr((self.names, sorted(self.ignored), self.examples, self.of_examples))
        return hashlib.sha256(content.encode()).hexdigest()[:DIGEST_CHARACTERS]


NO_TOPICS: Final = OperatorTopics()


def _compared(questions: Sequence[str]) -> list[str]:
    """Return what tells examples apart: the command with its `/`, or the words."""
    texts = pa.array([question.strip() for question in questions], pa.string())
    clauses = question_clauses(normalize(texts)).to_pylist()
    commands = leading_commands(texts).to_pylist()
    return [
        f"/{command}" if command else clause
        for command, clause in zip(commands, clauses, strict=True)
    ]


def _checked(line: int, row: dict[str, str], clause: str) -> tuple[str, bool]:
    """Return the topic of a line, and whether it is ignored; raises TopicsError."""
    if None in row or row.get("question") is None:
        raise TopicsError(f"Line {line} has too many or too few columns.")
    name, ignore = " ".join(row["topic"].split()), (row.get("ignore") or "").strip().lower()
    if not name or len(name) > MAX_TOPIC_CHARACTERS:
        raise TopicsError(
            f"Line {line} has no name of a topic, or one of more than {MAX_TOPIC_CHARACTERS} "
            "characters."
        )
    if ignore not in _YES:
        raise TopicsError(f"Line {line} has neither yes nor no in the column ignore.")
    if not _has_subject(clause):
        raise TopicsError(f"Line {line} has no question with a word that says what it is about.")
    return name, _YES[ignore]


def _has_subject(clause: str) -> bool:
    if clause.startswith("/"):
        return True
    # It takes scipy and scikit-learn, which only those who have such a file need to wait for.
    from tg_pipeline.questions.vectors import word_weight  # noqa: PLC0415

    return any(word_weight(word) == 1 for word in clause.split())


def topics_csv(kept: OperatorTopics, wordings: Iterable[tuple[str, str]], number: int) -> str:
    """Return the content of a file: the topics that are kept, and the first `number` others.

    `wordings` are topics with one of their questions each, in order. Those that can't be examples
    are left out.
    """
    file = StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for example, topic in zip(kept.examples, kept.of_examples, strict=True):
        writer.writerow((kept.names[topic], example, "yes" if topic in kept.ignored else ""))
    topics, questions = set(kept.names), set(kept.examples)
    rows = [(" ".join(name.split()), question) for name, question in wordings]
    clauses = _compared([question for _, question in rows])
    for (name, question), clause in zip(rows, clauses, strict=True):
        if name in kept.names or question in questions or not _has_subject(clause):
            continue
        if name not in topics and len(topics) == len(kept.names) + number:
            break
        topics.add(name)
        questions.add(question)
        writer.writerow((name, question, ""))
    return file.getvalue()
