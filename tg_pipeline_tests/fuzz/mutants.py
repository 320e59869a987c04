"""Run mutmut: `python -m tg_pipeline_tests.fuzz.mutants run [PATTERN…]`, or `results`, or `show`.

Its packages are in a folder of their own, and come last, so that they don't replace the project's.
"""

import sys
from pathlib import Path
from typing import Final

PACKAGES: Final = Path(__file__).parents[2] / ".venv-mutants"


def main() -> None:
    """Run mutmut with the arguments of this process."""
    sys.path.append(str(PACKAGES))
    from mutmut.__main__ import cli  # noqa: PLC0415 - can't be found before

    cli()


if __name__ == "__main__":
    main()
