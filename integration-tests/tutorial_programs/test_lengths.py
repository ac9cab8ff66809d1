"""Each program is at most as long as those of FastAPI's tutorial that do the same.

Counted are lines of code, in the same style of the same width: no imports, comments, docstrings or blank lines, and of
ours none of the lines that test. FastAPI's are counted in the folder docs_src of fastapi 0.165.0, the ones that use
`Annotated` where there are two.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
WIDTH = 88
TESTING = {"TestClient", "AsyncTestClient", "client", "pytest", "sent"}

# Of each program those of FastAPI that it stands for, with their lines of code.
FASTAPI: dict[str, dict[str, int]] = {
    "first_steps": {"first_steps/tutorial001": 4},
    "a_path_parameter_has_a_type": {"path_params/tutorial002": 4},
    "the_first_path_that_matches_counts": {"path_params/tutorial003": 7},
    "a_path_parameter_is_one_of_an_enum": {"path_params/tutorial005": 12},
    "a_path_parameter_holds_a_path": {"path_params/tutorial004": 4},
    "query_parameters_have_defaults": {"query_params/tutorial001": 5},
    "query_parameters_may_be_absent_required_or_true_in_several_spellings": {
        "query_params/tutorial004": 13,
        "query_params/tutorial006": 7,
    },
    "text_of_the_query_has_a_length_and_a_pattern": {
        "query_params_str_validations/tutorial010": 20,
        "query_params_str_validations/tutorial012": 5,
        "query_params_str_validations/tutorial014": 9,
    },
    "a_validator_of_one_s_own_checks_a_value": {"query_params_str_validations/tutorial015": 19},
    "numbers_have_bounds": {"path_params_numeric_validations/tutorial006": 14},
    "a_model_takes_the_whole_query": {"query_param_models/tutorial002": 10},
    "a_pydantic_model_takes_the_whole_query": {"query_param_models/tutorial002": 10},
    "dates_times_and_uuids_are_parameters": {"extra_data_types/tutorial001": 20},
    "cookies_and_headers_are_parameters": {
        "cookie_params/tutorial001": 4,
        "header_params/tutorial001": 4,
        "header_params/tutorial002": 6,
        "header_params/tutorial003": 4,
    },
    "a_model_takes_the_cookies_and_another_the_headers": {
        "cookie_param_models/tutorial001": 8,
        "header_param_models/tutorial001": 10,
    },
    "a_body_is_a_model": {"body/tutorial004": 12},
    "a_body_of_several_models_and_single_values": {"body_multiple_params/tutorial004": 22},
    "a_single_body_is_embedded_or_may_be_left_out": {
        "body_multiple_params/tutorial005": 10,
        "body_multiple_params/tutorial001": 18,
    },
    "the_fields_of_a_body_have_constraints_descriptions_and_examples": {
        "body_fields/tutorial001": 12,
        "schema_extra_example/tutorial001": 22,
    },
    "bodies_nest_to_any_depth": {"body_nested_models/tutorial007": 19},
    "a_body_is_a_list_or_a_mapping": {"body_nested_models/tutorial008": 7, "body_nested_models/tutorial009": 4},
    "types_of_pydantic_are_checked_in_a_body": {"body_nested_models/tutorial005": 15},
    "a_dataclass_is_a_body_and_a_result": {"dataclasses_/tutorial001": 10},
    "a_body_updates_only_what_it_holds": {"body_updates/tutorial002": 23},
    "a_pydantic_body_updates_only_what_it_holds": {"body_updates/tutorial002": 23},
    "the_result_s_type_filters_what_leaves": {"response_model/tutorial003_01": 10},
    "a_result_is_a_union_a_list_or_a_mapping": {
        "extra_models/tutorial003": 20,
        "extra_models/tutorial004": 11,
        "extra_models/tutorial005": 4,
    },
    "a_result_may_leave_out_defaults": {"response_model/tutorial004": 15},
    "a_result_is_a_response_too": {"response_model/tutorial003_02": 6},
    "the_status_headers_and_cookies_of_a_result_are_set_on_the_way": {
        "response_change_status_code/tutorial001": 8,
        "response_headers/tutorial002": 5,
        "response_cookies/tutorial002": 5,
    },
    "an_operation_is_described": {
        "path_operation_configuration/tutorial001": 10,
        "path_operation_configuration/tutorial005": 14,
        "path_operation_configuration/tutorial006": 10,
    },
    "an_error_is_raised_with_a_status_a_detail_and_headers": {"handling_errors/tutorial002": 11},
    "a_detail_may_be_data": {"handling_errors/tutorial001": 7},
    "an_exception_of_one_s_own_has_a_handler": {"handling_errors/tutorial003": 15},
    "the_errors_of_validation_and_of_http_have_other_handlers": {
        "handling_errors/tutorial004": 15,
        "handling_errors/tutorial005": 13,
    },
    "a_handler_of_one_s_own_extends_the_one_there_is": {"handling_errors/tutorial006": 14},
    "a_form_has_fields": {"request_forms/tutorial001": 4},
    "a_model_takes_the_whole_form": {
        "request_form_models/tutorial001": 7,
        "request_form_models/tutorial002": 8,
    },
    "a_file_is_bytes_or_an_upload": {
        "request_files/tutorial001_03": 9,
        "request_files/tutorial001_02": 13,
    },
    "several_files_and_fields_of_one_form": {
        "request_files/tutorial002": 22,
        "request_forms_and_files/tutorial001": 12,
    },
    "a_function_is_a_dependency_of_several_endpoints": {"dependencies/tutorial001": 9},
    "a_class_is_a_dependency": {"dependencies/tutorial004": 15},
    "dependencies_depend_on_dependencies_and_are_called_once": {"dependencies/tutorial005": 15},
    "a_route_a_router_and_an_application_have_dependencies": {
        "dependencies/tutorial006": 11,
        "dependencies/tutorial012": 14,
    },
    "a_dependency_that_yields_closes_what_it_opened": {"dependencies/tutorial008": 18},
    "a_dependency_that_yields_turns_an_error_into_a_response": {"dependencies/tutorial008b": 20},
    "a_dependency_that_yields_does_not_swallow_an_error": {"dependencies/tutorial008c": 19},
    "a_dependency_may_end_before_the_response": {"dependencies/tutorial008e": 9},
    "a_dependency_has_parameters_of_its_own_at_construction": {"dependencies/tutorial011": 12},
    "a_dependency_is_replaced_in_a_test": {"dependency_testing/tutorial001": 34},
    "a_bearer_token_is_required_and_the_document_says_so": {
        "security/tutorial001": 5,
        "security/tutorial002": 17,
    },
    "the_current_user_is_a_dependency": {"security/tutorial003": 64},
    "the_user_is_a_parameter_by_its_type": {"security/tutorial002": 17},
    "a_password_is_exchanged_for_a_signed_token_that_expires": {"security/tutorial004": 103},
    "scopes_say_who_may_do_what": {"security/tutorial005": 129},
    "basic_credentials": {"security/tutorial007": 25},
    "an_api_key_in_a_header": {"dependencies/tutorial006": 11},
    "middleware_of_one_s_own_adds_a_header": {"middleware/tutorial001": 8},
    "middleware_for_origins_hosts_and_compression": {
        "advanced_middleware/tutorial002": 7,
        "advanced_middleware/tutorial003": 5,
        "cors/tutorial001": 17,
    },
    "a_bigger_application_is_made_of_routers": {
        "bigger_applications/app/dependencies": 6,
        "bigger_applications/app/main": 13,
        "bigger_applications/app/routers/items": 26,
        "bigger_applications/app/routers/users": 10,
    },
    "work_is_done_after_the_response": {"background_tasks/tutorial002": 16},
    "the_document_has_metadata_and_another_place": {"metadata/tutorial001": 26, "metadata/tutorial002": 4},
    "files_and_templates_are_served": {"static_files/tutorial001": 2, "templates/tutorial001": 8},
    "responses_of_other_kinds": {
        "custom_response/tutorial002": 13,
        "response_directly/tutorial002": 14,
        "custom_response/tutorial007": 8,
        "custom_response/tutorial009": 5,
    },
    "a_result_is_streamed_value_by_value": {
        "stream_json_lines/tutorial001": 25,
        "server_sent_events/tutorial001": 25,
    },
    "a_lifespan_opens_and_closes_what_requests_use": {"events/tutorial003": 13},
    "a_websocket_takes_parameters_and_dependencies": {"websockets_/tutorial002": 72},
    "an_application_is_mounted_in_another": {"sub_applications/tutorial001": 9},
    "callbacks_and_webhooks_are_documented": {"openapi_callbacks/tutorial001": 20, "openapi_webhooks/tutorial001": 10},
    "an_application_is_tested_asynchronously": {"async_tests/app_a/main": 4, "async_tests/app_a/test_main": 8},
}


def programs() -> Iterator[tuple[str, str]]:
    """Yield the name of each program and its source, with what it uses of its module."""
    for path in sorted(FOLDER.glob("test_*.py")):
        if path == Path(__file__):
            continue
        module = ast.parse(path.read_text())
        shared = {name: node for node in module.body for name in defined(node)}
        for node in module.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                name = node.name.removeprefix("test_")
                yield name, "\n".join(ast.unparse(part) for part in [*used(node, shared), *program(node, name)])


def defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [] if node.name.startswith("test_") else [node.name]
    return [target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]


def program(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> list[ast.stmt]:
    """Return the statements of a function up to those that test, or all if testing is what it is about."""
    if "test" in name.split("_") or name.endswith("tested_asynchronously"):
        return function.body
    found: list[ast.stmt] = []
    for statement in function.body:
        if isinstance(statement, ast.Assert) or TESTING & names_in(statement):
            break
        found.append(statement)
    return found


def names_in(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def used(function: ast.FunctionDef | ast.AsyncFunctionDef, shared: dict[str, Any]) -> list[ast.stmt]:
    """Return what a program uses of its module, each once."""
    found: dict[str, ast.stmt] = {}
    pending = [name for part in program(function, function.name) for name in names_in(part)]
    while pending:
        name = pending.pop()
        if name in shared and name not in found:
            found[name] = shared[name]
            pending += names_in(shared[name])
    return [*found.values()]


@pytest.fixture(scope="module")
def lengths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Return how many lines of code each program has, formatted."""
    folder = tmp_path_factory.mktemp("programs")
    for name, source in programs():
        (folder / f"{name}.py").write_text(source)
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "--isolated", "--line-length", str(WIDTH)]
    subprocess.run([*command, str(folder)], check=True, timeout=60)
    return {path.stem: lines_of_code(path.read_text()) for path in folder.iterdir()}


def lines_of_code(formatted: str) -> int:
    """Return how many lines of a program are neither imports, docstrings nor blank."""
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(formatted)):
        if isinstance(node, ast.Import | ast.ImportFrom) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        ):
            left_out.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(formatted.splitlines(), 1)
    return sum(1 for number, line in lines if line.strip() and number not in left_out)


@pytest.mark.parametrize("name", [name for name, _ in programs()])
def test_a_program_is_at_most_as_long_as_fastapi_s(name: str, lengths: dict[str, int]) -> None:
    assert name in FASTAPI, f"count what test_{name} stands for in docs_src of fastapi"
    assert lengths[name] <= sum(FASTAPI[name].values())


def test_each_count_is_of_a_program() -> None:
    assert FASTAPI.keys() == dict(programs()).keys()
