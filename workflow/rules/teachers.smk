rule pair_scores:
    input:
        unpack(lambda w: inputs(at(w).pair_scores(w.model, w.pairs))),
    output:
        pairs=path("teachers", "{model}", "{pairs}.parquet"),
        made=made("teachers", "{model}", "{pairs}"),
    log:
        logs("teachers", "{model}", "{pairs}"),
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: at(w).pair_scores(w.model, w.pairs).recipe,
    script:
        "../scripts/make.py"
