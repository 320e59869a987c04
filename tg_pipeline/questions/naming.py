"""Names of groups and topics: a text that somebody wrote, and that most others resemble."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.questions.clustering import TextClusters
from tg_pipeline.questions.detection import has_greeting, normalize
from tg_pipeline.questions.vectors import NONE, Integers

MAX_NAME_CHARACTERS: Final = 200
"""The limit of a name, which has to fit in a table or on a chart."""

SHARE_OF_MOST_TYPICAL: Final = 0.9
"""The share of the highest similarity to a topic from which on a group is typical of it, too."""


def typical_texts(unique_of_rows: Integers, texts: pa.Array, count: int) -> pa.Array:
    """Return how each of the first `count` unique texts is written, each in one short line.

    Preferred is one without a greeting, then with a question mark, then the most frequent one, then
    the shortest; null for a unique text that nobody wrote.
    """
    rows = np.flatnonzero((unique_of_rows != NONE) & (unique_of_rows < count))
    written = pc.replace_substring_regex(texts.take(pa.array(rows)), r"[\p{C}\s]+", " ")
    written = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(written), 0, MAX_NAME_CHARACTERS)
    counted = pa.table({"unique": unique_of_rows[rows], "text": written})
    counted = counted.group_by(["unique", "text"]).aggregate([([], "count_all")])
    found = counted["text"].combine_chunks()
    ranked = counted.append_column("greets", has_greeting(normalize(found)))
    ranked = ranked.append_column("asks", pc.match_substring(found, "?"))
    ranked = ranked.append_column("length", pc.utf8_length(found))
    ranked = ranked.sort_by(
        [
            ("unique", "ascending"),
            ("greets", "ascending"),
            ("asks", "descending"),
            ("count_all", "descending"),
            ("length", "ascending"),
            ("text", "ascending"),
        ]
    )
    uniques, first = np.unique(ranked["unique"].to_numpy(), return_index=True)
    positions = np.full(count, NONE)
    positions[uniques] = first
    return ranked["text"].combine_chunks().take(pa.array(positions, mask=positions == NONE))


def best_texts(
    groups: Integers, counts: Integers, texts: pa.Array, in_group: npt.NDArray[np.float64]
) -> Integers:
    """Return the unique text that names each group, from 0, given how the first ones are written.

    It is the most frequent text; of several, one with a question mark, then the most similar to the
    group, then the first.
    """
    rows = np.flatnonzero(groups[: len(texts)] != NONE)
    asks = pc.match_substring(texts, "?").to_numpy(zero_copy_only=False)[rows].astype(np.bool_)
    order = rows[np.lexsort((rows, -in_group[rows], ~asks, -counts[rows], groups[rows]))]
    return order[np.unique(groups[order], return_index=True)[1]]


def best_groups(found: TextClusters, counts: Integers, best: Integers, topics: int) -> Integers:
    """Return the group that names each of some topics, given the best text of each group.

    It is the largest group of those that are about as typical of the topic as the most typical one,
    by the mean similarity of their questions to it. NONE for a topic without groups.
    """
    is_grouped = found.groups != NONE
    sizes = np.bincount(found.groups[is_grouped], counts[is_grouped], len(best))
    # Of texts that were only assigned, the similarity is not known.
    is_known = is_grouped & (found.in_topic >= 0)
    groups, asked = found.groups[is_known], counts[is_known]
    sums = np.bincount(groups, found.in_topic[is_known] * asked, len(best))
    typicality = sums / np.maximum(np.bincount(groups, asked, len(best)), 1)
    present, of_groups = np.unique(found.topics[best], return_inverse=True)
    most_typical = np.zeros(len(present))
    np.maximum.at(most_typical, of_groups, typicality)
    is_typical = typicality >= SHARE_OF_MOST_TYPICAL * most_typical[of_groups]
    order = np.lexsort((best, -sizes, ~is_typical, of_groups))
    first = order[np.unique(of_groups[order], return_index=True)[1]]
    result = np.full(topics, NONE)
    is_asked = (present >= 0) & (present < topics)
    result[present[is_asked]] = first[is_asked]
    return result
