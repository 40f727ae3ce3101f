"""Counts the samples compared, for the README's status table."""

from __future__ import annotations

import pytest

counted: dict[str, int] = {}


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for key, value in report.user_properties:
        if report.when == "call" and isinstance(value, int):
            counted[key] = counted.get(key, 0) + value


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if counted:
        terminalreporter.write_line(", ".join(f"{key}: {value}" for key, value in sorted(counted.items())))
