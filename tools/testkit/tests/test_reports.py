from __future__ import annotations

import pytest


def test_a_lone_surrogate_in_what_a_test_logs_or_raises_does_not_end_a_parallel_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        r"""
        import logging

        def test_logs():
            logging.getLogger("a\ud800b").warning("half a pair: \udfff")

        def test_raises():
            raise ValueError("\ud800")
        """
    )
    result = pytester.runpytest_subprocess("-p", "testkit.plugin", "--numprocesses=1")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*ValueError: ?ud800"])


def test_a_test_that_leaves_the_root_logger_changed_fails(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import logging

        def test_leaves():
            logging.basicConfig(level="DEBUG", force=True)

        def test_next():
            assert logging.root.level == logging.WARNING
        """
    )
    result = pytester.runpytest_subprocess("-p", "testkit.plugin", "-p", "no:randomly")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["the test leaves the root logger at (10, *StreamHandler*); it was at (30, *"])


def test_an_example_of_the_documentation_may_configure_logging(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        '"""\n>>> import logging\n>>> logging.basicConfig(level="DEBUG", force=True)\n"""\n'
        "import logging\n"
        "def test_next():\n"
        "    assert logging.root.level == logging.WARNING\n"
    )
    pytester.runpytest_subprocess("-p", "testkit.plugin", "-p", "no:randomly", "--doctest-modules").assert_outcomes(
        passed=2
    )
