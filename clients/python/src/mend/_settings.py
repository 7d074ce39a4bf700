"""What holds for the whole process: the clients that are shared, the service's name, the spool."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import weakref
from typing import Any, Dict, Optional

from ._async_client import AsyncClient
from ._client import Client
from ._spool import Spool, default_path

_lock = threading.Lock()


class _Settings:
    service: Optional[str] = None
    context: Dict[str, Any] = {}
    client: Optional[Client] = None
    socket: Optional[str] = None
    timeout: Optional[float] = 30.0
    spool: Optional[Spool] = None
    spools = True

    def __init__(self) -> None:
        self.async_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncClient]
        self.async_clients = weakref.WeakKeyDictionary()


_current = _Settings()


def configure(
    *,
    socket: Optional[str] = None,
    timeout: Optional[float] = 30.0,
    service: Optional[str] = None,
    context: Optional[Dict[str, Any]] = None,
    spool: Any = True,
    spool_max_bytes: int = 4 << 20,
) -> None:
    """Set what decorators and context managers of this process use, in place of what was set before.

    ``service`` names this program in reports (its file name by default), ``context`` is added to the context of each.
    ``spool`` is the path of the file that keeps reports while the daemon is away, ``True`` the default place
    (``$XDG_STATE_HOME/mend``, for root ``/var/spool/mend``), ``False`` none; it holds ``spool_max_bytes`` at most.
    """
    global _current  # noqa: PLW0603 - it is one for the process
    made = _Settings()
    made.service = service
    made.context = dict(context or {})
    made.client = Client(socket, timeout=timeout)
    made.socket, made.timeout = socket, timeout
    made.spools = spool is not False
    if made.spools:
        made.spool = Spool(default_path() if spool is True else os.fspath(spool), max_bytes=spool_max_bytes)
    with _lock:
        _current = made


def client() -> Client:
    """Give the client that this process shares."""
    with _lock:
        if _current.client is None:
            _current.client = Client()
        return _current.client


def async_client() -> AsyncClient:
    """Give the asyncio client that all tasks of the loop that runs share."""
    loop = asyncio.get_running_loop()
    with _lock:
        if loop not in _current.async_clients:
            _current.async_clients[loop] = AsyncClient(_current.socket, timeout=_current.timeout)
        return _current.async_clients[loop]


def spool() -> Optional[Spool]:
    """Give the spool; None where there shall be none."""
    with _lock:
        if _current.spool is None and _current.spools:
            _current.spool = Spool(default_path())
        return _current.spool


def service() -> str:
    """Give the name of this program."""
    if _current.service:
        return _current.service
    folder, name = os.path.split(sys.argv[0] if sys.argv else "")
    # A package that is run by its name.
    return (os.path.basename(folder) if name == "__main__.py" else name) or "python"


def context() -> Dict[str, Any]:
    """Give what is added to the context of all reports."""
    return dict(_current.context)


def _begin_anew() -> None:
    global _lock  # noqa: PLW0603 - another thread may have held it when this child was forked
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_begin_anew)
