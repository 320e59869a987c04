"""What importing a history costs: megabytes per second, microseconds per message, peak memory.

python benchmarks/history.py --megabytes 1000
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

COMMAND: Final = str(Path(sys.executable).parent / "tg-pipeline")

MEGABYTE: Final = 1_000_000

FIRST_SECOND: Final = int(datetime(2017, 3, 1, tzinfo=UTC).timestamp())
SECONDS: Final = 9 * 365 * 24 * 3600
"""The messages of the group are spread evenly over nine years."""

MESSAGE: Final = """  {
   "id": %d,
   "type": "message",
   "date": "%s",
   "date_unixtime": "%d",
   "from": "Pessoa %d",
   "from_id": "user%d",
   "reply_to_message_id": %d,
   "text": [
    "%s ",
    {
     "type": "link",
     "text": "https://example.com/%d"
    }
   ],
   "text_entities": [
    {
     "type": "plain",
     "text": "%s "
    },
    {
     "type": "link",
     "text": "https://example.com/%d"
    }
   ]
  }"""

TEXTS: Final = (
    "Bom dia",
    "alguém sabe como instalar o python no windows sem permissão de administrador?",
    "kkkk",
    'tenta com \\"pip install --user\\"',
    "valeu \\x01 deu certo",
    "acho que o problema é o caminho C:\\\\x01\\\\projetos",
)

PEOPLE: Final = 5_000


def main() -> None:
    """Write an export, import it twice, and print what that costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="where files are written, for a while")
    options = parser.parse_args()
    with TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        export = folder / "result.json"
        messages = write_export(export, options.megabytes * MEGABYTE)
        size = export.stat().st_size
        print(f"{size / MEGABYTE:,.0f} MB, {messages:,} messages")
        for what in ("first", "again"):
            seconds = import_once(export, folder)
            print(
                f"{what}: {seconds:.1f} s, {size / MEGABYTE / seconds:.1f} MB/s, "
                f"{seconds / messages * 1e6:.1f} µs per message"
            )
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"peak memory: {peak / 1024:,.0f} MiB")
        landed = [path.stat().st_size for path in folder.rglob("*.ndjson.gz")]
        print(f"landed: {len(landed):,} objects, {sum(landed) / MEGABYTE:,.0f} MB")


def write_export(path: Path, size: int) -> int:
    """Write an export of one group of at least `size` bytes; return the number of messages."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{\n "name": "Turma",\n "type": "public_supergroup",\n "id": 1234567890,\n')
        file.write(' "messages": [\n')
        number = 0
        for number, text in enumerate(_messages(size), 1):  # noqa: B007 - the last one counts
            file.write(text)
        file.write("\n ]\n}")
    return number


def _messages(size: int) -> Iterator[str]:
    average = 560  # bytes of a message, with which the nine years are filled
    step = SECONDS * average / size
    written, number = 0, 0
    while written < size:
        second = FIRST_SECOND + int(number * step) % SECONDS
        person, text = number * 7 % PEOPLE, TEXTS[number * 5 % len(TEXTS)]
        local = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        values = (number + 1, local, second, person, 5_000_000_000 + person, number)
        message = MESSAGE % (*values, text, number, text, number)
        yield (",\n" if number else "") + message
        written += len(message)
        number += 1


def import_once(export: Path, folder: Path) -> float:
    """Import an export as the command does; return the seconds that it takes."""
    environment = os.environ | {
        "TG_LANDING_URI": (folder / "landing").as_uri(),
        "TG_LAKE_URI": (folder / "lake").as_uri(),
        "TELEGRAM_BOT_ID": "7",
    }
    begun = time.monotonic()
    subprocess.run([COMMAND, "import", str(export)], env=environment, check=True)
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
