"""Proof that the integration tests ran: a run that left them out must not look like one that passed them."""

from pathlib import PurePath
from typing import Final

import pytest

HALVES: Final = ("not long", "long")  # `-m`: `make test` and `make prove`, together all tests


class IntegrationProof:
    """Counts the integration tests that passed, and names those that were left out."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.passed = 0
        self.left_out: list[str] = []

    @property
    def verdict(self) -> str | None:
        """One sentence on what is wrong, or nothing."""
        if self.left_out:
            return f"{len(self.left_out)} integration tests did not run, the first is {self.left_out[0]}"
        if not self.passed:
            return "no integration test ran"
        return None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at each outcome; on xdist too, where only the controller hears of all."""
        if _is_integration(report.nodeid):
            if report.skipped:
                self.left_out.append(report.nodeid)
            elif report.when == "call" and report.passed:
                self.passed += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A module may skip itself as a whole."""
        if report.skipped and _is_integration(report.nodeid):
            self.left_out.append(report.nodeid)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """`-k`, `-m` and `--deselect` leave tests out as well; of the two halves each has its own run."""
        if items and items[0].config.option.markexpr not in HALVES:
            self.left_out += [item.nodeid for item in items if _is_integration(item.nodeid)]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run."""
        if self.verdict and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say why."""
        if self.verdict:
            terminalreporter.write_line(f"ERROR --require-integration: {self.verdict}", red=True)


def _is_integration(nodeid: str) -> bool:
    return "integration" in PurePath(nodeid.partition("::")[0]).parts
