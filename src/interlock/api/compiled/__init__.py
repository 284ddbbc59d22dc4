"""Operations compiled: a query into one SQL statement whose JSON PostgreSQL builds, a mutation into plain calls.

A validated operation is compiled once per (document, operation, variables in @skip and @include), and a query again
for each shape of its pages. Strawberry's schema stays the only one: it validates, its fields say under which names the
store tells their values (api/types/shown.py), its resolvers do what mutations do, and graphql-core collects the fields.
Whatever a plan cannot express, errors of every kind among it, is left to graphql-core, which answers alike: a test
compares the two.

    requests.py    the way of a request: :class:`CompiledRequests`, all that others see
    documents.py   from a document to its plan, kept
    selection.py   the fields selected, as graphql-core collects them
    binding.py     from a request's variables to the arguments of root fields
    coercion.py    from JSON to the values of input types
  queries
    roots.py       root fields: which rows, and their JSON
    plan.py        an operation's statement for the variables of a request
    together.py    requests for one record each, in one statement
  mutations
    calls.py       a resolver called past graphql-core
    payloads.py    from its payload to JSON
"""
