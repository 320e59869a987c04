"""Learns the model of how questions are worded, and writes it into the package.

python benchmarks/question_model.py FOLDER…

Each folder has logs of chats, `NAME.ascii.txt`, in the format of irc-disentanglement
(https://github.com/jkkummerfeld/irc-disentanglement, its data/train and data/new-domains). What
people ended with a question mark is a question: the mark is removed, and the model learns to tell
it from what the others wrote. Our own texts add Portuguese and Spanish: what the people of the
sample write, and the halves of the labelled messages that are for tuning.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse
from sklearn.linear_model import LogisticRegression

import tg_pipeline.questions
from lib.chat_logs import read_texts
from lib.chat_messages import EVERYDAY, LabelledMessage, read_messages
from tg_pipeline.questions.detection import matches_patterns, normalize, question_clauses
from tg_pipeline.questions.patterns import LANGUAGES
from tg_pipeline.questions.question_model import Vocabulary
from tg_pipeline.sample.content import CONTENT

FILE: Final = Path(tg_pipeline.questions.__file__).with_name("question_model.toml")

AUXILIARIES: Final = """
is are was were am do does did can could will would should shall may has have had isnt arent dont
doesnt didnt cant couldnt wont wouldnt shouldnt que e nao sim por what who how
"""
"""Grammatical words that are not in the lists of the languages."""

MOST_TEXTS: Final = 40_000
"""Texts of the logs that are used, chosen at random. More make no difference."""

OWN_WEIGHTS: Final = {"pt": 5_000, "es": 3_000, "en": 1_500}
"""As how many lines of the logs, which are English, our own texts of a language count.

However many there are: a language with few statements would else be a sign of a question.
"""

OWN_QUESTIONS: Final = 0.4
"""The share of that for the questions."""

REGULARIZATION: Final = 0.1
"""scikit-learn's `C`: the lower, the smaller the weights."""

RAREST: Final = 5
"""Texts that a feature must be in."""

SCALE: Final = 100
"""The weight 1 of the regression is stored as this integer."""

LEAST_WEIGHT: Final = 5
"""Features of a lower weight than that, without its sign, are left out."""

LINE_CHARACTERS: Final = 100
"""Characters of a line of the file."""

CERTAINTY: Final = 0.71
"""The probability from which on a text is taken for a question."""


def main() -> None:
    """Learn and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    texts, is_question, weights = training_data(parser.parse_args().folders)
    clauses = question_clauses(normalize(pa.array(texts)))
    lists = (f"{each.stop_words} {each.question_words}" for each in LANGUAGES)
    words = sorted({*AUXILIARIES.split(), *" ".join(lists).split()})
    vocabulary = Vocabulary(words)
    owners, codes = vocabulary.features(clauses)
    known, columns, counts = np.unique(codes, return_inverse=True, return_counts=True)
    # scikit-learn accepts indices of 32 bits only.
    places = owners.astype(np.int32), columns.astype(np.int32)
    matrix = sparse.csr_array((np.ones(len(codes)), places), (len(texts), len(known)))
    # liblinear calls no BLAS in parallel: its result does not depend on the number of threads.
    model = LogisticRegression(C=REGULARIZATION, solver="liblinear", random_state=0)
    model.fit(matrix[:, counts >= RAREST], is_question, weights)
    learned = np.rint(model.coef_[0] * SCALE).astype(int)
    threshold = SCALE * (np.log(CERTAINTY / (1 - CERTAINTY)) - model.intercept_[0])
    lines = [
        f"{weight}:{vocabulary.name(int(code))}"
        for code, weight in zip(known[counts >= RAREST], learned, strict=True)
        if abs(weight) >= LEAST_WEIGHT
    ]
    FILE.write_text(toml(round(threshold), words, lines), encoding="utf-8")


def training_data(folders: list[Path]) -> tuple[list[str], list[bool], list[float]]:
    """Return texts, whether each is a question, and how much it counts."""
    lines = list(dict.fromkeys(text for folder in folders for text in read_texts(folder)))
    random.Random(0).shuffle(lines)  # noqa: S311 - the same choice each time
    lines = lines[:MOST_TEXTS]
    clauses = question_clauses(normalize(pa.array(lines)))
    asked = pc.or_(pc.match_substring(clauses, "?"), matches_patterns(clauses)).to_pylist()
    own = list({message.text: message for message in own_texts()}.values())
    kinds = Counter((message.language, message.is_question) for message in own)
    return (
        [*lines, *(message.text for message in own)],
        [*asked, *(message.is_question for message in own)],
        [1.0] * len(lines) + [_weight(message, kinds) for message in own],
    )


def own_texts() -> Iterator[LabelledMessage]:
    """Yield our own texts: mostly Portuguese, some Spanish and English."""
    yield from read_messages("tuning")
    yield from read_messages("tuning", EVERYDAY)
    for intent in (*CONTENT.course, *CONTENT.coding):
        phrasings = {"pt": intent.asks, "en": intent.english, "es": intent.spanish}
        for language, texts in phrasings.items():
            yield from (LabelledMessage(text, language, is_question=True) for text in texts)
        yield from (LabelledMessage(text, "pt", is_question=False) for text in intent.answers)
    for text in (*CONTENT.small_talk, *CONTENT.captions):
        yield LabelledMessage(text, "pt", is_question=False)


def _weight(message: LabelledMessage, kinds: Counter[tuple[str, bool]]) -> float:
    share = OWN_QUESTIONS if message.is_question else 1 - OWN_QUESTIONS
    return OWN_WEIGHTS[message.language] * share / kinds[message.language, message.is_question]


def toml(threshold: int, words: list[str], lines: list[str]) -> str:
    """Return the contents of the file."""
    return "\n".join(
        [
            "# Learned by benchmarks/question_model.py; question_model.py explains the keys. From",
            "# the logs of irc-disentanglement (Kummerfeld et al., 2019; CC BY 4.0) and our own.",
            f"threshold = {threshold}",
            "words = '''",
            fill(" ".join(words), LINE_CHARACTERS),
            "'''",
            "weights = '''",
            *lines,
            "'''",
            "",
        ]
    )


if __name__ == "__main__":
    main()
