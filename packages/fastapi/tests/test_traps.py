"""What a compiled handler could get wrong, each compared with FastAPI on the real Starlette."""

from __future__ import annotations

from typing import Any

import pytest

OK, LABEL = [200, '"ok"'], [200, '{"l":"value"}']


@pytest.mark.parametrize(
    "trap",
    [
        "paths_of_included_routers",
        "an_override_that_an_earlier_dependency_installs",
        "what_an_endpoint_puts_on_the_exit_stacks_of_the_scope",
        "an_exit_stack_that_swallows_the_exception",
        "events_with_a_pause_between_them",
        "results_that_only_the_encoder_reads_rightly",
        "a_dependency_appended_after_the_first_request",
        "a_dependency_without_cache_below_a_cached_one",
        "errors_of_a_dependency_that_two_others_share",
        "functions_that_an_integration_replaces",
        "overrides_that_come_and_go",
        "a_wrapper_with_the_attributes_of_the_handler",
        "routes_changed_after_the_first_request",
        "attributes_of_a_route_changed_after_the_first_request",
        "routes_that_decide_by_themselves",
        "the_first_of_several_that_match",
        "a_frontend_below_all_routes",
        "exceptions_after_the_response_has_started",
        "a_router_without_an_application",
        "an_exception_handler_in_a_thread",
    ],
)
def test_it_does_as_on_starlette_with(run: Any, trap: str) -> None:
    assert run("traps", "faster")[trap] == run("traps", "real")[trap]


def test_a_first_request_makes_the_inclusion_of_its_own_route_alone(run: Any) -> None:
    assert run("traps", "faster")["contexts_that_a_first_request_makes"] == [1, 1, 2]
    assert run("traps", "real")["contexts_that_a_first_request_makes"][0] > 20


def test_generators_are_read_once_and_enums_and_dictionaries_keep_their_own_values(run: Any) -> None:
    found = run("traps", "faster")["results_that_only_the_encoder_reads_rightly"]
    assert found["generator"] == [200, '{"g":[0,1,2],"value":1}']
    assert found["enum"] == LABEL


def test_a_dependency_appended_to_a_dependant_counts_from_the_next_request_on(run: Any) -> None:
    before, without, with_it = run("traps", "faster")["a_dependency_appended_after_the_first_request"]
    assert (before, without[0], with_it) == (OK, 422, OK)


def test_a_dependency_without_cache_is_called_again_for_each_that_needs_it(run: Any) -> None:
    assert run("traps", "faster")["a_dependency_without_cache_below_a_cached_one"] == [[200, "2"], [200, "4"]]


def test_an_override_counts_from_the_dependency_on_that_installs_it(run: Any) -> None:
    found = run("traps", "faster")["an_override_that_an_earlier_dependency_installs"]
    assert [status for status, _ in found] == [200, 200, 422]
    assert [body for _, body in found[:2]] == ["5", "7"]


def test_events_have_comments_between_them_while_there_is_none(run: Any) -> None:
    assert run("traps", "faster")["events_with_a_pause_between_them"] == [True, True]
