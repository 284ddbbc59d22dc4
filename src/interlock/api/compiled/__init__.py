"""Operations compiled into one SQL statement each, whose JSON PostgreSQL builds.

A validated operation is compiled once per (document, operation, variables in @skip and @include), and again for each
shape of its pages. Strawberry's schema stays the only one: it validates, its fields say under which names the store
tells their values (api/types/shown.py), and graphql-core collects fields and coerces arguments. Whatever a plan cannot
express, errors of every kind among it, is left to graphql-core, which answers alike: a test compares the two.

    documents.py   from a request to its plan, kept
    selection.py   the fields selected, as graphql-core collects them
    arguments.py   what a root field is given
    roots.py       root fields: which rows, and their JSON
    plan.py        an operation's statement for the variables of a request
    together.py    requests for one record each, in one statement
    reads.py       the way of a request: :class:`CompiledReads`, all that others see
"""
