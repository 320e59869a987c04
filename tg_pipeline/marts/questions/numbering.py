"""Which questions mean the same, with the group that is asked most first."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tg_pipeline.marts.questions.grouping import group
from tg_pipeline.marts.questions.matrices import NOWHERE, Numbers
from tg_pipeline.marts.questions.wordings import read_wordings


@dataclass(frozen=True, slots=True)
class Numbered:
    """The group of each question, NOWHERE for one alone, and whether it is typical of its group."""

    groups: Numbers
    is_typical: npt.NDArray[np.bool_]


def number_groups(bots: pa.Array, asked: pa.DictionaryArray) -> Numbered:
    """Group what each bot was asked; of groups as large, the one that was asked first is first."""
    groups = np.full(len(asked), NOWHERE)
    is_typical = np.zeros(len(asked), np.bool_)
    for rows in _rows_of_bots(bots):
        found = _group_rows(asked.dictionary, asked.indices.to_numpy()[rows])
        after = int(groups.max()) + 1
        groups[rows] = np.where(found.groups == NOWHERE, NOWHERE, found.groups + after)
        is_typical[rows] = found.is_typical
    return Numbered(_by_size(groups), is_typical)


def _rows_of_bots(bots: pa.Array) -> Iterator[Numbers]:
    _, bot = np.unique(bots.fill_null(0), return_inverse=True)
    order = np.argsort(bot, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(bot[order])) + 1)


def _group_rows(texts: pa.Array, text_of_rows: Numbers) -> Numbered:
    asked, text_of_rows, used = np.unique(text_of_rows, return_inverse=True, return_counts=True)
    wordings = read_wordings(texts.take(pa.array(asked)), used)
    found = group(wordings)
    wording = wordings.of_texts[text_of_rows]
    # The last place stands for what has no wording, and so neither a group nor a typical wording.
    groups = np.append(found.of_wordings, NOWHERE)[wording]
    is_typical = (groups != NOWHERE) & (np.append(found.typical, NOWHERE)[groups] == wording)
    return Numbered(groups, is_typical)


def _by_size(groups: Numbers) -> Numbers:
    count = int(groups.max()) + 1
    sizes = np.bincount(groups[groups != NOWHERE], minlength=count)
    # The last place stands for those in no group.
    first = np.full(count + 1, len(groups))
    np.minimum.at(first, groups, np.arange(len(groups)))
    order = np.lexsort((first[:count], -sizes))
    numbers = np.full(count + 1, NOWHERE)
    numbers[order] = np.where(sizes[order] > 1, np.arange(count), NOWHERE)
    return numbers[groups]
