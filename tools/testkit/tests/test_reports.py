from __future__ import annotations

import pytest

# schemathesis's plugin takes a second to import.
PLUGINS = ("-p", "testkit.plugin", "-p", "no:schemathesis")


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
    result = pytester.runpytest_subprocess(*PLUGINS, "--numprocesses=1")
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
    result = pytester.runpytest_subprocess(*PLUGINS, "-p", "no:randomly")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["the test leaves the root logger at (10, *StreamHandler*); it was at (30, *"])


def test_an_example_of_the_documentation_may_configure_logging(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        '"""\n>>> import logging\n>>> logging.basicConfig(level="DEBUG", force=True)\n"""\n'
        "import logging\n"
        "def test_next():\n"
        "    assert logging.root.level == logging.WARNING\n"
    )
    pytester.runpytest_subprocess(*PLUGINS, "-p", "no:randomly", "--doctest-modules").assert_outcomes(passed=2)


def test_only_a_module_that_has_examples_is_searched_for_them(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(without="raise RuntimeError", has='"""\n>>> 1 + 1\n2\n"""\n')
    pytester.runpytest_inprocess(*PLUGINS, "--doctest-modules").assert_outcomes(passed=1)
