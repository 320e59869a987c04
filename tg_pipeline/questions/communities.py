"""Topics: communities of texts in the graph of their nearest neighbours, by whole groups.

How many topics there are is not known. Several resolutions are tried, and the coarsest one is kept
whose texts are about as close to their own topic, compared to the next, as with the best one.
"""

from typing import Final

import networkx as nx
import numpy as np
from scipy import sparse
from sklearn.metrics import silhouette_score

from tg_pipeline.questions.vectors import Floats, Integers

NEIGHBOURS: Final = 10
"""Neighbours of each text in the graph."""

RESOLUTIONS: Final = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0)
"""From few topics to many, each by a factor of about the square root of two."""

SHARE_OF_BEST: Final = 0.94
"""The share of the best silhouette that a coarser resolution needs. Decision 4 has the figures."""

SILHOUETTE_DECIMALS: Final = 4
"""Digits of a silhouette that do not depend on the order in which floats are added."""

SEED: Final = 1
"""The order in which nodes are visited is arbitrary, but always the same."""


def topics_of_groups(similarities: Floats, groups: Integers) -> Integers:
    """Return the topic of each group, from 0, given all texts' similarities and their groups.

    A group belongs to the topic of most of its texts.
    """
    graph = _graph(similarities)
    candidates = [_communities(graph, resolution) for resolution in RESOLUTIONS]
    distances = np.clip(1 - similarities, 0, None)
    np.fill_diagonal(distances, 0)
    scores = [_silhouette(distances, topics) for topics in candidates]
    enough = max(scores) * (SHARE_OF_BEST if max(scores) > 0 else 1)
    topics = next(each for each, score in zip(candidates, scores, strict=True) if score >= enough)
    ones = np.ones(len(groups), np.int64)
    texts = sparse.coo_array((ones, (groups, topics))).tocsr().toarray()
    _, of_groups = np.unique(texts.argmax(axis=1), return_inverse=True)
    return of_groups


def _graph(similarities: Floats) -> nx.Graph:
    """Return the graph of the texts, each with edges to its nearest neighbours."""
    edges = sparse.triu(_nearest_neighbours(similarities)).tocoo()
    graph = nx.Graph()
    graph.add_nodes_from(range(len(similarities)))
    graph.add_weighted_edges_from(
        zip(edges.row.tolist(), edges.col.tolist(), edges.data.tolist(), strict=True)
    )
    return graph


def _nearest_neighbours(similarities: Floats) -> sparse.csr_array:
    """Return the similarities of each text with its neighbours, and of these with it."""
    count = len(similarities)
    near = min(NEIGHBOURS, count - 1)
    columns = np.empty((count, near), np.int64)
    for row in range(count):
        others = -similarities[row]
        others[row] = np.inf
        columns[row] = np.argsort(others, kind="stable")[:near]
    rows = np.repeat(np.arange(count), near)
    weights = np.maximum(similarities[rows, columns.ravel()], 0).astype(np.float64)
    edges = sparse.csr_array((weights, (rows, columns.ravel())), shape=(count, count))
    return edges.maximum(edges.T)


def _communities(graph: nx.Graph, resolution: float) -> Integers:
    found = nx.community.louvain_communities(graph, resolution=resolution, seed=SEED)
    topics = np.empty(graph.number_of_nodes(), np.int64)
    for topic, members in enumerate(sorted(sorted(each) for each in found)):
        topics[members] = topic
    return topics


def _silhouette(distances: Floats, topics: Integers) -> float:
    """Return how much closer texts are to their own topic than to the next; 0 if it is unknown."""
    if not 1 < len(np.unique(topics)) < len(topics):
        return 0
    score = silhouette_score(distances, topics, metric="precomputed")
    return round(float(score), SILHOUETTE_DECIMALS)
