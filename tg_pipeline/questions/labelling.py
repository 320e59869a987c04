"""The group and the topic of each question, per bot, numbered by size and named."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.questions.clustering import (
    LETTERS,
    MAX_LINKED,
    MEANINGS,
    TextClusters,
    cluster_texts,
    max_compared,
)
from tg_pipeline.questions.detection import leading_commands
from tg_pipeline.questions.given_answers import given_answers
from tg_pipeline.questions.meanings import Encoder
from tg_pipeline.questions.naming import best_groups, best_texts, typical_texts
from tg_pipeline.questions.operator_topics import NO_TOPICS, OperatorTopics
from tg_pipeline.questions.similarity import Similarities
from tg_pipeline.questions.vectors import NONE, Integers, UniqueTexts


@dataclass(frozen=True, slots=True)
class QuestionClusters:
    """The group and the topic of each question, or NONE; their names, by their numbers."""

    groups: Integers
    topics: Integers
    group_names: pa.Array
    topic_names: pa.Array
    is_operator_topic: npt.NDArray[np.bool_]
    """Whether each topic is one that the operator names."""


def label_clusters(
    questions: pa.Table, encode: Encoder | None = None, operator_topics: OperatorTopics = NO_TOPICS
) -> pa.Table:
    """Return the detected questions with their group and topic in place of `question`."""
    clusters = cluster_questions(questions, encode, operator_topics)
    questions = questions.drop_columns("question")
    for name, numbers, names in (
        ("group", clusters.groups, clusters.group_names),
        ("topic", clusters.topics, clusters.topic_names),
    ):
        labels = names.take(pa.array(numbers, mask=numbers == NONE))
        questions = questions.append_column(f"{name}_id", pa.array(numbers))
        questions = questions.append_column(f"{name}_name", labels)
    return questions


def cluster_questions(
    questions: pa.Table, encode: Encoder | None = None, operator_topics: OperatorTopics = NO_TOPICS
) -> QuestionClusters:
    """Return groups and topics per bot, numbered by size, then by the first question, from 0.

    `questions` has `bot_id`, the normalized `question`, its `text` as it was written and, where
    answers are known, `answer_digest`: equal for the same answers, null without one. Those whose
    text begins with a command are a group and a topic per command.
    """
    count = questions.num_rows
    has_answers = "answer_digest" in questions.column_names
    answers = questions["answer_digest"] if has_answers else pa.nulls(count, pa.string())
    commands = leading_commands(questions["text"].combine_chunks())
    worded = pc.if_else(pc.is_valid(commands), "", questions["question"].combine_chunks())
    asked = pa.table(
        {
            "question": pc.dictionary_encode(worded),
            "text": questions["text"],
            "answer": answers,
            "command": commands,
        }
    ).combine_chunks()
    groups, topics = np.full(count, NONE), np.full(count, NONE)
    by_bot: list[QuestionClusters] = []
    compared, by_command = operator_topics.without_commands(), operator_topics.commands()
    for rows in _rows_per_bot(questions["bot_id"].combine_chunks()):
        of_bot = asked.take(pa.array(rows))
        found = _cluster_bot(of_bot, encode, compared)
        found = _with_commands(found, of_bot, operator_topics, by_command)
        groups[rows] = _after(sum(len(each.group_names) for each in by_bot), found.groups)
        topics[rows] = _after(sum(len(each.topic_names) for each in by_bot), found.topics)
        by_bot.append(found)
    is_operator_topic = np.concatenate([each.is_operator_topic for each in by_bot])
    groups, group_order = _number_by_size(groups)
    topics, topic_order = _number_by_size(topics, is_operator_topic)
    return QuestionClusters(
        groups,
        topics,
        pa.concat_arrays([each.group_names for each in by_bot]).take(pa.array(group_order)),
        pa.concat_arrays([each.topic_names for each in by_bot]).take(pa.array(topic_order)),
        is_operator_topic[topic_order],
    )


def _rows_per_bot(bot_ids: pa.Array) -> Iterator[Integers]:
    _, bots = np.unique(bot_ids.fill_null(0), return_inverse=True)
    order = np.argsort(bots, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(bots[order])) + 1)


def _cluster_bot(
    questions: pa.Table, encode: Encoder | None, operator_topics: OperatorTopics
) -> QuestionClusters:
    """Return the groups and topics of a bot's questions, in any order."""
    worded = questions["question"].combine_chunks()
    used, of_worded, counts = np.unique(
        worded.indices.to_numpy(), return_inverse=True, return_counts=True
    )
    examples = operator_topics.clauses()
    unique = UniqueTexts.of(
        pa.concat_arrays([worded.dictionary.take(pa.array(used)), examples]),
        np.append(counts, np.zeros(len(examples), np.int64)),
    )
    of_texts, of_examples = np.split(unique.of_texts, [len(used)])
    of_questions = of_texts[of_worded]
    # Those that are only examples come last: nobody asked them.
    compared = min(int(np.count_nonzero(unique.counts)), max_compared())
    written = typical_texts(of_questions, questions["text"].combine_chunks(), compared)
    found, automatic = TextClusters.none(len(unique.counts)), 0
    if compared:
        encoded = encode(written.to_pylist()) if encode else None
        similarities, cuts = Similarities.of(unique, encoded), MEANINGS if encode else LETTERS
        answers = questions["answer"].combine_chunks()
        given = given_answers(of_questions, answers, min(compared, MAX_LINKED))
        found = cluster_texts(unique.counts, similarities, cuts, given)
        automatic = int(found.topics.max()) + 1
        if operator_topics.examples:
            encoded = encode(list(operator_topics.examples)) if encode else None
            of_topics = np.array(operator_topics.of_examples)
            centroids = similarities.example_centroids(of_examples, of_topics, encoded)
            owners = np.concatenate([np.arange(int(of_topics.max()) + 1), of_topics, [NONE]])
            every = np.arange(len(found.topics))
            nearest = owners[similarities.assign(every, centroids, cuts.operator_topic)]
            nearest[of_examples[of_examples != NONE]] = of_topics[of_examples != NONE]
            found = _move(found, nearest, compared, automatic)
    asked = _AskedTexts(unique.counts, written, of_questions)
    return _named(found, asked, automatic, operator_topics)


def _move(
    found: TextClusters, operator_topics: Integers, compared: int, automatic: int
) -> TextClusters:
    """Return the clusters with some texts moved to the operator's topics; groups may be split."""
    groups, moved = found.groups, operator_topics.copy()
    # A rare text goes where the most frequent one of its group goes: only that one can name it.
    present, first = np.unique(groups, return_index=True)
    is_rare = (np.arange(len(groups)) >= compared) & (groups != NONE)
    moved[is_rare] = moved[first[np.searchsorted(present, groups[is_rare])]]
    pairs = groups * (int(moved.max()) + 2) + moved + 1
    split = np.full(len(groups), NONE)
    split[groups != NONE] = np.unique(pairs[groups != NONE], return_inverse=True)[1]
    topics = np.where(moved == NONE, found.topics, automatic + moved)
    return replace(found, groups=split, topics=topics)


@dataclass(frozen=True, slots=True)
class _AskedTexts:
    """Unique texts: how often each is asked, how it is written, and that of each question."""

    counts: Integers
    written: pa.Array
    of_questions: Integers


def _named(
    found: TextClusters, asked: _AskedTexts, automatic: int, operator_topics: OperatorTopics
) -> QuestionClusters:
    """Return the clusters of questions with their names; the first topics are `automatic`."""
    best = best_texts(found.groups, asked.counts, asked.written, found.in_group)
    of_topics = best_groups(found, asked.counts, best, automatic)
    is_nameless = (found.topics >= 0) & (found.topics < automatic)
    is_nameless[is_nameless] = of_topics[found.topics[is_nameless]] == NONE
    ignored = [automatic + topic for topic in sorted(operator_topics.ignored)]
    topics = np.where(is_nameless | np.isin(found.topics, ignored), NONE, found.topics)
    typical = np.append(best, NONE)[of_topics]
    names = asked.written.take(pa.array(typical, mask=typical == NONE))
    # The appended element is the one that the index NONE selects.
    return QuestionClusters(
        np.append(found.groups, NONE)[asked.of_questions],
        np.append(topics, NONE)[asked.of_questions],
        asked.written.take(pa.array(best)),
        pa.concat_arrays([names, pa.array(operator_topics.names, pa.string())]),
        np.arange(automatic + len(operator_topics.names)) >= automatic,
    )


def _with_commands(
    found: QuestionClusters,
    questions: pa.Table,
    operator_topics: OperatorTopics,
    by_command: dict[str, int],
) -> QuestionClusters:
    """Return a bot's clusters and, for questions that are a command, a group and a topic of each.

    A command is not compared with words: it says by itself what is asked.
    """
    commands = questions["command"].combine_chunks()
    rows = np.flatnonzero(commands.is_valid())
    if not len(rows):
        return found
    commands = commands.take(pa.array(rows)).dictionary_encode()
    of_rows = commands.indices.to_numpy().astype(np.int64)
    texts = questions["text"].combine_chunks().take(pa.array(rows))
    names = typical_texts(of_rows, texts, len(commands.dictionary))
    groups, topics = found.groups.copy(), found.topics.copy()
    groups[rows] = of_rows + len(found.group_names)
    of_commands = np.arange(len(names)) + len(found.topic_names)
    named = len(found.topic_names) - len(operator_topics.names)
    for number, command in enumerate(commands.dictionary.to_pylist()):
        if command in by_command:
            topic = by_command[command]
            of_commands[number] = NONE if topic in operator_topics.ignored else named + topic
    topics[rows] = of_commands[of_rows]
    return QuestionClusters(
        groups,
        topics,
        pa.concat_arrays([found.group_names, names]),
        pa.concat_arrays([found.topic_names, names]),
        np.append(found.is_operator_topic, np.zeros(len(names), np.bool_)),
    )


def _after(count: int, clusters: Integers) -> Integers:
    """Return the numbers of clusters that follow `count` others."""
    return np.where(clusters == NONE, NONE, clusters + count)


def _number_by_size(
    clusters: Integers, is_kept: npt.NDArray[np.bool_] | None = None
) -> tuple[Integers, Integers]:
    """Return clusters numbered by size, then by their first question; and their former numbers.

    One of a single question is none, unless it is kept.
    """
    count = int(clusters.max(initial=NONE)) + 1
    sizes = np.bincount(clusters[clusters != NONE], minlength=count)
    # The last element, which the index NONE selects, is for questions in no cluster.
    first = np.full(count + 1, len(clusters))
    np.minimum.at(first, clusters, np.arange(len(clusters)))
    order = np.lexsort((first[:count], -sizes))
    enough = np.ones(count, np.int64) if is_kept is None else np.where(is_kept[:count], 0, 1)
    order = order[sizes[order] > enough[order]]
    numbers = np.full(count + 1, NONE)
    numbers[order] = np.arange(len(order))
    return numbers[clusters], order
