"""Lines of the wire: JSON-RPC 2.0, one message a line."""

from __future__ import annotations

import itertools
import json
from typing import Any, Dict, Iterator, Mapping, Optional

from ._exceptions import InvalidParams, ProtocolViolation, TooLarge

#: Bytes of a request's line at most: the daemon's default.
MAX_REQUEST_BYTES = 1 << 20
#: A longer answer ends the connection.
MAX_ANSWER_BYTES = 16 << 20

_numbers = itertools.count(1)


def next_id() -> int:
    """Give the id of the next call. No two calls of a process have the same one, whatever their connections."""
    return next(_numbers)


def encode(method: str, params: Optional[Mapping[str, Any]], number: Optional[int]) -> bytes:
    """Write a request as a line; without ``number`` it is a notification.

    Raises ``InvalidParams`` for what JSON cannot say, and ``TooLarge`` for more than the daemon reads.
    """
    message: Dict[str, Any] = {"jsonrpc": "2.0"}
    if number is not None:
        message["id"] = number
    message["method"] = method
    if params:
        message["params"] = params
    try:
        text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        line = text.encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidParams(
            f"the parameters of {method} cannot be written as JSON: {error}",
            hint="use dict, list, str, int, finite float, bool and None",
        ) from error
    if len(line) > MAX_REQUEST_BYTES:
        raise TooLarge(
            f"the call of {method} takes {len(line)} bytes; {MAX_REQUEST_BYTES} is the most",
            hint="keep large things in a file, and send its path",
        )
    return line


def decode(line: bytes) -> Dict[str, Any]:
    """Read one message of the daemon: an answer or a notification."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolViolation(f"a line of the daemon is no JSON: {error}") from error
    if not isinstance(message, dict):
        raise ProtocolViolation("a message of the daemon is no object")
    if "method" not in message:
        _check_answer(message)
    return message


def _check_answer(message: Dict[str, Any]) -> None:
    """See that it can be told whose answer it is, and what it says."""
    number = message.get("id")
    if number is not None and type(number) is not int:
        raise ProtocolViolation("an answer's id is none that was sent")
    if "error" in message and not isinstance(message["error"], dict):
        raise ProtocolViolation("the error of an answer is no object")


class Lines:
    """Cuts what comes into lines."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take ``data`` in and give the lines that are whole now, without their end."""
        if b"\n" not in data:
            self._rest += data
            lines = []
        else:
            *lines, rest = (bytes(self._rest) + data).split(b"\n")
            self._rest = bytearray(rest)
        if len(self._rest) > MAX_ANSWER_BYTES:
            raise ProtocolViolation(f"an answer is longer than {MAX_ANSWER_BYTES} bytes")
        return (line for line in lines if line.strip())
