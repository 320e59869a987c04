"""Wordings in groups that mean the same, however many they are, in bounded memory."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from tg_pipeline.marts.questions.joining import centres_of, join
from tg_pipeline.marts.questions.linking import link
from tg_pipeline.marts.questions.matrices import NOWHERE, Numbers
from tg_pipeline.marts.questions.meanings import Meanings
from tg_pipeline.marts.questions.wordings import Wordings

AT_ONCE: Final = 4_096
"""Wordings compared all with all: their distances take 64 MiB, twice for a while."""

ROUNDS: Final = 4
"""How often so many are taken, of those that joined no group yet; the rest stays alone."""

ROWS: Final = 256
"""Wordings compared with all groups at a time."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The group of each wording, from 0 or NOWHERE, and the most typical wording of each group."""

    of_wordings: Numbers
    typical: Numbers


def group(wordings: Wordings) -> Groups:
    """Link the most used wordings, let the others join, and so on with those that did not."""
    groups = np.full(len(wordings.used), NOWHERE)
    left, typical = np.arange(len(groups)), np.empty(0, np.int64)
    meanings = Meanings.of(wordings) if len(left) else None
    for _ in range(ROUNDS):
        taken, left = left[:AT_ONCE], left[AT_ONCE:]
        if meanings is None or not len(taken):
            break
        vectors = meanings.vectors(taken)
        linked = link(vectors)
        joined = join(meanings, left, centres_of(vectors, linked))
        groups[taken] = linked + len(typical)
        groups[left] = np.where(joined == NOWHERE, NOWHERE, joined + len(typical))
        typical = np.append(typical, taken[most_typical(vectors, linked, wordings.used[taken])])
        left = left[joined == NOWHERE]
    return Groups(groups, typical)


def most_typical(vectors: sparse.csr_array, groups: Numbers, used: Numbers) -> Numbers:
    """Give of each group the row most like all that is asked in it; of equals the first."""
    rows = np.arange(len(groups))
    asked = sparse.csr_array((used.astype(np.float32), (groups, rows))) @ vectors
    across, likeness = asked.T.tocsr(), np.empty(len(groups), np.float32)
    for start in range(0, len(groups), ROWS):
        some = slice(start, start + ROWS)
        near = (vectors[some] @ across).toarray()
        likeness[some] = near[np.arange(len(near)), groups[some]]
    order = np.lexsort((rows, -likeness, groups))
    return order[np.unique(groups[order], return_index=True)[1]]
