"""Where the daemon is, and how to get there."""

from __future__ import annotations

import os
import socket
from typing import Mapping, Optional

from ._exceptions import Unreachable

#: The system's daemon.
SYSTEM_SOCKET = "/run/mend/mend.sock"


def resolve(explicit: Optional[str] = None, environment: Optional[Mapping[str, str]] = None) -> str:
    """Find the socket as ``mend`` does.

    It is the first of these: ``explicit``; ``MEND_SOCKET``; for an ordinary user ``$XDG_RUNTIME_DIR/mend/mend.sock``
    if it is there, a daemon of one's own; the system's. Empty texts count as absent.
    """
    environment = os.environ if environment is None else environment
    if explicit:
        return explicit
    named = environment.get("MEND_SOCKET")
    if named:
        return named
    directory = environment.get("XDG_RUNTIME_DIR")
    if os.geteuid() != 0 and directory:
        own = os.path.join(directory, "mend", "mend.sock")
        if os.path.exists(own):
            return own
    return SYSTEM_SOCKET


def connect(path: str, timeout: Optional[float]) -> socket.socket:
    """Connect to the socket at ``path``, in ``timeout`` seconds at most. Raises ``Unreachable``."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(path)
    except OSError as error:
        connection.close()
        raise Unreachable(f"the daemon cannot be reached at {path}: {error}", hint=hint_for(error)) from error
    connection.setblocking(False)
    return connection


def hint_for(error: BaseException) -> str:
    """Tell what to do about a socket that cannot be connected to."""
    if isinstance(error, PermissionError):
        return "the user must be a member of the group mend"
    if isinstance(error, (FileNotFoundError, ConnectionRefusedError)):
        return "start mendd, or set MEND_SOCKET to where it listens"
    return "see whether mendd runs: systemctl status mend"
