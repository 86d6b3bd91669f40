"""A run whose chunks are computed by an executor: here, or on other machines.

A task is the plan and a few numbers of chunks; its result is the files of these chunks, which are
checked and published here. Whatever becomes of a task, its chunks are there or they are not: those
that are not are asked for again.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import importlib
import json
import multiprocessing
import os
import pickle
import sys
import threading
import time
import traceback
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from . import _noctule
from ._identity import from_package, told
from ._input import refuse
from ._progress import Bar

#: How often a chunk may be lost, or an executor be made again with nothing done, before the run gives up.
LOSSES = 3
#: Shortest task, in seconds of work.
SHORTEST_S = 0.5
#: How long to wait before looking again at tasks that cannot be waited for, in seconds.
LOOK_S = 0.05

#: What an executor says when it is of no use any more.
_BROKEN = (concurrent.futures.BrokenExecutor, BrokenProcessPool)
#: What no second try mends.
_FATAL = (ImportError, pickle.UnpicklingError, AttributeError)

#: Functions with their digests, by the names of their schemes.
Schemes = Mapping[str, tuple[Callable[..., Any], str]]


def task(plan: bytes, chunks: list[int], schemes: bytes, strict: bool, attempt: int) -> bytes:
    """What a worker does; ``attempt`` tells a second try from the first for executors that take
    equal calls for one."""
    from ._experiment import called

    del attempt
    _attend()
    try:
        functions = {
            id: (called(_unchanged(id, function, digest)), digest)
            for id, (function, digest) in pickle.loads(schemes).items()}
        done, failures = _noctule.compute(
            zlib.decompress(plan).decode(), chunks, functions, strict)
        found: dict[str, Any] = {"failures": json.loads(failures), "chunks": [
            (chunk, zlib.compress(text, 1), seconds) for chunk, text, seconds in done]}
    except Exception as error:
        found = {"error": _portable(error)}
    return pickle.dumps(found)


def _unchanged(id: str, function: Callable[..., Any], digest: str) -> Callable[..., Any]:
    here = told(function)
    if digest.startswith("?") or here == digest:
        return function
    what = "a worker has another function than was sent, or cannot tell"
    raise refuse(what, f"schemes[{id!r}]", f"digest {here}",
                 f"digest {digest}: the same versions of Python and of the packages it calls")


def _portable(error: Exception) -> Exception:
    """The exception, if it can be sent, or its text."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError("".join(traceback.format_exception(error)))
    return error


def pickled(schemes: Schemes) -> bytes:
    """Functions by value: workers need not have the modules they come from."""
    try:
        cloudpickle = importlib.import_module("cloudpickle")
    except ImportError:
        try:
            text = pickle.dumps(dict(schemes))
            pickle.loads(text)
        except Exception as error:
            raise refuse(
                "this function cannot be sent to other processes", "schemes", str(error),
                "functions of a module that workers can import, or cloudpickle: "
                "pip install cloudpickle") from None
        return text
    with _by_value(cloudpickle):
        try:
            return bytes(cloudpickle.dumps(dict(schemes)))
        except Exception as error:
            raise refuse("this function cannot be sent to other processes", "schemes", str(error),
                         "functions without open files, locks and the like") from None


@contextlib.contextmanager
def _by_value(cloudpickle: Any) -> Iterator[None]:
    """All modules of the caller's own, for as long as functions are pickled."""
    before = set(cloudpickle.list_registry_pickle_by_value())
    registered = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        own = file is not None and str(file).endswith(".py") and not from_package(name, file)
        if own and name not in before and not name.startswith("__"):
            try:
                cloudpickle.register_pickle_by_value(module)
            except ValueError:
                continue
            registered.append(module)
    try:
        yield
    finally:
        for module in registered:
            cloudpickle.unregister_pickle_by_value(module)


def opened(executor: Any) -> tuple[Any, Callable[[], Any] | None]:
    """An executor, and how to make another one where that is ours to do."""
    if executor == "processes" or isinstance(executor, int) and not isinstance(executor, bool):
        count = None if executor == "processes" else executor
        if count is not None and count < 1:
            raise refuse("there are no workers", "executor", str(count), "1 or more")

        def pool() -> Executor:
            return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _attend)

        return pool(), pool
    if hasattr(executor, "submit"):
        if isinstance(executor, ProcessPoolExecutor):
            return executor, lambda: _like(executor)
        return executor, None
    if callable(executor):
        return executor(), executor
    raise refuse("this is no executor", "executor", repr(executor)[:80],
                 'anything with submit(), a function that makes one, "processes", or a number of them')


#: What :mod:`multiprocessing` calls workers of pools; those that others name, others look after.
_POOLED = ("SpawnProcess-", "ForkProcess-", "ForkServerProcess-")
_attends = threading.Event()


def _attend() -> None:
    """In a worker of a pool: end with the process that started it, however that ends."""
    parent = multiprocessing.parent_process()
    pooled = multiprocessing.current_process().name.startswith(_POOLED) and \
        threading.current_thread() is threading.main_thread()
    if parent is None or not pooled or _attends.is_set():
        return
    _attends.set()

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _like(pool: Any) -> ProcessPoolExecutor:
    """A new process pool in the place of one that is broken."""
    return ProcessPoolExecutor(pool._max_workers, pool._mp_context, pool._initializer,
                               pool._initargs)


def _workers(executor: Any) -> int:
    """How many tasks run at once, as far as can be told."""
    client = getattr(executor, "_client", None)
    if client is not None and hasattr(client, "ncores"):
        return max(1, int(sum(client.ncores().values())))
    for name in ("_max_workers", "num_workers"):
        count = getattr(executor, name, None)
        if isinstance(count, int) and count > 0:
            return count
    return os.cpu_count() or 1


class Spread:
    """One run over an executor."""

    def __init__(self, inbox: Any, executor: Any, schemes: Schemes, strict: bool,
                 task_s: float, bar: Bar) -> None:
        if not task_s >= SHORTEST_S:
            raise refuse("tasks would be too short for what each costs", "task_s", str(task_s),
                         f"{SHORTEST_S} or more")
        self._inbox = inbox
        self._given = executor
        self._strict = strict
        self._task_s = task_s
        self._bar = bar
        self._plan = zlib.compress(inbox.plan.encode())
        self._schemes = pickled(schemes)
        self._units = dict(inbox.open)
        self._queue = deque(self._units)
        self._lost = dict.fromkeys(self._units, 0)
        self._running: dict[Any, list[int]] = {}
        #: Seconds a unit, of the last tasks.
        self._rate: float | None = None
        self._done = inbox.units - sum(self._units.values())
        self.failures: dict[str, Any] = {}
        self.tasks = 0

    def run(self) -> None:
        """Until every chunk is there."""
        if not self._queue:
            return
        executor, again = opened(self._given)
        first = executor
        barren, done = 0, self._done
        try:
            while self._queue or self._running:
                try:
                    self._submit(executor)
                    broken = self._collect()
                except _BROKEN as error:
                    broken = error
                if broken is not None:
                    self._give_up_all(broken)
                    barren, done = (barren + 1 if self._done == done else 0), self._done
                    if barren > LOSSES:
                        raise RuntimeError(
                            f"the executor was broken {barren} times, and nothing was computed in "
                            "between: what it runs on does not start, or the function that makes "
                            "one returns the broken one again") from broken
                    if again is None:
                        raise RuntimeError(
                            "the executor is broken, and cannot be made again from here: hand in a "
                            "function that makes one (executor=lambda: …), or call again, which "
                            "goes on where this ended") from broken
                    if executor is not first or self._given is not first:
                        executor.shutdown(wait=False)
                    executor = again()
        finally:
            for future in self._running:
                # Not everything that can be asked for a result can be called off.
                with contextlib.suppress(AttributeError):
                    future.cancel()
            if executor is not self._given:
                executor.shutdown(wait=True)

    def _submit(self, executor: Any) -> None:
        if not self._queue:
            return
        workers = _workers(executor)
        while self._queue and len(self._running) < 2 * workers + 1:
            chunks = self._next(workers)
            attempt = self._lost[chunks[0]]
            try:
                future = executor.submit(
                    task, self._plan, chunks, self._schemes, self._strict, attempt)
            except BaseException:
                self._queue.extendleft(reversed(chunks))
                raise
            if not callable(getattr(future, "result", None)) or \
                    not callable(getattr(future, "done", None)):
                raise refuse("the executor gives nothing that can be waited for", "executor",
                             f"submit() returned {future!r}"[:80],
                             "futures, with done() and result()")
            self._running[future] = chunks
            self.tasks += 1

    def _next(self, workers: int) -> list[int]:
        """Chunks for one task: as many as take the time of one, by what earlier ones took; near
        the end less, so that no worker is left with all the rest."""
        chunks = [self._queue.popleft()]
        if self._rate is None or self._lost[chunks[0]]:
            return chunks
        left = self._rate * sum(self._units[chunk] for chunk in self._queue)
        wanted = max(SHORTEST_S, min(self._task_s, left / (2 * workers)))
        seconds = self._rate * self._units[chunks[0]]
        while self._queue and seconds < wanted and not self._lost[self._queue[0]]:
            chunk = self._queue.popleft()
            seconds += self._rate * self._units[chunk]
            chunks.append(chunk)
        return chunks

    def _collect(self) -> BaseException | None:
        """Wait for a task, and take in all that are finished; what broke, if the executor is."""
        real = [f for f in self._running if isinstance(f, concurrent.futures.Future)]
        if len(real) == len(self._running):
            # With a limit, so that Ctrl-C is heard.
            concurrent.futures.wait(real, timeout=0.2,
                                    return_when=concurrent.futures.FIRST_COMPLETED)
        elif not any(future.done() for future in self._running):
            time.sleep(LOOK_S)
        for future in [future for future in self._running if future.done()]:
            chunks = self._running.pop(future)
            try:
                found = pickle.loads(future.result())
            except _BROKEN as error:
                self._give_back(chunks, error)
                return error
            except _FATAL as error:
                raise RuntimeError("the workers cannot run noctule: is the same wheel installed "
                                   "where they are?") from error
            except (Exception, concurrent.futures.CancelledError) as error:
                self._give_back(chunks, error)
                continue
            if "error" in found:
                raise found["error"]
            self._take(found)
        return None

    def _take(self, found: dict[str, Any]) -> None:
        seconds, units = 0.0, 0
        for chunk, text, took in found["chunks"]:
            units += self._inbox.put(chunk, zlib.decompress(text))
            seconds += took
        rate = seconds / max(units, 1)
        self._rate = rate if self._rate is None else 0.7 * self._rate + 0.3 * rate
        self._done += units
        for id, failures in found["failures"].items():
            first = self.failures.setdefault(id, {"count": 0, "first": failures["first"]})
            first["count"] += failures["count"]
        if self._bar.callback is not None:
            self._bar.callback(self._done, self._inbox.units)

    def _give_back(self, chunks: list[int], error: BaseException) -> None:
        for chunk in chunks:
            self._lost[chunk] += 1
            if self._lost[chunk] > LOSSES:
                raise RuntimeError(
                    f"chunk {chunk} was lost {self._lost[chunk]} times with the workers that "
                    "computed it; the last time see above") from error
        self._queue.extendleft(reversed(chunks))

    def _give_up_all(self, error: BaseException) -> None:
        """Of a broken executor, take what was finished; the rest is asked for again."""
        running, self._running = self._running, {}
        for future, chunks in running.items():
            try:
                found = pickle.loads(future.result(timeout=1.0))
            except (Exception, concurrent.futures.CancelledError):
                self._give_back(chunks, error)
                continue
            if "error" in found:
                raise found["error"]
            self._take(found)


__all__ = ["Spread", "opened", "pickled", "task"]
