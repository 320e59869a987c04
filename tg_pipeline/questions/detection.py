"""Rule-based detection of questions, by patterns of all languages at once.

RE2 matches every pattern in time linear in the text, whatever the text contains.
"""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.questions.patterns import LANGUAGES, detect_languages
from tg_pipeline.questions.schema import QUESTIONS_SCHEMA, described

MAX_CHARACTERS: Final = 1_000
"""Characters of a message that are read: a question after them is missed."""

BATCH_ROWS: Final = 65_536
"""Messages read at a time."""

KEPT_COLUMNS: Final = [
    *("bot_id", "is_copy", "kind", "business_connection_id", "chat_id", "chat_id_then"),
    *("message_id", "user_id", "sent_at", "text"),
]
"""Input columns that are kept in the result."""

MESSAGE_SCHEMA: Final = pa.schema(
    [
        *(QUESTIONS_SCHEMA.field(name) for name in KEPT_COLUMNS),
        pa.field("edited_at", pa.timestamp("us", tz="UTC")),
        pa.field("first_text", pa.string()),
        pa.field("reply_to_message_id", pa.int64()),
    ]
)
"""A message; `edited_at` is the time of its present text, and `first_text` is an earlier text."""

DETECTED_SCHEMA: Final = pa.schema(
    [
        *(QUESTIONS_SCHEMA.field(name) for name in KEPT_COLUMNS),
        QUESTIONS_SCHEMA.field("asked_at"),
        QUESTIONS_SCHEMA.field("language"),
        described(
            "question",
            pa.string(),
            "Its normalized text, without greetings and reactions: what is compared.",
        ),
        described(
            "is_reminder",
            pa.bool_(),
            "Whether it asks nothing of its own, such as 'alguém?' or 'can anyone help?'.",
        ),
        described(
            "reply_to_message_id",
            pa.int64(),
            "The message it replies to, in the same chat; null if to none.",
            nullable=True,
        ),
    ],
    metadata={"description": "The messages that are questions."},
)
"""A detected question."""

_ORDER: Final = (
    *("sent_at", "bot_id", "chat_id", "message_id", "kind", "business_connection_id"),
    *("user_id", "text"),
)

_COMMAND: Final = r"(?is)^\s*/[a-z].*"
_FORWARDED: Final = r"(?is)^\s*(?:forwarded (?:message )?from|encaminhad[ao] de|reenviado de)\b.*"
_CALL: Final = r"(?s)^\s*\w+(?:\.\w+)*\(.*"
_STATEMENT: Final = r"(?is)^\s*(?:import|def|class|print|assert|return|const|let|var)\b.*[=(){}].*"
_SQL_QUERY: Final = r"(?is)^\s*select\b.*\bfrom\b.*"
_CODE_BLOCK: Final = r"(?s)```.*?(?:```|$)"
_QUOTATION: Final = r"(?m)^\s*>.*$"
_LINK: Final = r"(?:https?://|www\.|t\.me/)\S+"
_MENTION: Final = r"\S*@\S+"
_IGNORED: Final = (
    *(_COMMAND, _FORWARDED, _CALL, _STATEMENT, _SQL_QUERY),
    *(_CODE_BLOCK, _QUOTATION, _LINK, _MENTION),
)
"""Parts of a message that are not its author's own words."""

_SIMPLIFICATIONS: Final = (
    (r"[\p{M}\p{Cf}'\x{2019}`\x{b4}]+", ""),
    (r"(\w)[-.](\w)", r"\1 \2"),
    (r"\p{Cc}*[\n\r]\p{Cc}*", " . "),
    (r"[^a-z0-9?!.,;:¿]+", " "),
    (r" *([.,;:!¿])[.,;:! ]*", r" \1 "),
    (r"[.,;:! ]*\?[?!., ]*", " ? "),
)
"""Removes accents, apostrophes and invisible characters; separates punctuation. In this order."""


def _any_of(field: str) -> str:
    lines = [line for language in LANGUAGES for line in getattr(language, field).split("\n")]
    return f"(?:{'|'.join(filter(None, lines))})"


_ABBREVIATIONS: Final = tuple(
    (rf"\b(?:{short})\b", full)
    for language in LANGUAGES
    for short, _, full in (
        line.partition(":") for line in language.abbreviations.strip().split("\n")
    )
)
_GREETING: Final = rf"^(?:{_any_of('greetings')}(?:$|[ .,;:!?¿]+))+"
_REACTION: Final = rf"(^|[.!?] )(?:¿ )?{_any_of('reactions')}(?: [.,!])* [?!]"
_CONJUNCTION: Final = "(?:e|mas|entao|ai|so|and|but|y|pero) "
_QUESTION_START: Final = rf"(?:^|[.,;:!?¿] )(?:{_CONJUNCTION})?{_any_of('question_starts')}"
_REQUEST: Final = _any_of("requests")
_PROBLEM: Final = _any_of("problems")
_ANSWER: Final = _any_of("answers")
_REMINDER: Final = (
    r"^(?:[\W_]|\b(?:algu[ei]e?[nm]|alguma?|nadie|ninguem|sabe|sabem|saberia|pode|podem|puede|me|nos"
    r"|ajud[ae]r?|ajudem|ayuda|ayudar|gente|pessoal|galera|por|favor|pfv?|socorro|up|subindo|de|novo"
    r"|nada|ainda|ideia|idea|ideas|resposta|respuesta|answer|answers|any|anyone|anybody|some|someone"
    r"|somebody|nobody|know|knows|can|could|help|please|pls|again|here|aqui|oi|hello|hola)\b)*$"
)
_TWO_WORDS: Final = r"[a-z]{2,}.* [a-z0-9]{2,}|[a-z] .*[a-z]{2,}"
"""A single word can't be told from an exclamation."""


def detect_questions(messages: pa.Table) -> pa.Table:
    """Return the questions, in DETECTED_SCHEMA, ordered by time whatever the input's order."""
    batches = messages.select(MESSAGE_SCHEMA.names).to_batches(max_chunksize=BATCH_ROWS)
    questions = pa.Table.from_batches(map(_detect_batch, batches), DETECTED_SCHEMA)
    return questions.sort_by([(column, "ascending") for column in _ORDER])


def normalize(texts: pa.Array) -> pa.Array:
    """Return each text in lower case, without accents, with a space around punctuation marks.

    Commands, code, quotations, links and mentions are removed.
    """
    result = pc.utf8_slice_codeunits(texts, 0, MAX_CHARACTERS)
    for pattern in _IGNORED:
        result = pc.replace_substring_regex(result, pattern, " ")
    result = pc.utf8_lower(pc.utf8_normalize(result, form="NFKD"))
    for pattern, replacement in _SIMPLIFICATIONS:
        result = pc.replace_substring_regex(result, pattern, replacement)
    return pc.utf8_trim_whitespace(result)


def question_clauses(normalized: pa.Array) -> pa.Array:
    """Return normalized texts with abbreviations expanded, without greetings and reactions."""
    for pattern, full in _ABBREVIATIONS:
        normalized = pc.replace_substring_regex(normalized, pattern, full)
    normalized = pc.replace_substring_regex(normalized, _GREETING, "")
    normalized = pc.replace_substring_regex(normalized, _REACTION, r"\1.")
    return pc.replace_substring_regex(normalized, _GREETING, "")


def is_question(clauses: pa.Array) -> pa.Array:
    """Return, for each result of `question_clauses`, whether it expects an answer."""
    starts, requests, has_problem, answers, is_long_enough = (
        pc.match_substring_regex(clauses, pattern)
        for pattern in (_QUESTION_START, _REQUEST, _PROBLEM, _ANSWER, _TWO_WORDS)
    )
    is_implied = pc.and_(pc.or_(pc.or_(starts, requests), has_problem), pc.invert(answers))
    return pc.and_(pc.or_(pc.match_substring(clauses, "?"), is_implied), is_long_enough)


def _detect_batch(messages: pa.RecordBatch) -> pa.RecordBatch:
    # Many messages have the same text: each distinct text is read once.
    texts = messages["text"].cast(pa.string()).dictionary_encode()
    found, languages, questions = _detect_texts(texts.dictionary)
    positions = pc.index_in(texts.indices, found)
    rows = pc.indices_nonzero(pc.is_valid(positions))
    positions, messages = positions.take(rows), messages.take(rows)
    columns = [
        *messages.select(KEPT_COLUMNS).columns,
        _asked_at(messages),
        languages.take(positions),
        questions.take(positions),
        is_reminder(texts.dictionary.take(found)).take(positions),
        messages["reply_to_message_id"],
    ]
    arrays = [array.cast(kind) for array, kind in zip(columns, DETECTED_SCHEMA.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=DETECTED_SCHEMA)


def _asked_at(questions: pa.RecordBatch) -> pa.Array:
    """Return when each became a question: later than it was sent if it was first something else."""
    first_texts = questions["first_text"].cast(pa.string())
    was_question = is_question(question_clauses(normalize(first_texts)))
    was_edited = pc.and_kleene(pc.invert(was_question), pc.is_valid(questions["edited_at"]))
    return pc.if_else(
        pc.fill_null(was_edited, fill_value=False), questions["edited_at"], questions["sent_at"]
    )


def is_reminder(texts: pa.Array) -> pa.Array:
    """Return whether each text asks nothing of its own."""
    plain = pc.replace_substring_regex(pc.utf8_normalize(texts, form="NFD"), r"\p{Mn}+", "")
    return pc.match_substring_regex(pc.utf8_lower(plain), _REMINDER)


def _detect_texts(texts: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return the indices of the questions, their languages and their clauses."""
    normalized = normalize(texts)
    clauses = question_clauses(normalized)
    found = pc.indices_nonzero(is_question(clauses)).cast(pa.int32())
    languages = detect_languages(texts.take(found), normalized.take(found))
    return found, languages, clauses.take(found)
