"""A compute manager: claims tasks, runs them in processes of its own, and returns what came of them.

It is a client of the GraphQL API, nothing else. :func:`~interlock.manager.loop.run_manager` is the way in::

    config.py     what can be set
    loop.py       the manager's life: activate, claim, run, drain, deactivate
    health.py     whether it can run what it is given
    leases.py     what is held, and the work on it
    outbox.py     delivers outcomes in batches, again and again until the server has answered
    client.py     the operations of the API, with patience for a server that is away
    documents.py  their GraphQL documents
    pool.py       a fixed number of worker processes, each replaced when it is lost
    slot.py       one worker process: runs one task at a time, can be killed
    worker.py     what happens inside a worker process
    output.py     catches what a computation prints
    outcome.py    what came of a task
    functions.py  which functions may run
    programs.py   which programs are installed
    qcschema.py   the function of the record kind ``qcschema``
    events.py     what it tells of itself
    waiting.py    waiting, but not when it is time to stop; backoff.py: waiting longer each time
"""
