"""What is asked of a model.

An audit is one file here: items, a script of user turns, measures, and one `@task`. Its cells are crossed by
`_design`, played by `_dialogue`, proved by `_delivery` and scored by `_judge`.
"""
