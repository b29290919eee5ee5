rule early_stopping_set:
    input:
        unpack(lambda w: inputs(at(w).early_stopping_set())),
    output:
        candidates=path("students", "early_stopping_set.parquet"),
        made=made("students", "early_stopping_set"),
    log:
        logs("students", "early_stopping_set"),
    params:
        recipe=lambda w: at(w).early_stopping_set().recipe,
    script:
        "../scripts/make.py"


rule training:
    input:
        unpack(lambda w: inputs(at(w).training(w.run))),
    output:
        model=[path("students", "{run}", file) for file in MODEL],
        folder=[path("students", "{run}", file) for file in FOLDER],
        card=path("students", "{run}", "card.json"),
        log=path("students", "{run}", "log.parquet"),
        times=path("students", "{run}", "times.json"),
        made=made("students", "{run}"),
    log:
        logs("students", "{run}"),
    wildcard_constraints:
        run=one_of(set(GRAPH.config.runs) - {*GENERATIONS, *SEARCHING}),
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: at(w).training(w.run).recipe,
    script:
        "../scripts/make.py"


use rule training as generation with:
    output:
        model=[path("students", "{run}", file) for file in MODEL],
        folder=[path("students", "{run}", file) for file in FOLDER],
        card=path("students", "{run}", "card.json"),
        log=path("students", "{run}", "log.parquet"),
        times=path("students", "{run}", "times.json"),
        optimizer=path("students", "{run}", "optimizer.pt"),
        made=made("students", "{run}"),
    wildcard_constraints:
        run=one_of(GENERATIONS),


# A training on searches: the two sides of the model are two folders.
use rule training as query_training with:
    output:
        model=[path("students", "{run}", "query", file) for file in MODEL],
        folder=[path("students", "{run}", "query", file) for file in FOLDER],
        passage_model=[path("students", "{run}", "passage", file) for file in MODEL],
        passage_folder=[path("students", "{run}", "passage", file) for file in FOLDER],
        card=path("students", "{run}", "card.json"),
        log=path("students", "{run}", "log.parquet"),
        times=path("students", "{run}", "times.json"),
        made=made("students", "{run}"),
    wildcard_constraints:
        run=one_of(SEARCHING),
