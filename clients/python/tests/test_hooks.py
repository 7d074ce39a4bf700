"""Where exceptions end up that nobody caught, and where programs log."""

from __future__ import annotations

import logging
import sys
import threading
import unittest
import unittest.mock
from typing import Any, Dict, List

import mend
from mend._hooks import severity_of
from support import DaemonTest, finish


class HookTest(DaemonTest):
    def reports(self) -> List[Dict[str, Any]]:
        listed = self.client.call("error.list", {"service": self.name})["errors"]
        return [self.client.call("error.get", {"error": each["error"]}) for each in reversed(listed)]


class Logging(HookTest):
    def logger(self) -> logging.Logger:
        logger = logging.Logger("shop.orders")
        logger.addHandler(mend.LoggingHandler(service=self.name, tags=["shop"]))
        return logger

    def test_records_from_error_on_are_reported_with_what_they_say(self) -> None:
        logger = self.logger()
        logger.warning("too little to be told")
        logger.error("order %s is lost", 7, extra={"order": 7})
        [report] = self.reports()
        self.assertEqual((report["message"], report["severity"]), ("order 7 is lost", "high"))
        context = report["details"]["context"]
        self.assertEqual((context["logger"], context["order"]), ("shop.orders", 7))
        self.assertIn("test_hooks.py:", context["file"])

    def test_an_exception_comes_with_its_stack(self) -> None:
        try:
            raise ConnectionRefusedError(111, "refused")
        except OSError:
            self.logger().exception("cannot pay")
        [report] = self.reports()
        self.assertEqual((report["type"], report["details"]["errno"]), ("ConnectionRefusedError", "ECONNREFUSED"))
        self.assertEqual(report["details"]["context"]["log"], "cannot pay")

    def test_levels_are_severities(self) -> None:
        levels = [logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO]
        self.assertEqual([severity_of(level) for level in levels], ["critical", "high", "medium", "low"])

    def test_without_a_daemon_records_are_kept_and_no_record_of_that_is_reported(self) -> None:
        handler = mend.LoggingHandler(service=self.name)
        own = logging.getLogger("mend")
        own.addHandler(handler)
        self.addCleanup(own.removeHandler, handler)
        mend.configure(socket="/nowhere/mend.sock", spool=self.spool_path)
        self.logger().error("kept")
        mend.configure(socket=self.daemon.socket, spool=self.spool_path)
        self.assertEqual(mend.flush(), 1)
        self.assertEqual([each["message"] for each in self.reports()], ["kept"])

    def test_what_this_library_logs_itself_is_not_reported(self) -> None:
        handler = mend.LoggingHandler(service=self.name)
        handler.handle(logging.makeLogRecord({"name": "mend", "msg": "x", "levelno": logging.ERROR}))
        self.assertEqual(self.reports(), [])
        handler.handle(logging.makeLogRecord({"name": "mender", "msg": "x", "levelno": logging.ERROR}))
        self.assertEqual(len(self.reports()), 1)

    def test_a_record_that_cannot_be_written_is_told_as_logging_does(self) -> None:
        handler = mend.LoggingHandler(service=self.name)
        with unittest.mock.patch.object(handler, "handleError") as told:
            handler.handle(logging.makeLogRecord({"msg": "%d", "args": ("x",), "levelno": logging.ERROR}))
        told.assert_called_once()


class Excepthooks(HookTest):
    def test_an_exception_that_ends_the_program_is_reported_and_shown(self) -> None:
        process = self.child(
            "import mend, sys\n"
            "sys.excepthook = lambda *_: print('the hook before')\n"
            "mend.install_excepthook(service=sys.argv[1])\n"
            "def sell(): raise ValueError('no such thing')\n"
            "sell()\n",
            self.name,
        )
        status, out, _ = finish(process)
        self.assertEqual((status, out), (1, "the hook before\n"))
        [report] = self.reports()
        self.assertEqual((report["message"], report["severity"]), ("no such thing", "high"))

    def test_an_exception_that_ends_a_thread_is_reported_and_shown(self) -> None:
        shown: List[Any] = []
        with unittest.mock.patch("threading.excepthook", shown.append):
            uninstall = mend.install_excepthook(service=self.name)
            self.addCleanup(uninstall)

            def fails() -> None:
                raise KeyError("x")

            thread = threading.Thread(target=fails, name="seller")
            thread.start()
            thread.join()
            uninstall()
        self.assertEqual(shown[0].exc_type, KeyError)
        self.assertEqual([each["details"]["action"] for each in self.reports()], ["seller"])

    def test_what_was_reported_or_ends_the_program_on_purpose_is_not_reported(self) -> None:
        shown: List[Any] = []
        with unittest.mock.patch("sys.excepthook", lambda *args: shown.append(args)):
            uninstall = mend.install_excepthook(service=self.name)
            error = ValueError("once")
            mend.report(error, service=self.name)
            sys.excepthook(ValueError, error, None)
            sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
            uninstall()
        self.assertEqual((len(shown), len(self.reports())), (2, 1))

    def test_taken_away_the_hooks_are_as_they_were(self) -> None:
        before = sys.excepthook, threading.excepthook
        mend.install_excepthook()()
        self.assertEqual((sys.excepthook, threading.excepthook), before)
