"""Of all who put an object of one name on a disk at once, one wins."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from lambda_ingest.store import durable_put, open_store
from tg_pipeline_tests.lambda_ingest.conftest import stored

RACER = """
import sys
from pathlib import Path
from lambda_ingest.store import put_on_disk

folder, name = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
print(sum(put_on_disk(folder, f"telegram/{n}/5.json", name.encode() * 99) for n in range(100)))
"""


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_of_threads_that_put_at_once_one_wins_and_none_fails(tmp_path: Path) -> None:
    keys = [f"telegram/{number}/5.json" for number in range(100)]
    bodies = [b"%d" % number * 99 for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        won = list(
            pool.map(lambda body: [durable_put(tmp_path, key, body) for key in keys], bodies)
        )

    assert [sum(of_key) for of_key in zip(*won, strict=True)] == [1] * 100
    assert names_in(tmp_path) == sorted(keys)
    assert set(stored(open_store(tmp_path.as_uri())).values()) <= set(bodies)


def test_of_processes_that_put_at_once_one_wins_and_none_fails(tmp_path: Path) -> None:
    # Given processes that have got ready
    with ExitStack() as stack:
        racers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", RACER, str(tmp_path), name],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for name in ("a", "b", "c")
        ]
        outs = [racer.stdout for racer in racers if racer.stdout]
        assert [out.readline() for out in outs] == ["ready\n"] * 3

        # When they put objects of the same names
        for racer in racers:
            assert racer.stdin
            racer.stdin.write("go\n")
            racer.stdin.flush()
        won = [int(out.readline()) for out in outs]

    # Then each name was given once, to whole bytes of one of them
    assert sum(won) == 100
    bodies = stored(open_store(tmp_path.as_uri()))
    assert sorted(bodies) == names_in(tmp_path)
    assert len(bodies) == 100
    assert set(bodies.values()) <= {b"a" * 99, b"b" * 99, b"c" * 99}
