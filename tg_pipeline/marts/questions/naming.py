"""Groups of questions, each named by the question that is most typical of it."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.marts.questions.matrices import NOWHERE
from tg_pipeline.marts.questions.numbering import number_groups

LONGEST_NAME: Final = 200
"""Characters: a name stands in tables and beside bars."""


def name_groups(picked: pa.Table) -> pa.Table:
    """Give the questions with the number and the name of their group, without what they say."""
    asked = picked["asked"].dictionary_encode().combine_chunks()
    picked = picked.drop_columns("asked")
    numbered = number_groups(picked["bot_id"].combine_chunks(), asked)
    groups = pa.array(numbered.groups)
    is_typical = pa.array(numbered.is_typical & (numbered.groups != NOWHERE))
    names = _names(groups.filter(is_typical), picked["text"].filter(is_typical))
    named = np.where(numbered.groups == NOWHERE, len(names), numbered.groups)
    column = pa.concat_arrays([names, pa.nulls(1, pa.string())]).take(pa.array(named))
    return picked.append_column("group_id", groups).append_column("group_name", column)


def _names(groups: pa.Array, texts: pa.ChunkedArray) -> pa.Array:
    """Give the name of each group, from 0: the shortest and so plainest of its typical texts."""
    tidy = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"[\p{C}\s]+", " "))
    tidy = pc.utf8_slice_codeunits(tidy, 0, LONGEST_NAME)
    counted = pa.table({"group": groups, "name": tidy}).group_by(["group", "name"])
    names = counted.aggregate([([], "count_all")])
    names = names.append_column("length", pc.utf8_length(names["name"]))
    order = [("group", "ascending"), ("length", "ascending"), ("count_all", "descending")]
    names = names.sort_by([*order, ("name", "ascending")])
    _, first = np.unique(names["group"], return_index=True)
    return names["name"].combine_chunks().take(pa.array(first))
