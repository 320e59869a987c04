"""The readers of third-party sets of questions, on a file of each format."""

from pathlib import Path

import pytest

from lib.third_party_sets import ThirdPartySet, read_sets

QUESTIONS = [("onde é a aula?", "local"), ("quando começa?", "horário")]
"""What each file has, besides a greeting and the absence of an intent."""

RASA_1 = """\
## intent:greet
- oi
## intent:local
- onde é a [aula](evento)?
- /local
## intent: horário
* quando   começa?
## synonym:aula
- encontro
"""

RASA_3 = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - oi
- intent: local
  examples: |
    - onde é a [aula]{"entity": "evento"}?
- intent: horário
  examples: |
    - quando começa?
- synonym: aula
  examples: |
    - encontro
"""

FILES = {
    "set.csv": (
        "\ufeffId,Text,Intent\n"
        "1,oi,greet\n2,onde é a aula?,local\n3,quando começa?,horário\n4,azul,none\n5,,local\n"
    ),
    "set.json": (
        '[{"text": "oi", "intent": "greet"}, {"text": "onde é a aula?", "intent": "local"},'
        ' {"text": "quando começa?", "intent": "horário"}]'
    ),
    "halves.json": (
        '{"train": [["oi", "greet"], ["onde é a aula?", "local"]],'
        ' "test": [["quando começa?", "horário"]], "oos_test": [["azul", "oos"]]}'
    ),
    "nlu.md": RASA_1,
    "nlu.yml": RASA_3,
}


@pytest.mark.parametrize("name", FILES)
def test_each_format_has_its_texts_with_their_intents_and_no_small_talk(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_text(FILES[name], "utf-8")

    sets = read_sets(tmp_path)

    texts, intents = zip(*QUESTIONS, strict=True)
    assert sets == [ThirdPartySet(path.stem, [*texts], [*intents])]


def test_the_files_of_a_folder_are_one_set_and_other_files_are_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "bot" / "data"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "notes.txt").write_text("local,onde?")
    (tmp_path / "posts.csv").write_text("text,is_question\nonde?,1\n")

    (found,) = read_sets(tmp_path)

    assert found.name == "bot"
    assert sorted(zip(found.texts, found.intents, strict=True)) == sorted(QUESTIONS * len(FILES))


def test_a_csv_file_without_the_columns_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text("message,kind\nonde?,local\n")

    with pytest.raises(SystemExit) as refused:
        read_sets(tmp_path)

    assert refused.value.code == f"{path} has no columns named text and intent."
