rule early_stopping_set:
    input:
        unpack(lambda w: inputs(GRAPH.early_stopping_set())),
    output:
        candidates=path("students", "early_stopping_set.parquet"),
        made=made("students", "early_stopping_set"),
    log:
        logs("students", "early_stopping_set"),
    params:
        recipe=lambda w: GRAPH.early_stopping_set().recipe,
    script:
        "../scripts/make.py"


rule training:
    input:
        unpack(lambda w: inputs(GRAPH.training(w.run))),
    output:
        model=[path("students", "{run}", file) for file in MODEL],
        folder=[path("students", "{run}", file) for file in FOLDER],
        card=path("students", "{run}", "card.json"),
        log=path("students", "{run}", "log.parquet"),
        times=path("students", "{run}", "times.json"),
        made=made("students", "{run}"),
    log:
        logs("students", "{run}"),
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: GRAPH.training(w.run).recipe,
    script:
        "../scripts/make.py"
