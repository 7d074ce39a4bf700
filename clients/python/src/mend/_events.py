"""The journal, live: ``events.follow``."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Tuple

from . import _socket
from ._connection import Connection
from ._exceptions import AWAY

if TYPE_CHECKING:
    from ._client import Client

_log = logging.getLogger("mend")
#: Seconds between two attempts to reach a daemon that is away: the first pause, and the longest.
PAUSES = (0.05, 2.0)


class FollowState:
    """What has come of a subscription, and from where it goes on."""

    def __init__(self, after: Optional[int], narrow: Mapping[str, Any]) -> None:
        self._narrow = narrow
        self.after = after
        #: What was live when it began: ``operations``, ``breakers``, ``transactions``.
        self.snapshot: Dict[str, Any] = {}
        #: Numbers of events that were removed before they could be told: from, to.
        self.missed: List[Tuple[int, int]] = []

    @property
    def params(self) -> Dict[str, Any]:
        """What to ask for, the first time or again."""
        return dict(self._narrow) if self.after is None else {**self._narrow, "after": self.after}

    def begin(self, answer: Mapping[str, Any]) -> None:
        """Take the answer of ``events.follow`` in."""
        self.snapshot = answer["snapshot"]
        if self.after is None:
            self.after = int(answer["last"])

    def take(self, message: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
        """Take a notification in, and give the event that it tells of."""
        params = message.get("params", {})
        missed = params.get("missed")
        if missed:
            self.missed.append((missed["from"], missed["to"]))
            self.after = int(missed["to"])
            _log.warning("events %s to %s were removed before they could be told", missed["from"], missed["to"])
            return None
        event: Dict[str, Any] = params["event"]
        self.after = int(event["event"])
        return event


class Follow(FollowState):
    """A subscription: iterate over it. It connects again by itself, and goes on after the last event."""

    def __init__(self, client: Client, after: Optional[int], narrow: Mapping[str, Any]) -> None:
        super().__init__(after, narrow)
        self._client = client
        self._connection: Optional[Connection] = None
        self._subscribe()

    def __iter__(self) -> Iterator[Dict[str, Any]]:
        while True:
            event = self.next_event(None)
            if event is not None:
                yield event

    def next_event(self, timeout: Optional[float] = None) -> Optional[Dict[str, Any]]:
        """Give the next event; None when none came in ``timeout`` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = PAUSES[0]
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                if self._connection is None:
                    self._subscribe()
                    continue
                message = self._connection.next_notification(left)
                if message is None:
                    return None
                event = self.take(message)
                if event is not None:
                    return event
            except AWAY:
                self._connection = None
                if left == 0.0:
                    return None
                time.sleep(pause if left is None else min(pause, left))
                pause = min(pause * 2, PAUSES[1])

    def close(self) -> None:
        """End the subscription."""
        if self._connection is not None:
            self._connection.close()

    def __enter__(self) -> Follow:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _subscribe(self) -> None:
        connection = Connection(_socket.connect(self._client.socket, self._client.timeout))
        try:
            pending = connection.send("events.follow", self.params, self._client.timeout)
            self.begin(pending.result(self._client.timeout))
        except BaseException:
            connection.close()
            raise
        self._connection = connection


class Events:
    """The methods ``events.*``."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def follow(self, *, after: Optional[int] = None, **narrow: Any) -> Follow:
        """Follow the journal on a connection of its own: from now on, or after the event ``after``.

        ``narrow`` is the protocol's filter: ``kinds``, ``queue``, ``breaker``, ``transaction``, ``correlation``, ...
        """
        return Follow(self._client, after, narrow)

    def list(self, **params: Any) -> Dict[str, Any]:
        """Read a page of the journal: the filter, ``since_at``, ``until_at``, ``newest_first``, ``limit``."""
        return self._client.call("events.list", params)
