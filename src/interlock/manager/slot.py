"""One worker process: it runs one task at a time, and can be killed without harm to the others."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from interlock.manager import worker
from interlock.manager.outcome import Failure, Outcome
from interlock.manager.output import tail
from interlock.manager.worker import Call, Place

# Not fork: the manager has threads. Not forkserver: workers would be children of a process that is not ours.
_SPAWN = multiprocessing.get_context("spawn")


@contextlib.contextmanager
def _unasked() -> Iterator[None]:
    """A process that begins in here knows nothing of Ctrl-C until it is prepared: it is the manager that is meant."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, worker.OF_THE_MANAGER)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class WorkerGone(Exception):
    """The worker was dead before it could begin the task; another one can take it."""


class Slot:
    """A place for one worker.

    A ProcessPoolExecutor cannot stop one task of many: killing a worker breaks the pool. So each slot has a
    pool of one, and a broken pool is replaced.
    """

    def __init__(self, place: Place, modules: tuple[str, ...]) -> None:
        self._place = place
        self._modules = modules
        self._executor: ProcessPoolExecutor | None = None
        self._process: BaseProcess | None = None
        self.alive = False
        """Whether there is a worker that can run a task."""

    @property
    def pid(self) -> int | None:
        """The worker's process id."""
        return self._process.pid if self._process is not None and self.alive else None

    async def start(self) -> None:
        """Bring a new worker to life, ready to run. Raises WorkerGone if it dies on the way."""
        self.kill()
        others = set(multiprocessing.active_children())
        self._executor = ProcessPoolExecutor(
            1, mp_context=_SPAWN, initializer=worker.prepare, initargs=(self._place, self._modules)
        )
        try:
            with _unasked():
                future = self._executor.submit(os.getpid)  # this starts the process
            (self._process,) = set(multiprocessing.active_children()) - others
            await asyncio.wrap_future(future)
        except (BrokenProcessPool, OSError, ValueError) as error:
            raise WorkerGone(str(error)) from error
        self.alive = True

    async def run(self, call: Call) -> Outcome:
        """Run a task. If this is cancelled, the worker is killed; if the worker dies, that is the outcome.

        Raises WorkerGone if it was dead already; :meth:`start` then, as after every death.
        """
        assert self._executor is not None
        assert self._process is not None
        try:
            if wait([self._process.sentinel], timeout=0):  # the executor may not have noticed yet
                raise BrokenProcessPool("it died while it had nothing to do")  # noqa: TRY301
            future = self._executor.submit(worker.run, call)
        except BrokenProcessPool as error:
            self.kill()
            raise WorkerGone(str(error)) from error
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self.kill()
            raise
        except BrokenProcessPool:
            message = f"The worker process died while it ran the task: {await self._cause()}."
            self.kill()
            return Outcome(
                failure=Failure("worker_lost", message),
                stdout=tail(self._place.stdout, call.output_bytes),
                stderr=tail(self._place.stderr, call.output_bytes),
            )

    def kill(self) -> None:
        """End the worker and all that it started, now."""
        self.alive = False
        process, self._process = self._process, None
        executor, self._executor = self._executor, None
        if process is not None and process.pid is not None:
            process.kill()
            # After its own death its group may live on.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        if executor is not None:
            executor.shutdown(wait=False, cancel_futures=True)

    async def _cause(self) -> str:
        process = self._process
        if process is None:
            return "it was killed with its manager"
        # The executor's thread waits for the same process: for a moment neither side may know its exit code.
        for _ in range(200):
            if (code := process.exitcode) is not None:
                break
            await asyncio.sleep(0.01)
        if code is None:
            return "it no longer answers"
        if code >= 0:
            return f"it exited with status {code}"
        hint = " (as the kernel does when memory runs out)" if -code == signal.SIGKILL else ""
        return f"it was ended by {signal.Signals(-code).name}{hint}"
