"""How well topics agree with the intents of third-party sets, before and now."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from statistics import mean
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import adjusted_rand_score, v_measure_score

from lib.third_party_sets import ThirdPartySet
from tg_pipeline.questions import installed_encoder
from tg_pipeline.questions.detection import normalize, question_clauses
from tg_pipeline.questions.labelling import cluster_questions
from tg_pipeline.questions.meanings import Encoder, load_encoder
from tg_pipeline.questions.vectors import NONE, TextVectors, UniqueTexts

Clustering = Callable[[list[str]], list[int]]

SHOWN: Final = 10
"""Topics, or groups, that a reader of the report sees."""

FORMER_CUT: Final = 0.25
"""The mean cosine at which the previous method joined two clusters."""

MAX_LINKED: Final = 4_096
"""Texts that the previous method linked; here, it leaves the others alone."""


class TopicScore(NamedTuple):
    """The agreement of topics and intents of a set."""

    ari: float
    v_measure: float
    shown: float
    """Of ten intents asked most, those that are shown; see `most_asked_shown`."""


def before(texts: list[str]) -> list[int]:
    """Return the groups of the previous method: average linkage of the letters' similarities."""
    unique = UniqueTexts.of(clauses_of(texts), np.ones(len(texts), np.int64))
    rows = np.arange(min(len(unique.counts), MAX_LINKED))
    if len(rows) <= 1:
        return [NONE] * len(texts)
    vectors = TextVectors.of(unique).normalized(rows).toarray()
    tree = linkage(vectors, "average", "cosine")
    clusters = fcluster(tree, 1 - FORMER_CUT, "distance").tolist()
    return [clusters[each] if 0 <= each < len(clusters) else NONE for each in unique.of_texts]


def without_meanings(texts: list[str]) -> list[int]:
    """Return the topics of the mart without the extra."""
    return _topics(texts, None)


def with_meanings(texts: list[str]) -> list[int]:
    """Return the topics of the mart with the extra."""
    return _topics(texts, _encoder())


CLUSTERINGS: Final[dict[str, Clustering]] = {
    "before": before,
    "topics, letters": without_meanings,
    **({"topics, meanings": with_meanings} if installed_encoder() else {}),
}


def topic_rows(sets: Sequence[ThirdPartySet]) -> Iterator[list[str]]:
    """Yield the scores of each set by each method, and their means over the sets."""
    scores: dict[str, list[TopicScore]] = {name: [] for name in CLUSTERINGS}
    for each in sets:
        size = f"{len(each.texts):,} / {len(set(each.intents))}"
        for name, cluster in CLUSTERINGS.items():
            score = topic_score(each.intents, cluster(each.texts))
            scores[name].append(score)
            yield [each.name, size, name, *_cells(score)]
    for name, found in scores.items():
        if found:
            means = TopicScore(*(mean(column) for column in zip(*found, strict=True)))
            yield ["mean", "", name, *_cells(means)]


def topic_score(intents: Sequence[str], topics: Sequence[int]) -> TopicScore:
    """Return the scores of topics; a text without one is a topic of its own."""
    single = [-2 - row if topic == NONE else topic for row, topic in enumerate(topics)]
    return TopicScore(
        adjusted_rand_score(intents, single),
        v_measure_score(intents, single),
        most_asked_shown(intents, topics),
    )


def most_asked_shown(intents: Sequence[str], topics: Sequence[int]) -> float:
    """Return how many of ten most asked intents are shown by the ten largest topics.

    A topic shows the intent that most of its texts have; each intent counts once. Intents that are
    asked as often as the tenth count as well, up to ten. With fewer than ten, it is scaled to ten.
    """
    sizes = Counter(intents)
    largest = sorted(sizes.values(), reverse=True)[:SHOWN]
    asked = {intent for intent, size in sizes.items() if size >= largest[-1]}
    by_topic: dict[int, Counter[str]] = {}
    for intent, topic in zip(intents, topics, strict=True):
        if topic != NONE:
            by_topic.setdefault(topic, Counter())[intent] += 1
    order = sorted(by_topic, key=lambda topic: (-by_topic[topic].total(), topic))[:SHOWN]
    leading = {min(by_topic[t].items(), key=lambda item: (-item[1], item[0]))[0] for t in order}
    return min(len(leading & asked), SHOWN) / len(largest) * SHOWN


@cache
def _encoder() -> Encoder:
    return load_encoder()


def _topics(texts: list[str], encoder: Encoder | None) -> list[int]:
    bot_ids = pa.repeat(pa.scalar(1, pa.int64()), len(texts))
    questions = pa.table({"bot_id": bot_ids, "question": clauses_of(texts), "text": texts})
    found: list[int] = cluster_questions(questions, encoder).topics.tolist()
    return found


def clauses_of(texts: list[str]) -> pa.Array:
    """Return texts as the mart compares them."""
    return question_clauses(normalize(pa.array(texts)))


def _cells(score: TopicScore) -> list[str]:
    return [f"{score.ari:.2f}", f"{score.v_measure:.2f}", f"{score.shown:.1f}"]
