"""Third-party sets of questions with their intents, in the formats in which they are published."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import yaml

SUFFIXES: Final = (".csv", ".json", ".md", ".yml", ".yaml")

TEXT_COLUMNS: Final = ("text", "sentence", "question", "utterance", "query")
INTENT_COLUMNS: Final = ("intent", "label", "category", "class")

SMALL_TALK: Final = re.compile(
    r"(?i)greet|saluda|saudar|saudac|cumpriment|hello|welcome|desped|goodbye|\bbye|thank|agrade"
    r"|gracia|obrigad|chitchat|smalltalk|small_talk|affirm|deny|^negar|aceitar|recusar|mood|elogio"
    r"|insult|xing|ofens|piada|joke|hobby|tudo_?bem|como_?estas|me_llamo|bot_challenge"
    r"|no_nodes_detected|out_of_scope|^oos$|^none$"
)
"""Intents of greetings, thanks and the like, and the absence of an intent."""

OTHER_SMALL_TALK: Final = frozenset(
    """
    afirmacao_botao afirmar appreciation are_you_a_bot como_estou criticism definicao_tais
    do_you_have_pets how_old_are_you maybe negacao_botao no presence quem_criou_a_tais quien_soy
    risada saber_criador saludos triste what_are_your_hobbies what_is_your_name where_are_you_from
    who_made_you yes
    """.split()
)
"""Small talk that the pattern does not match.

Topics are measured with it: without it, CLINC150 would have 4,080 texts and 136 intents instead of
4,380 and 146, and the figures of docs/benchmarks.md would be of other sets.
"""

UNLABELLED: Final = frozenset(
    """
    none no_nodes_detected no_relacionado oos out_of_scope palavrachave usuario_curioso botao
    bff comida cor de_onde_voce_eh diga_mais esporte filhos filme genero historia hobby license
    linguagens me onde_voce_mora playlist relationship religiao time
    """.split()
)
"""Either may be in them: texts that belong nowhere, and small talk that asks for something."""

_INTENT: Final = re.compile(r"#+\s*intent\s*:\s*(\S+)")
_EXAMPLE: Final = re.compile(r"\s*[-*+]\s+(.*\S)")
_ENTITY: Final = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")


class ThirdPartySet(NamedTuple):
    """Texts with their intents; those of small talk are left out."""

    name: str
    texts: list[str]
    intents: list[str]


def read_sets(folder: Path) -> list[ThirdPartySet]:
    """Return the set of each file of a folder, and of all files of each folder in it."""
    sets = []
    for path in sorted(folder.iterdir()):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        pairs = [pair for file in files if file.suffix in SUFFIXES for pair in read_pairs(file)]
        kept = [
            (" ".join(text.split()), intent)
            for text, intent in pairs
            if text.strip() and not SMALL_TALK.search(intent)
        ]
        if kept:
            texts, intents = zip(*kept, strict=True)
            sets.append(ThirdPartySet(path.stem, [*texts], [*intents]))
    return sets


def is_small_talk(intent: str) -> bool | None:
    """Return whether an intent is small talk; None if its name does not tell."""
    name = intent.lower()
    if name in UNLABELLED:
        return None
    return name in OTHER_SMALL_TALK or bool(SMALL_TALK.search(name))


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Return the texts of a file, each with its intent."""
    text = path.read_text("utf-8-sig", errors="replace")
    if path.suffix == ".csv":
        return list(_csv_pairs(text, path))
    if path.suffix == ".json":
        return list(_json_pairs(json.loads(text)))
    if path.suffix == ".md":
        return list(_markdown_pairs(text.splitlines()))
    return list(_yaml_pairs(text))


def _csv_pairs(text: str, path: Path) -> Iterator[tuple[str, str]]:
    reader = csv.DictReader(text.splitlines(keepends=True))
    names = {name.strip().lower(): name for name in reader.fieldnames or ()}
    if "is_question" in names:
        return  # posts of a chat, which have no intents
    texts = next((names[each] for each in TEXT_COLUMNS if each in names), None)
    intents = next((names[each] for each in INTENT_COLUMNS if each in names), None)
    if texts is None or intents is None:
        raise SystemExit(f"{path} has no columns named text and intent.")
    for row in reader:
        yield row[texts] or "", row[intents] or ""


def _json_pairs(content: object) -> Iterator[tuple[str, str]]:
    """Read a list of [text, intent] or of objects, or an object with such lists."""
    if isinstance(content, dict):
        for each in content.values():
            yield from _json_pairs(each)
    elif isinstance(content, list):
        for item in content:
            if isinstance(item, dict) and {"text", "intent"} <= item.keys():
                yield str(item["text"]), str(item["intent"])
            elif isinstance(item, list) and len(item) == len(("text", "intent")):
                yield str(item[0]), str(item[1])


def _markdown_pairs(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Read the format of Rasa 1: a heading per intent, and a list of examples."""
    intent = None
    for line in lines:
        if heading := _INTENT.match(line):
            intent = heading[1]
        elif line.startswith("#"):
            intent = None
        elif intent and (example := _EXAMPLE.match(line)) and not example[1].startswith("/"):
            yield _ENTITY.sub(r"\1", example[1]), intent


def _yaml_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Read the format of Rasa 2 and 3: `nlu`, a list of intents with their examples in a text."""
    content = yaml.safe_load(text)
    for each in (content.get("nlu") or []) if isinstance(content, dict) else []:
        if "intent" in each and isinstance(each.get("examples"), str):
            yield from _markdown_pairs(
                [f"# intent:{each['intent']}", *each["examples"].split("\n")]
            )
