"""Puts GraphiQL's released files into the package, from the npm registry.

Run it by `make graphiql`; it needs npm. Versions and hashes are listed here: a file that is not the
one that was reviewed is rejected. `--adopt` prints the hashes of what was fetched instead.
"""

from __future__ import annotations

import sys
from pathlib import Path

from npm_files import Release, put

TARGET = Path(__file__).resolve().parents[1] / "packages/graphql/src/armillary/graphql/graphiql"

RELEASES = (
    Release(
        "graphiql",
        "4.1.2",
        {
            "graphiql.min.js": "graphiql.min.js",
            "graphiql.min.css": "graphiql.min.css",
            "LICENSE": "LICENSE.graphiql.txt",
        },
    ),
    Release(
        "react",
        "18.3.1",
        {"umd/react.production.min.js": "react.production.min.js", "LICENSE": "LICENSE.react.txt"},
    ),
    Release(
        "react-dom",
        "18.3.1",
        {"umd/react-dom.production.min.js": "react-dom.production.min.js", "LICENSE": "LICENSE.react-dom.txt"},
    ),
    Release(
        "graphql-ws",
        "5.16.2",
        {"umd/graphql-ws.min.js": "graphql-ws.min.js", "LICENSE.md": "LICENSE.graphql-ws.txt"},
    ),
)

SHA256 = {
    "LICENSE.graphiql.txt": "4b18fbe55c4e8f9169cb702be138f4d858a2dad920c39857204ffdc9c1c9fdc4",
    "LICENSE.graphql-ws.txt": "58737f97fe15c9aa68eb067f97a5488ceffca6835bfce511c6819c5156dca48e",
    "LICENSE.react-dom.txt": "52412d7bc7ce4157ea628bbaacb8829e0a9cb3c58f57f99176126bc8cf2bfc85",
    "LICENSE.react.txt": "52412d7bc7ce4157ea628bbaacb8829e0a9cb3c58f57f99176126bc8cf2bfc85",
    "graphiql.min.css": "30487e07635d312a63f647b140d37740a73c53332b0975bf4b1fe985ca6ec885",
    "graphiql.min.js": "867226ba8af5ce7949903fc53932f78dac9f4bfc6cc8da0fd3869b8bc6c5256b",
    "graphql-ws.min.js": "deb8cd1b4feadd52ae0365a4df8a89847f2904c2a8cbdac8756b8d962c0cb8e4",
    "react-dom.production.min.js": "35f4f974f4b2bcd44da73963347f8952e341f83909e4498227d4e26b98f66f0d",
    "react.production.min.js": "d949f1c3687aedadcedac85261865f29b17cd273997e7f6b2bfc53b2f9d4c4dd",
}

if __name__ == "__main__":
    sys.exit(put(RELEASES, SHA256, TARGET, sys.argv[1:]))
