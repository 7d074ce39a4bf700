"""One way of writing for what blocks and what awaits.

What this library does around a program's own code is written once, as generators: each ``yield`` is an effect, which
``run`` does by blocking, and ``run_async`` by awaiting.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
import time
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Generator, List, Mapping, Optional, Tuple, TypeVar, Union, cast

from ._async_client import AsyncClient
from ._call import Call
from ._client import Client
from ._exceptions import TaskTimeout

T = TypeVar("T")


@dataclass(frozen=True)
class Sleep:
    """Let ``seconds`` pass."""

    seconds: float


@dataclass(frozen=True)
class Run:
    """Run the program's own function, or coroutine function, for ``timeout`` seconds at most."""

    function: Callable[..., Any]
    args: Tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    timeout: Optional[float] = None


@dataclass(frozen=True)
class File:
    """Do what waits for the disk."""

    function: Callable[[], Any]


Effect = Union[Call[Any], Sleep, Run, File]
Steps = Generator[Effect, Any, T]


def run(steps: Steps[T], client: Client) -> T:
    """Do the effects of ``steps`` one after the other, blocking, and give what it returns."""
    try:
        effect = next(steps)
        while True:
            try:
                value = _do(effect, client)
            except BaseException as error:  # noqa: BLE001 - it is raised where the effect was asked for
                effect = steps.throw(error)
            else:
                effect = steps.send(value)
    except StopIteration as stop:
        return cast(T, stop.value)


async def run_async(steps: Steps[T], client: AsyncClient) -> T:
    """Do the same without blocking the event loop."""
    try:
        effect = next(steps)
        while True:
            try:
                value = await _do_async(effect, client)
            except BaseException as error:  # noqa: BLE001 - it is raised where the effect was asked for
                effect = steps.throw(error)
            else:
                effect = steps.send(value)
    except StopIteration as stop:
        return cast(T, stop.value)


def _do(effect: Effect, client: Client) -> Any:
    if isinstance(effect, Call):
        return client.do(effect)
    if isinstance(effect, Sleep):
        return time.sleep(effect.seconds)
    if isinstance(effect, File):
        return effect.function()
    return execute(effect)


def execute(effect: Run) -> Any:
    """Run a program's own function. Raises what it raises, and ``TaskTimeout``."""
    if effect.timeout is None:
        return effect.function(*effect.args, **effect.kwargs)
    return _run_in_time(effect, effect.timeout)


async def _do_async(effect: Effect, client: AsyncClient) -> Any:
    if isinstance(effect, Call):
        return await client.do(effect)
    if isinstance(effect, Sleep):
        return await asyncio.sleep(effect.seconds)
    if isinstance(effect, File):
        return await asyncio.get_running_loop().run_in_executor(None, copy_context().run, effect.function)
    return await execute_async(effect)


async def execute_async(effect: Run) -> Any:
    """Run a program's own coroutine function, or a function that does not block."""
    value = effect.function(*effect.args, **effect.kwargs)
    if not inspect.isawaitable(value):
        return value
    if effect.timeout is None:
        return await value
    task = asyncio.ensure_future(value)
    done, _ = await _wait_or_cancel(task, effect.timeout)
    if done:
        return task.result()
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled() and task.exception() is None:
        return task.result()
    raise _too_late(effect)


async def _wait_or_cancel(task: asyncio.Future[Any], timeout: float) -> Any:
    try:
        return await asyncio.wait([task], timeout=timeout)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([task])
        raise


def _run_in_time(effect: Run, timeout: float) -> Any:
    """Run a function in a thread of its own, which is left behind when it does not end in time."""
    outcome: List[Tuple[bool, Any]] = []

    def target() -> None:
        try:
            outcome.append((True, effect.function(*effect.args, **effect.kwargs)))
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits
            outcome.append((False, error))

    thread = threading.Thread(target=copy_context().run, args=(target,), daemon=True, name="mend-guard")
    thread.start()
    thread.join(timeout)
    if not outcome:
        raise _too_late(effect)
    succeeded, value = outcome[0]
    if succeeded:
        return value
    raise value


def _too_late(effect: Run) -> TaskTimeout:
    name = getattr(effect.function, "__qualname__", repr(effect.function))
    return TaskTimeout(f"{name} did not end in {effect.timeout} s")


def wrap(
    function: Callable[..., Any],
    steps: Callable[[Tuple[Any, ...], Dict[str, Any]], Steps[Any]],
    client: Callable[[], Client],
    async_client: Callable[[], AsyncClient],
) -> Callable[..., Any]:
    """Make a function of the same kind as ``function`` whose calls do ``steps``."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaits(*args: Any, **kwargs: Any) -> Any:
            return await run_async(steps(args, kwargs), async_client())

        return awaits

    @functools.wraps(function)
    def blocks(*args: Any, **kwargs: Any) -> Any:
        return run(steps(args, kwargs), client())

    return blocks
