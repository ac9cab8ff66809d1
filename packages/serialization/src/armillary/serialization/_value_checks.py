"""The constraints that msgspec does not check, tested on decoded values: compiled once for each type."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set as AbstractSet
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from ._constraint_items import constraints_of, is_meta
from ._fields import fields_of
from ._issues import MAX_ISSUES
from ._type_tree import unwrap, walk_key
from ._union_constraints import members_of
from ._unmet_constraint import FieldName, Found, Place, Run, UnmetConstraint

if TYPE_CHECKING:
    from ._constraint_tests import Test


def value_check(type_: Any) -> Callable[[Any], None] | None:
    """Return what raises an `UnmetConstraint` for a decoded value; None if msgspec checks all there is to check.

    Args:
        type_: as `check_type` returns it.
    """
    run = _Compiler().run_of(type_)
    if run is None:
        return None

    def check(value: Any) -> None:
        found: Found = []
        run(value, (), found)
        if found:
            raise UnmetConstraint(value, found, run)

    return check


def checking(convert: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a function that converts values as msgspec does and checks them; each type is compiled once."""
    checks: dict[Any, tuple[Any, Callable[[Any], None] | None]] = {}

    def convert_checked(value: Any, type_: Any) -> Any:
        made = convert(value, type_)
        key = walk_key(type_)
        if key not in checks:
            checks[key] = (type_, value_check(type_))  # the type too, since its number may be the key
        check = checks[key][1]
        if check is not None:
            check(made)
        return made

    return convert_checked


def own_tests(type_: Any, metadata: Iterable[Any]) -> list[tuple[Test, str]]:
    """Return the tests of the constraints in metadata, those of `msgspec.Meta` left to msgspec."""
    # Imported here: a program without constraints does without.
    from ._constraint_tests import applies, test_of

    return [
        test_of(name, value, type_)
        for item in metadata
        if not is_meta(item)
        for name, value in (constraints_of(item) or {}).items()
        if applies(name, value, type_)
    ]


def unmet(tests: Iterable[tuple[Test, str]], value: Any) -> Iterator[str]:
    """Yield what is expected of a value that is not so."""
    for test, expected in tests:
        if not test(value):
            yield expected


class _Compiler:
    def __init__(self) -> None:
        self.known: dict[Any, Run | None] = {}

    def run_of(self, annotation: Any) -> Run | None:
        type_, metadata = unwrap(annotation)
        members = members_of(type_)
        if members is not None:
            return _together(own_tests(type_, metadata), self._of_union(members, metadata))
        return _together(own_tests(type_, metadata), self._inside(type_))

    def _of_union(self, members: tuple[Any, ...], metadata: tuple[Any, ...]) -> Run | None:
        runs: list[tuple[Any, Run]] = []
        for member in members:
            inner, own = unwrap(member)
            tests = own_tests(inner, [item for item in metadata if _is_of_members(item)])
            run = _together([*own_tests(inner, own), *tests], self._inside(inner))
            base: Any = get_origin(inner) or inner
            if run is not None and isinstance(base, type):
                runs.append((dict if hasattr(base, "__total__") else base, run))
        if not runs:
            return None

        def run_member(value: Any, place: Place, found: Found) -> None:
            for base, run in runs:
                if _is_member(value, base):
                    run(value, place, found)
                    return

        return run_member

    def _inside(self, type_: Any) -> Run | None:
        fields = fields_of(type_)
        if fields is not None:
            return self._of_fields(type_, fields)
        arguments = get_args(type_)
        origin: Any = get_origin(type_)
        if not arguments or origin is Literal or not isinstance(origin, type):
            return None
        if issubclass(origin, Mapping):
            keys, values = (self.run_of(item) for item in arguments)
            return None if keys is None and values is None else _mapping_run(keys, values)
        if origin is tuple and arguments[-1] is not Ellipsis:
            runs = [self.run_of(item) for item in arguments]
            return _tuple_run(runs) if any(runs) else None
        run = self.run_of(arguments[0])
        return None if run is None else _array_run(run, ordered=not issubclass(origin, AbstractSet))

    def _of_fields(self, type_: Any, fields: Any) -> Run | None:
        key = walk_key(type_)
        if key in self.known:
            return self.known[key]
        runs: list[tuple[str, FieldName, Run]] = []
        is_dict = hasattr(get_origin(type_) or type_, "__total__")
        self.known[key] = run = _fields_run(is_dict, runs)  # first, since types may contain themselves
        for field in fields:
            inner = self.run_of(field.annotation)
            if inner is not None:
                runs.append((field.name, FieldName(field.alias), inner))
        if not runs:
            self.known[key] = None
        return run if runs else None


def _is_member(value: Any, base: Any) -> bool:
    """Return whether a value is of a member of a union: True is no number, and text no sequence of characters."""
    kind = type(value)
    if base is Any or kind is bool:
        return base in (Any, bool, object)
    return isinstance(value, base) and not (kind in (str, bytes) and base is not kind and issubclass(base, Collection))


def _is_of_members(item: Any) -> bool:
    return "predicate" not in (constraints_of(item) or {})


def _together(tests: list[tuple[Test, str]], inside: Run | None) -> Run | None:
    if not tests:
        return inside

    def run(value: Any, place: Place, found: Found) -> None:
        for expected in unmet(tests, value):
            found.append((place, expected, value))
        if inside is not None:
            inside(value, place, found)

    return run


def _fields_run(is_dict: bool, runs: list[tuple[str, FieldName, Run]]) -> Run:
    def run(value: Any, place: Place, found: Found) -> None:
        for name, alias, inner in runs:
            if is_dict:
                if name in value:
                    inner(value[name], (*place, alias), found)
            else:
                inner(getattr(value, name), (*place, alias), found)

    return run


def _mapping_run(keys: Run | None, values: Run | None) -> Run:
    def run(value: Any, place: Place, found: Found) -> None:
        for name, item in value.items():
            if keys is not None:
                keys(name, (*place, name), found)
            if values is not None:
                values(item, (*place, name), found)
            if len(found) > MAX_ISSUES:
                return

    return run


def _array_run(inner: Run, *, ordered: bool) -> Run:
    def run(value: Any, place: Place, found: Found) -> None:
        for index, item in enumerate(value):
            inner(item, (*place, index) if ordered else place, found)
            if len(found) > MAX_ISSUES:
                return

    return run


def _tuple_run(runs: list[Run | None]) -> Run:
    def run(value: Any, place: Place, found: Found) -> None:
        for index, (item, inner) in enumerate(zip(value, runs, strict=True)):
            if inner is not None:
                inner(item, (*place, index), found)

    return run
