"""Puts Swagger UI's released files into the package, from the npm registry.

Run it by `make swagger-ui`; it needs npm. Versions and hashes are listed here: a file that is not the
one that was reviewed is rejected. `--adopt` prints the hashes of what was fetched instead.
"""

from __future__ import annotations

import sys
from pathlib import Path

from npm_files import Release, put

TARGET = Path(__file__).resolve().parents[1] / "packages/openapi/src/armillary/openapi/pages/swagger_ui"

RELEASES = (
    Release(
        "swagger-ui-dist",
        "5.35.0",
        {
            "swagger-ui-bundle.js": "swagger-ui-bundle.js",
            "swagger-ui.css": "swagger-ui.css",
            "oauth2-redirect.js": "oauth2-redirect.js",
            "favicon-32x32.png": "favicon-32x32.png",
            "LICENSE": "LICENSE.swagger-ui.txt",
            "NOTICE": "NOTICE.swagger-ui.txt",
            "swagger-ui-bundle.js.LICENSE.txt": "LICENSE.swagger-ui-bundle.txt",
        },
    ),
)

COMPRESSED = frozenset({"swagger-ui-bundle.js", "swagger-ui.css"})

SHA256 = {
    "LICENSE.swagger-ui-bundle.txt": "37eb6e7e59aed57b2c1acf076574b818ea07b74265717e0bd67b59e0baf9abbb",
    "LICENSE.swagger-ui.txt": "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
    "NOTICE.swagger-ui.txt": "0d20d1adef18aee3f40dd258172155521ce702ac445cb5f7b7d60ed32dad2fb2",
    "favicon-32x32.png": "3ed612f41e050ca5e7000cad6f1cbe7e7da39f65fca99c02e99e6591056e5837",
    "oauth2-redirect.js": "a5c8a34e09e49737382cc5019446eec7c3db3461963fc5bfe448361d3c5549e9",
    "swagger-ui-bundle.js": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
    "swagger-ui.css": "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
}

if __name__ == "__main__":
    sys.exit(put(RELEASES, SHA256, TARGET, sys.argv[1:], compressed=COMPRESSED))
