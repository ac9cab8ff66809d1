"""`python -m armillary.staticfiles precompress DIR`."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from ._coding import CODINGS, Coding
from ._compressors import Compressor, MissingCompressor, find_compressor
from ._listing import readable_size
from ._precompress import PrecompressOutcome, find_compressible, precompress
from ._progress_bar import ProgressBar


def build_parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m armillary.staticfiles")
    commands = parser.add_subparsers(required=True, metavar="command")
    command = commands.add_parser("precompress", help="write compressed siblings for StaticFiles to serve")
    command.add_argument("directory", help="searched with everything below it")
    command.add_argument(
        "--coding",
        action="append",
        choices=[coding.name for coding in CODINGS],
        help="may be repeated; by default every coding whose library is installed",
    )
    command.add_argument("--min-size", type=int, default=512, metavar="BYTES", help="leave out smaller files (512)")
    command.set_defaults(run=run_precompress)
    return parser


def choose_compressors(names: Sequence[str] | None) -> dict[Coding, Compressor]:
    chosen: dict[Coding, Compressor] = {}
    for coding in CODINGS:
        if names is not None and coding.name not in names:
            continue
        try:
            chosen[coding] = find_compressor(coding)
        except MissingCompressor:
            if names is not None:
                raise
    return chosen


def run_precompress(arguments: Namespace) -> int:
    try:
        compressors = choose_compressors(arguments.coding)
        paths = find_compressible(arguments.directory, arguments.min_size)
        bar = ProgressBar(len(paths) * len(compressors), sys.stderr)
        outcomes = precompress(paths, compressors, lambda outcome: bar.advance(outcome.path))
        bar.finish()
    except (OSError, MissingCompressor) as exc:
        print(f"precompress: {exc}", file=sys.stderr)
        return 1
    for coding in compressors:
        print(summary(coding.name, [outcome for outcome in outcomes if outcome.coding == coding.name]))
    return 0


def summary(name: str, outcomes: Sequence[PrecompressOutcome]) -> str:
    kept = [outcome for outcome in outcomes if outcome.after is not None]
    current = sum(outcome.was_current for outcome in kept)
    before, after = sum(outcome.before for outcome in kept), sum(outcome.after or 0 for outcome in kept)
    sizes = f"{readable_size(before)} to {readable_size(after)}"
    skipped = len(outcomes) - len(kept)
    return f"{name}: {len(kept) - current} written, {current} up to date, {skipped} not worth it; {sizes}"


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = build_parser().parse_args(arguments)
    result: int = parsed.run(parsed)
    return result


if __name__ == "__main__":
    sys.exit(main())
