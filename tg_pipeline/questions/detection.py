"""Detection of questions and of small talk, by patterns of all languages at once and by a model.

RE2 matches every pattern in time linear in the text, whatever the text contains.
"""

from functools import cached_property
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tg_pipeline.questions.patterns import LANGUAGES, detect_languages
from tg_pipeline.questions.question_model import load_model
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
        pa.field("command", pa.string()),
        pa.field("reply_to_message_id", pa.int64()),
        pa.field("is_addressed", pa.bool_()),
        pa.field("is_asked_for", pa.bool_()),
    ]
)
"""A message; `edited_at` is the time of its present text, and `first_text` is an earlier text.

`command` is the one that it began with, which is not part of the texts; null without one.
`is_addressed` tells whether it is addressed to the bot, and `is_asked_for` whether the bot has just
asked the person something.
"""

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

SMALL_TALK_SCHEMA: Final = pa.schema(
    [QUESTIONS_SCHEMA.field(name) for name in KEPT_COLUMNS],
    metadata={"description": "Messages to the bot that ask for nothing."},
)
"""A greeting, thanks or the like."""

_ORDER: Final = (
    *("sent_at", "bot_id", "chat_id", "message_id", "kind", "business_connection_id"),
    *("user_id", "text"),
)

_COMMAND: Final = r"(?is)^\s*/[a-z].*"
_ASKING_COMMAND: Final = (
    "^(?:ask|perg|pregunt|quest|duvid|dud|ajud|ayud|help|sup?port|soport|sos|faq|busc|procur|search"
    "|find|consult|respond|answer|fale|falar|habla|talk|chat|gpt|bot|ai$|ia$|q$)"
)
"""Commands that say no more than that somebody asks: the question is what follows."""
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
"""A single word can't be told from an exclamation, except in what is addressed to the bot."""
_ONE_WORD: Final = "[a-z]{2,}"
_SMALL_TALK: Final = (
    rf"^(?:[ .,;:!?¿]*(?:{_any_of('greetings')}|{_any_of('small_talk')})(?:$|[ .,;:!?¿]))+"
    r"[ .,;:!?¿]*$"
)
_EMOJI: Final = r"^[^\p{L}\p{N}?]*\p{So}[^\p{L}\p{N}?]*$"
_DATA: Final = rf"^{_any_of('data')}[ .!]*$"


def detect_questions(messages: pa.Table) -> pa.Table:
    """Return the questions, in DETECTED_SCHEMA, ordered by time whatever the input's order."""
    batches = messages.select(MESSAGE_SCHEMA.names).to_batches(max_chunksize=BATCH_ROWS)
    questions = pa.Table.from_batches(map(_detect_batch, batches), DETECTED_SCHEMA)
    return questions.sort_by([(column, "ascending") for column in _ORDER])


def detect_small_talk(messages: pa.Table) -> pa.Table:
    """Return what is addressed to the bot and asks for nothing, in SMALL_TALK_SCHEMA, as above."""
    batches = messages.select([*KEPT_COLUMNS, "is_addressed"]).to_batches(max_chunksize=BATCH_ROWS)
    found = pa.Table.from_batches(map(_small_talk_of_batch, batches), SMALL_TALK_SCHEMA)
    return found.sort_by([(column, "ascending") for column in _ORDER])


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


def leading_commands(texts: pa.Array) -> pa.Array:
    """Return the command that each text begins with, in lower case; null without one."""
    found = pc.extract_regex(texts.cast(pa.string()), r"^/(?P<command>\w+)")
    return pc.utf8_lower(pc.struct_field(found, "command"))


def question_clauses(normalized: pa.Array) -> pa.Array:
    """Return normalized texts with abbreviations expanded, without greetings and reactions."""
    expanded = pc.replace_substring_regex(_expand(normalized), _GREETING, "")
    expanded = pc.replace_substring_regex(expanded, _REACTION, r"\1.")
    return pc.replace_substring_regex(expanded, _GREETING, "")


def has_greeting(normalized: pa.Array) -> pa.Array:
    """Return whether each normalized text begins with a greeting or a reaction (`alguem ?`)."""
    return pc.or_(
        pc.match_substring_regex(normalized, _GREETING),
        pc.match_substring_regex(normalized, f"^{_REACTION}"),
    )


def is_question(clauses: pa.Array) -> pa.Array:
    """Return, for each result of `question_clauses`, whether it expects an answer."""
    is_long_enough = pc.match_substring_regex(clauses, _TWO_WORDS)
    is_worded = pc.and_(load_model().is_question(clauses), is_long_enough)
    is_answer = pc.match_substring_regex(clauses, _ANSWER)
    return pc.or_(matches_patterns(clauses), pc.and_not(is_worded, is_answer))


def matches_patterns(clauses: pa.Array) -> pa.Array:
    """Return, for each result of `question_clauses`, whether a pattern knows it as a question."""
    starts, requests, has_problem, answers, is_long_enough = (
        pc.match_substring_regex(clauses, pattern)
        for pattern in (_QUESTION_START, _REQUEST, _PROBLEM, _ANSWER, _TWO_WORDS)
    )
    is_implied = pc.and_(pc.or_(pc.or_(starts, requests), has_problem), pc.invert(answers))
    return pc.and_(pc.or_(pc.match_substring(clauses, "?"), is_implied), is_long_enough)


def is_small_talk(texts: pa.Array, normalized: pa.Array) -> pa.Array:
    """Return whether each text asks for nothing, if it is addressed to the bot."""
    worded = pc.match_substring_regex(_expand(normalized), _SMALL_TALK)
    return pc.or_(worded, pc.match_substring_regex(texts, _EMOJI))


def is_request(texts: pa.Array) -> pa.Array:
    """Return whether each text asks for something, if it is addressed to the bot."""
    return _ReadTexts(texts).is_request


def is_reminder(texts: pa.Array) -> pa.Array:
    """Return whether each text asks nothing of its own."""
    plain = pc.replace_substring_regex(pc.utf8_normalize(texts, form="NFD"), r"\p{Mn}+", "")
    return pc.match_substring_regex(pc.utf8_lower(plain), _REMINDER)


class _ReadTexts:
    """What distinct texts are: many messages have the same text."""

    def __init__(self, texts: pa.Array) -> None:
        self.texts = texts
        self.normalized = normalize(texts)
        self.clauses = question_clauses(self.normalized)

    @cached_property
    def is_question(self) -> pa.Array:
        return is_question(self.clauses)

    @cached_property
    def is_small_talk(self) -> pa.Array:
        return is_small_talk(self.texts, self.normalized)

    @cached_property
    def is_request(self) -> pa.Array:
        is_worded = pc.match_substring_regex(self.clauses, _ONE_WORD)
        is_data = pc.match_substring_regex(self.clauses, _DATA)
        return pc.and_not(is_worded, pc.or_(is_data, self.is_small_talk))


def _detect_batch(messages: pa.RecordBatch) -> pa.RecordBatch:
    texts = messages["text"].cast(pa.string()).dictionary_encode()
    read = _ReadTexts(texts.dictionary)
    rows = pc.indices_nonzero(_are_questions(messages, texts.indices, read))
    positions, messages = texts.indices.take(rows), messages.take(rows)
    # Each distinct text is read once.
    found = positions.unique()
    positions = pc.index_in(positions, found)
    questions = texts.dictionary.take(found)
    is_question = read.is_question.take(found).take(positions)
    columns = [
        *messages.select(KEPT_COLUMNS[:-1]).columns,
        _with_commands(messages["text"], messages["command"], is_question),
        _asked_at(messages),
        detect_languages(questions, read.normalized.take(found)).take(positions),
        read.clauses.take(found).take(positions),
        is_reminder(questions).take(positions),
        messages["reply_to_message_id"],
    ]
    arrays = [array.cast(kind) for array, kind in zip(columns, DETECTED_SCHEMA.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=DETECTED_SCHEMA)


def _with_commands(texts: pa.Array, commands: pa.Array, is_question: pa.Array) -> pa.Array:
    """Return the texts, where a command says what is asked with that command in front.

    It does so if what follows is no question without it: in `/classes module 2`, a keyword.
    """
    commands = commands.cast(pa.string())
    is_asking = pc.match_substring_regex(commands, _ASKING_COMMAND)
    says_what = pc.and_not(pc.invert(is_asking), is_question)
    joined = pc.binary_join_element_wise("/", commands, " ", texts.cast(pa.string()), "")
    return pc.if_else(_fill(says_what), joined, texts)


def _are_questions(messages: pa.RecordBatch, positions: pa.Array, read: _ReadTexts) -> pa.Array:
    """Return which messages are questions, given the position of each one's text.

    In what is addressed to the bot, a question is whatever asks for something, unless the bot has
    asked: a keyword after that is an answer.
    """
    is_question = read.is_question.take(positions)
    is_addressed = _fill(messages["is_addressed"])
    if not pc.any(is_addressed).as_py():
        return is_question
    is_request = read.is_request.take(positions)
    is_answer = pc.and_not(_fill(messages["is_asked_for"]), is_question)
    return pc.if_else(is_addressed, pc.and_not(is_request, is_answer), is_question)


def _small_talk_of_batch(messages: pa.RecordBatch) -> pa.RecordBatch:
    messages = messages.filter(messages["is_addressed"])
    texts = messages["text"].cast(pa.string()).dictionary_encode()
    found = _ReadTexts(texts.dictionary).is_small_talk.take(texts.indices)
    rows = messages.filter(found).select(KEPT_COLUMNS).columns
    arrays = [row.cast(kind) for row, kind in zip(rows, SMALL_TALK_SCHEMA.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SMALL_TALK_SCHEMA)


def _asked_at(questions: pa.RecordBatch) -> pa.Array:
    """Return when each became a question: later than it was sent if it was first something else."""
    first = questions.set_column(
        questions.schema.get_field_index("text"), "text", questions["first_text"]
    )
    texts = first["text"].cast(pa.string()).dictionary_encode()
    was_question = _are_questions(first, texts.indices, _ReadTexts(texts.dictionary))
    was_edited = pc.and_kleene(pc.invert(was_question), pc.is_valid(questions["edited_at"]))
    return pc.if_else(
        pc.fill_null(was_edited, fill_value=False), questions["edited_at"], questions["sent_at"]
    )


def _expand(normalized: pa.Array) -> pa.Array:
    for pattern, full in _ABBREVIATIONS:
        normalized = pc.replace_substring_regex(normalized, pattern, full)
    return normalized


def _fill(flags: pa.Array) -> pa.Array:
    return pc.fill_null(flags, fill_value=False)
