"""What the reader sees: one document model, rendered to PDF, HTML, JSON and Markdown.

`document.build` turns results and decision into a `Document` in which every number is already text.
`pdf`, `html` and `machine` render it; `write.write` puts the files into a run folder.
A new section is one file in `sections/`, a new figure one file in `figures/`.
"""
