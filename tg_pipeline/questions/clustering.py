"""Groups of questions that ask the same, and topics of groups, in bounded memory.

The most frequent texts are compared all with all. Average linkage joins those that ask the same
into groups, and communities of groups are the topics. Each other text is assigned to the group with
the most similar centroid. Texts that no group is similar to go through the same steps again, a
limited number of times, but their groups join the topics there are, or each is a topic of its own.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage

from tg_pipeline.questions.communities import topics_of_groups
from tg_pipeline.questions.similarity import SIMILARITY_DECIMALS, Centroids, Similarities
from tg_pipeline.questions.vectors import NONE, Floats, Integers

MAX_LINKED: Final = 4_096
"""Texts compared all with all: their distances take 64 MiB, and three times as much for a while."""

ROUNDS: Final = 4
"""How often so many texts are linked."""


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
    """The mean similarity of a text, or a later group, and a topic."""
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


def cluster_texts(counts: Integers, similarities: Similarities, cuts: Cuts) -> TextClusters:
    """Return the groups and topics of unique texts, the most frequent first.

    Texts that nobody asked have none.
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
            of_groups = topics_of_groups(pairwise, linked)
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
