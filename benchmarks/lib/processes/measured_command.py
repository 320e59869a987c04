"""Run a command, and print the CPU seconds and the peak of resident memory of its processes.

python measured_command.py COMMAND ARGUMENT…

A process of its own, which imports little: on Linux a command's peak is at least that of the
process that started it.
"""

import json
import os
import resource
import subprocess
import sys


def main() -> None:
    """Run the command; its output goes to stderr."""
    process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
    status = os.waitpid(process.pid, 0)[1]
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    cost = {"cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss * unit}
    print(json.dumps(cost))
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
