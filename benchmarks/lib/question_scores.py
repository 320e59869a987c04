"""Quality of the detection, language detection and clustering of questions, against baselines."""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
from sklearn.cluster import DBSCAN
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import (
    adjusted_rand_score,
    precision_score,
    recall_score,
    v_measure_score,
)

from lib.chat_messages import EVERYDAY, HALVES, MESSAGES, read_messages, read_questions
from lib.third_party_sets import SUFFIXES, is_small_talk, read_pairs
from lib.topic_scores import clauses_of, without_meanings
from tg_pipeline.questions import detection
from tg_pipeline.questions.detection import (
    is_question,
    is_request,
    matches_patterns,
    normalize,
)
from tg_pipeline.questions.patterns import detect_languages

LANGUAGES: Final = ("pt", "en", "es")
ALL: Final = "all"

EPS: Final = 0.5
"""scikit-learn's default: the largest distance of two neighbours in a DBSCAN cluster."""


NPS_WORDS: Final = 3
"""Posts of fewer words are mostly exclamations, which their labels take for questions or not."""


class Labelled(NamedTuple):
    """A text, and whether it is a question."""

    text: str
    is_question: bool


def by_patterns(texts: list[str]) -> list[bool]:
    """Return which texts are questions by the patterns of the mart alone."""
    found: list[bool] = matches_patterns(clauses_of(texts)).to_pylist()
    return found


def as_in_groups(texts: list[str]) -> list[bool]:
    """Return which texts are questions to the mart if they are written to others."""
    found: list[bool] = is_question(clauses_of(texts)).to_pylist()
    return found


def as_in_private_chats(texts: list[str]) -> list[bool]:
    """Return which texts are questions to the mart if they are written to the bot."""
    found: list[bool] = is_request(pa.array(texts)).to_pylist()
    return found


def by_question_mark(texts: list[str]) -> list[bool]:
    """Return which texts contain a question mark."""
    return ["?" in text for text in texts]


def by_default_dbscan(texts: list[str]) -> list[int]:
    """Return the clusters of a first attempt: n-grams of the raw text, default DBSCAN."""
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit_transform(texts)
    clusters = DBSCAN(eps=EPS, min_samples=2, metric="cosine").fit_predict(vectors)
    found: list[int] = clusters.tolist()
    return found


DETECTORS: Final[dict[str, Callable[[list[str]], list[bool]]]] = {
    "a question mark": by_question_mark,
    "the patterns": by_patterns,
    "the mart, in a group": as_in_groups,
    "the mart, in private": as_in_private_chats,
}
IN_A_GROUP: Final = list(DETECTORS)[:3]
"""All that know nothing of private chats."""

CLUSTERINGS: Final[dict[str, Callable[[list[str]], list[int]]]] = {
    "raw n-grams, DBSCAN": by_default_dbscan,
    "the mart": without_meanings,
}


def detection_rows() -> list[list[str]]:
    """Return precision and recall on our own messages, by half, language and detector."""
    rows = []
    for name, messages in _by_language(MESSAGES):
        rows += _detector_rows(name, messages, IN_A_GROUP)
    return rows


def _by_language(file: str) -> Iterator[tuple[str, list[Labelled]]]:
    """Yield the messages of a file by half and language, each with its name."""
    for half in HALVES:
        messages = read_messages(half, file)
        for language in (*LANGUAGES, ALL):
            yield (
                f"{half}, {language}",
                [
                    Labelled(message.text, message.is_question)
                    for message in messages
                    if language in {message.language, ALL}
                ],
            )


def everyday_rows() -> list[list[str]]:
    """Return how many everyday statements are taken for questions, and how many questions found."""
    rows = []
    for name, messages in _by_language(EVERYDAY):
        for each in IN_A_GROUP:
            shown = []
            for kind in (False, True):
                texts = [text for text, is_question in messages if is_question == kind]
                found = sum(DETECTORS[each](texts))
                shown.append(f"{found} of {len(texts)}, {_percent(found / len(texts))}")
            rows.append([name, each, *shown])
    return rows


def third_party_detection_rows(folder: Path) -> list[list[str]]:
    """Return precision and recall on sets of others, by set and detector.

    A CSV file of the folder with the columns `text` and `is_question` is a chat whose posts are
    labelled, such as NPS Chat. All others are what people write to a bot, with their intents: these
    are questions, except for small talk.
    """
    rows = []
    for name, posts in _post_sets(folder):
        long = [post for post in posts if len(post.text.split()) >= NPS_WORDS]
        rows += _detector_rows(name, posts, IN_A_GROUP)
        rows += _detector_rows(f"{name}, {NPS_WORDS} words or more", long, IN_A_GROUP)
    for name, messages in _intent_sets(folder):
        rows += _detector_rows(name, messages, list(DETECTORS))
    return rows


def small_talk_rows(folder: Path) -> list[list[str]]:
    """Return precision and recall of small talk on intent sets of others that have some."""
    rows = []
    for name, messages in _intent_sets(folder):
        small_talk = [Labelled(text, not is_question) for text, is_question in messages]
        if any(expected for _, expected in small_talk):
            rows.append([name, *_scores(small_talk, _by_small_talk)])
    return rows


def _post_sets(folder: Path) -> Iterator[tuple[str, list[Labelled]]]:
    for path in filter(_has_posts, sorted(folder.glob("*.csv"))):
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            yield path.stem, [Labelled(row["text"], row["is_question"] == "1") for row in rows]


def _has_posts(path: Path) -> bool:
    with path.open(encoding="utf-8", newline="") as file:
        return "is_question" in next(csv.reader(file), [])


def _intent_sets(folder: Path) -> Iterator[tuple[str, list[Labelled]]]:
    """Yield the texts of each file, or folder of files, whose intent says what they are."""
    for path in sorted(folder.iterdir()):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        pairs = [
            pair
            for file in files
            if file.suffix in SUFFIXES and not _has_posts(file)
            for pair in read_pairs(file)
        ]
        kinds = [(text, is_small_talk(intent)) for text, intent in pairs]
        if kinds:
            yield (
                path.stem,
                [Labelled(text, not small) for text, small in kinds if small is not None],
            )


def _by_small_talk(texts: list[str]) -> list[bool]:
    plain = pa.array(texts)
    found: list[bool] = detection.is_small_talk(plain, normalize(plain)).to_pylist()
    return found


def _detector_rows(name: str, messages: list[Labelled], detectors: list[str]) -> list[list[str]]:
    return [[name, each, *_scores(messages, DETECTORS[each])] for each in detectors]


def language_rows() -> list[list[str]]:
    """Return the share of the questions whose language is detected correctly, by half."""
    rows = []
    for half in HALVES:
        questions = [message for message in read_messages(half) if message.is_question]
        texts = pa.array([message.text for message in questions])
        detected = detect_languages(texts, normalize(texts)).to_pylist()
        correct = sum(code == m.language for code, m in zip(detected, questions, strict=True))
        rows.append([half, _percent(correct / len(questions))])
    return rows


def cluster_rows() -> list[list[str]]:
    """Return V-measure and ARI, by half and clustering; a single question is its own group."""
    rows = []
    for half in HALVES:
        questions = read_questions(half)
        expected = [question.group for question in questions]
        for name, cluster in CLUSTERINGS.items():
            found = _single_as_groups(cluster([question.text for question in questions]))
            scores = v_measure_score(expected, found), adjusted_rand_score(expected, found)
            rows.append([half, name, *(f"{score:.2f}" for score in scores)])
    return rows


def _single_as_groups(clusters: Sequence[int]) -> list[int]:
    return [-2 - index if cluster == -1 else cluster for index, cluster in enumerate(clusters)]


def _scores(messages: list[Labelled], detect: Callable[[list[str]], list[bool]]) -> list[str]:
    """Return precision and recall; a set without a negative has no precision."""
    expected = [message.is_question for message in messages]
    found = detect([message.text for message in messages])
    precision = precision_score(expected, found, zero_division=0)
    shown = "–" if all(expected) else _percent(precision)
    return [shown, _percent(recall_score(expected, found))]


def _percent(share: float) -> str:
    return f"{share:.1%}"
