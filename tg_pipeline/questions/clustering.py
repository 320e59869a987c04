"""Groups of questions that ask the same, and topics of groups, in bounded memory.

The most frequent texts are compared all with all. Average linkage joins those that ask the same
into groups, and Markov clustering joins groups into topics. Each other text is assigned to the
group with the most similar centroid. Texts that no group is similar to go through the same steps
again, a limited number of times, but their groups join the topics there are, or each is a topic of
its own.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import normalize

from tg_pipeline.questions.given_answers import add_answers, telling_answers
from tg_pipeline.questions.similarity import (
    SIMILARITY_DECIMALS,
    Centroids,
    Similarities,
    row_maxima,
)
from tg_pipeline.questions.vectors import NONE, Floats, Integers

MAX_LINKED: Final = 4_096
"""Texts compared all with all: their distances take 64 MiB, and three times as much for a while."""

ROUNDS: Final = 4
"""How often so many texts are linked."""

NEIGHBOURS: Final = 10
"""Neighbours of each text in the graph from which topics are made."""

OWN_WEIGHT: Final = 0.6
"""The weight of a text's edge to itself: about that of an edge to a text that asks the same."""

INFLATIONS: Final = (1.4, 1.6, 1.8, 2.0, 2.2)
"""From few topics to many; decision 4 has the figures for this and the other constants."""

SHARE_OF_BEST: Final = 0.98
"""The share of the best silhouette with which fewer topics are preferred."""

MIN_ANSWERS: Final = 5
"""The number of telling answers to a group, from which on they can separate it from others."""

MIN_SHARED: Final = 0.1
"""The cosine of the answers to two groups from which on these can be about the same topic."""

MIN_PROBABILITY: Final = 0.001
"""The probability of a step below which it is left out, so that the matrix stays sparse."""

PROBABILITY_DECIMALS: Final = 9
"""Digits of a probability that any processor computes alike, so that ties stay ties."""

MAX_STEPS: Final = 40
"""The number of times that a matrix is squared, although a dozen is usually enough."""

MAX_CHANGE: Final = 0.0001
"""The largest change of a probability in a matrix that is final."""

SILHOUETTE_DECIMALS: Final = 4
"""Digits of a silhouette that do not depend on the order in which floats are added."""


def max_compared() -> int:
    """Return the number of texts that can be linked; rarer ones are only assigned."""
    return MAX_LINKED * ROUNDS


@dataclass(frozen=True, slots=True)
class Cuts:
    """The similarities from which on texts belong together. Decision 4 says how they were chosen.

    With meanings, similarities are others than those of letters alone.
    """

    group: float
    """The mean similarity of the members of two groups, or of a text and a group."""
    topic: float
    """The similarity of two neighbours, or the mean one of a topic and a text or a later group."""
    operator_topic: float
    """The similarity of a text and the centroid of the examples of a topic."""


LETTERS: Final = Cuts(group=0.35, topic=0.1, operator_topic=0.35)
MEANINGS: Final = Cuts(group=0.45, topic=0.15, operator_topic=0.4)


@dataclass(frozen=True, slots=True)
class TextClusters:
    """The group and the topic of each unique text, from 0, or NONE."""

    groups: Integers
    topics: Integers
    in_group: npt.NDArray[np.float64]
    """How similar each text is to its group; -1 for those that were only assigned."""
    in_topic: npt.NDArray[np.float64]
    """How similar each text is to its topic; -1 for those that were only assigned."""

    @classmethod
    def none(cls, count: int) -> Self:
        """Return texts without groups and topics."""
        unknown = np.full(count, -1.0)
        return cls(np.full(count, NONE), np.full(count, NONE), unknown, unknown.copy())


def cluster_texts(
    counts: Integers, similarities: Similarities, cuts: Cuts, given: sparse.csr_array
) -> TextClusters:
    """Return the groups and topics of unique texts, the most frequent first.

    `given` are the answers that the first of them got. Texts that nobody asked have no cluster.
    """
    found = TextClusters.none(len(counts))
    remaining, topics = np.flatnonzero(counts), None
    for _ in range(ROUNDS):
        chosen = remaining[remaining < max_compared()][:MAX_LINKED]
        if not len(chosen):
            break
        pairwise = similarities.pairwise(chosen)
        linked = link(pairwise, cuts.group)
        found.in_group[chosen] = _similarities_within(pairwise, linked)
        groups = similarities.centroids(chosen, linked)
        if topics is None:
            answers = given[chosen]
            telling = telling_answers(pairwise, answers)
            add_answers(pairwise, answers, telling)
            of_groups = topics_of_groups(pairwise, linked, cuts.topic)
            of_groups = split_topics(of_groups, pairwise, linked, answers[:, telling])
            found.in_topic[chosen] = _similarities_within(pairwise, of_groups[linked])
            topics = similarities.centroids(chosen, of_groups[linked])
        else:
            of_groups = _nearest_topics(groups, topics, cuts.topic, found.topics)
        remaining = np.setdiff1d(remaining, chosen, assume_unique=True)
        assigned = similarities.assign(remaining, groups, cuts.group)
        rows = np.append(chosen, remaining[assigned != NONE])
        of_rows = np.append(linked, assigned[assigned != NONE])
        found.groups[rows] = of_rows + int(found.groups.max()) + 1
        found.topics[rows] = of_groups[of_rows]
        remaining = remaining[assigned == NONE]
    if topics is not None:
        found.topics[remaining] = similarities.assign(remaining, topics, cuts.topic)
    return found


def link(similarities: Floats, min_similarity: float) -> Integers:
    """Return the cluster of each row, from 0, by average linkage."""
    count = len(similarities)
    if count == 1:
        return np.zeros(1, np.int64)
    distances, position = np.empty(count * (count - 1) // 2), 0
    for number, row in enumerate(similarities, 1):
        distances[position : position + count - number] = 1 - row[number:]
        position += count - number
    tree = linkage(np.maximum(distances, 0, out=distances), "average")
    clusters: Integers = fcluster(tree, 1 - min_similarity, "distance").astype(np.int64)
    return clusters - 1


def topics_of_groups(similarities: Floats, groups: Integers, min_similarity: float) -> Integers:
    """Return the topic of each group, from 0, given all texts' similarities and their groups.

    A group belongs to the topic of most of its texts. How many topics there are is not known. Of
    several numbers, the smallest one is chosen whose texts are about as close to their own topic,
    compared to the next one, as with the best number.
    """
    graph = _nearest_neighbours(similarities, min_similarity)
    candidates = [_markov_clusters(graph, inflation) for inflation in INFLATIONS]
    distances = np.clip(1 - similarities, 0, None)
    np.fill_diagonal(distances, 0)
    scores = [_silhouette(distances, topics) for topics in candidates]
    enough = max(scores) * (SHARE_OF_BEST if max(scores) > 0 else 1)
    topics = next(each for each, score in zip(candidates, scores, strict=True) if score >= enough)
    ones = np.ones(len(groups), np.int64)
    most, _ = row_maxima(sparse.csr_array((ones, (groups, topics))))
    _, of_groups = np.unique(most, return_inverse=True)
    return of_groups


def split_topics(
    of_groups: Integers, similarities: Floats, groups: Integers, answers: sparse.csr_array
) -> Integers:
    """Return the topic of each group, where those with other answers are another topic.

    Given all texts' similarities, their groups and their telling answers. A group with too few of
    these goes with the one in its topic that it resembles most.
    """
    members = sparse.csr_array((np.ones(len(groups)), (groups, np.arange(len(groups)))))
    got = members @ answers
    is_known = got.sum(axis=1) >= MIN_ANSWERS
    means = normalize(members, "l1")
    split, parts = np.empty_like(of_groups), 0
    for topic in range(int(of_groups.max()) + 1):
        of_topic = np.flatnonzero(of_groups == topic)
        known = of_topic[is_known[of_topic]]
        split[of_topic] = parts
        if len(known) > 1:
            kinds = normalize(got[known])
            shared = np.round((kinds @ kinds.T).toarray(), SIMILARITY_DECIMALS)
            split[known] = parts + link(shared, MIN_SHARED)
            others = np.setdiff1d(of_topic, known, assume_unique=True)
            nearest = ((means[others] @ similarities) @ means[known].T).argmax(axis=1)
            split[others] = split[known[nearest]]
        parts = int(split[of_topic].max()) + 1
    return split


def _nearest_neighbours(similarities: Floats, min_similarity: float) -> sparse.csr_array:
    """Return the similarities of each text with its neighbours, and of these with it."""
    count = len(similarities)
    near = min(NEIGHBOURS, count - 1)
    columns = np.empty((count, near), np.int64)
    for row in range(count):
        others = -similarities[row]
        others[row] = np.inf
        columns[row] = np.argsort(others, kind="stable")[:near]
    rows = np.repeat(np.arange(count), near)
    weights = similarities[rows, columns.ravel()].astype(np.float64)
    weights[weights < min_similarity] = 0
    edges = sparse.csr_array((weights, (rows, columns.ravel())), shape=(count, count))
    return edges.maximum(edges.T)


def _markov_clusters(graph: sparse.csr_array, inflation: float) -> Integers:
    """Return the cluster of each node, by Markov clustering (van Dongen, 2000).

    A row has the probabilities of a random walk's next step. Squaring the matrix takes two steps at
    once; raising each probability to a power, the inflation, prefers the likelier ones. Both in
    turn leave steps within clusters only. Higher inflations have more clusters.
    """
    steps = normalize(graph + OWN_WEIGHT * sparse.eye_array(graph.shape[0]), "l1")
    for _ in range(MAX_STEPS):
        former, steps = steps, steps @ steps
        steps.data **= inflation
        steps = normalize(steps, "l1")
        steps.data[steps.data < MIN_PROBABILITY] = 0
        steps.eliminate_zeros()
        steps = normalize(steps, "l1")
        np.round(steps.data, PROBABILITY_DECIMALS, out=steps.data)
        if abs(steps - former).max() < MAX_CHANGE:
            break
    clusters: Integers = connected_components(steps, directed=False)[1].astype(np.int64)
    return clusters


def _silhouette(distances: Floats, topics: Integers) -> float:
    """Return how much closer texts are to their own topic than to the next; 0 if it is unknown."""
    if not 1 < len(np.unique(topics)) < len(topics):
        return 0
    score = silhouette_score(distances, topics, metric="precomputed")
    return round(float(score), SILHOUETTE_DECIMALS)


def _similarities_within(similarities: Floats, clusters: Integers) -> npt.NDArray[np.float64]:
    """Return the mean similarity of each row with its cluster."""
    rows = np.arange(len(clusters))
    members = sparse.csr_array((np.ones(len(rows)), (clusters, rows)))
    means = (members @ similarities)[clusters, rows] / np.bincount(clusters)[clusters]
    rounded: npt.NDArray[np.float64] = np.round(means, SIMILARITY_DECIMALS)
    return rounded


def _nearest_topics(
    groups: Centroids, topics: Centroids, min_similarity: float, so_far: Integers
) -> Integers:
    """Return the most similar topic of each group, or a topic of its own after those so far."""
    similarities = Similarities.between(groups, topics)
    own = int(so_far.max()) + 1 + np.arange(len(similarities))
    is_similar = similarities.max(axis=1) >= min_similarity
    return np.where(is_similar, similarities.argmax(axis=1), own)
