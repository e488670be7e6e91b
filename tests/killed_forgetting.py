"""Forgets somebody in processes that are killed at their n-th operation on files or on Redis.

Each line of standard input is a number, a home, an address of Redis and a person; the answer is `killed`, or `done` if
the process came to its end before. It is started once: imports for each number would take minutes.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from redis.connection import AbstractConnection

from familiar.shared.people.forget import forget_person
from familiar.shared.redis.connection import open_redis
from familiar.shared.runtime.logs import configure_logs
from familiar.shared.stores.models import ModelStore
from familiar.shared.stores.samples import SampleStore

OPERATIONS = {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate"}


def _forget_until_killed(at: int, home: Path, redis_url: str, person: str) -> NoReturn:
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event in OPERATIONS or (event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR)):
            count()

    send = AbstractConnection.send_packed_command

    def send_counted(connection: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - it passes on what it gets
        count()
        return send(connection, *arguments, **options)  # type: ignore[no-untyped-call]  # redis-py has not typed it

    samples, models, client = SampleStore(home), ModelStore(home), open_redis(redis_url)
    AbstractConnection.send_packed_command = send_counted  # type: ignore[assignment,method-assign]
    sys.addaudithook(hear)
    forget_person(client, samples, models, person)
    os._exit(0)


def main() -> None:
    """Answer each line."""
    # Standard output is for answers.
    configure_logs("forgetting", "console")
    for line in sys.stdin:
        number, home, redis_url, person = line.split()
        child = os.fork()
        if not child:
            _forget_until_killed(int(number), Path(home), redis_url, person)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            sys.stdout.write("killed\n")
        else:
            sys.stdout.write("done\n" if os.waitstatus_to_exitcode(status) == 0 else "failed\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
