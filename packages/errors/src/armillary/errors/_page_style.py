"""The style sheet of the debug page: one column, any width, light and dark."""

from __future__ import annotations

from typing import Final

STYLE_SHEET: Final = """
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --raised: #ffffff; --ink: #1f2328; --quiet: #5d646d; --rule: #e2dfd8;
  --accent: #b3261e; --accent-paper: #fdeeec; --line: #fff3c4; --mark: #ffd24d; --code: #f5f3ee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --raised: #1b1f26; --ink: #e6e8eb; --quiet: #9aa3ae; --rule: #2d333c;
    --accent: #ff8a80; --accent-paper: #35201f; --line: #3a3215; --mark: #7d6310; --code: #171a20;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 68rem; padding: 1rem clamp(.75rem, 3vw, 2.5rem) 4rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
header { border-top: .35rem solid var(--accent); padding: 1.25rem 0 .5rem; }
h1 {
  margin: 0; font-size: clamp(1.35rem, 4.5vw, 2rem); line-height: 1.2; color: var(--accent);
  overflow-wrap: anywhere;
}
h2 { margin: 2.25rem 0 .75rem; font-size: 1.1rem; overflow-wrap: anywhere; }
h3 { margin: 1.5rem 0 .5rem; font-size: 1rem; color: var(--accent); overflow-wrap: anywhere; }
.where { margin: 0 0 .5rem; color: var(--quiet); overflow-wrap: anywhere; }
.where b { color: var(--ink); }
.message {
  margin: .75rem 0; padding: .6rem .8rem; border-left: .25rem solid var(--accent);
  background: var(--accent-paper); white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1.05rem;
}
.note {
  margin: .5rem 0; padding: .4rem .8rem; border-left: .25rem solid var(--rule);
  white-space: pre-wrap; overflow-wrap: anywhere;
}
.relation { margin: 2.5rem 0 0; padding-top: 1rem; border-top: 1px dashed var(--rule); color: var(--quiet); }
ol.frames { list-style: none; margin: 0; padding: 0; }
ol.frames > li { margin: .5rem 0; }
details { background: var(--raised); border: 1px solid var(--rule); border-radius: .5rem; overflow: hidden; }
main > details { margin: .5rem 0; }
details details { margin: .5rem; }
summary { cursor: pointer; padding: .65rem .8rem; overflow-wrap: anywhere; }
summary:focus-visible { outline: .15rem solid var(--accent); outline-offset: -.15rem; }
summary code { font-weight: 600; }
summary .at { color: var(--quiet); font-size: .9rem; }
li.library summary { color: var(--quiet); }
.omitted { padding: .3rem .8rem; color: var(--quiet); }
code, pre, table {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: .875rem;
}
pre {
  margin: 0; padding: .6rem 0; overflow-x: auto; background: var(--code);
  border-top: 1px solid var(--rule); line-height: 1.55; tab-size: 4;
}
pre.source > span { display: block; width: max-content; min-width: 100%; padding-right: 1rem; }
pre.source i {
  display: inline-block; width: 3.6rem; padding-right: .8rem; text-align: right;
  font-style: normal; color: var(--quiet); user-select: none;
}
pre.source .current { background: var(--line); }
pre.source mark { background: var(--mark); color: inherit; border-radius: .2rem; }
pre.text { padding: .6rem .8rem; }
.values { overflow-x: auto; border-top: 1px solid var(--rule); }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; }
tr:last-child > * { border-bottom: 0; }
th { width: 1%; white-space: nowrap; font-weight: 600; color: var(--quiet); }
td { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 12rem; }
section.member { margin: 1rem 0; padding: 0 0 .25rem .9rem; border-left: .25rem solid var(--rule); }
footer { margin-top: 3rem; color: var(--quiet); font-size: .9rem; }
@media (max-width: 30rem) {
  pre.source i { width: 2.9rem; padding-right: .6rem; }
  summary .at { display: block; }
}
@media print { details > * { display: block; } }
""".strip()
