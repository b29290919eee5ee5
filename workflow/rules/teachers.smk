rule pair_scores:
    input:
        unpack(lambda w: inputs(GRAPH.pair_scores(w.run))),
    output:
        pairs=path("teachers", "{run}", "pair_scores.parquet"),
        made=made("teachers", "{run}", "pair_scores"),
    log:
        logs("teachers", "{run}", "pair_scores"),
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: GRAPH.pair_scores(w.run).recipe,
    script:
        "../scripts/make.py"
