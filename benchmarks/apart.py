"""A peer's run in a process of its own, which the kernel ends after so many CPU seconds."""

import json
import os
import resource
import signal
import time


def apart(call, *, limit):
    """Return what ``call`` returns (as JSON goes), or the words for what came instead.

    CPU seconds, not those of the clock, so that a busy machine stops nobody early. Peers
    may also end their process: pygeoda 0.1.3 does now and then ("double free or corruption").
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        end = int(time.process_time()) + 1 + limit
        resource.setrlimit(resource.RLIMIT_CPU, (end, end))
        try:
            answer = call()
        except Exception as error:
            answer = f"failed: {type(error).__name__}"
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if answer:
        return json.loads(answer)
    stopped = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGXCPU)
    return f"stopped at {limit} s" if stopped else f"ended with status {status}"
