"""The audit trail: reads the shapes in which users hold it, keeps it as Parquet, and asks it in SQL on several engines.

For whoever builds on it::

    with Store.create(folder) as store:                       # or Store.open(folder)
        import_trails(store, inputs, now=now)                 # files, folders, "-"; adds only what is new
        with open_engine("duckdb", scratch=scratch) as engine:
            engine.register(store.table())
            answer = engine.run(query_of(text, name="x"), {"since_us": 0})
            for row in answer.rows: ...

``queries()`` are the named queries that come with Demarc; ``query_of`` takes any other text within the rules of
``portability``. What an event holds is said in ``demarc.model.events``.
"""
