from __future__ import annotations

import sys

import pytest

from armillary.errors import running_line


@pytest.mark.anyio
async def test_the_line_of_the_program_inside_of_the_event_loop_is_returned() -> None:
    assert "in test_the_line_of" in running_line(sys._getframe())
    assert "running_line(sys._getframe())" in running_line(sys._getframe())


def test_a_program_whose_event_loop_has_ended_blocks_none() -> None:
    assert running_line(sys._getframe()) == ""
