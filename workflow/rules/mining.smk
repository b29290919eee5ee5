rule candidates:
    input:
        unpack(lambda w: inputs(at(w).candidates(w.mining))),
    output:
        candidates=path("mining", "{mining}", "candidates.parquet"),
        made=made("mining", "{mining}", "candidates"),
    log:
        logs("mining", "{mining}", "candidates"),
    priority: VECTORS_FREED
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: at(w).candidates(w.mining).recipe,
    script:
        "../scripts/make.py"


rule candidate_scores:
    input:
        unpack(lambda w: inputs(at(w).candidate_scores(w.mining))),
    output:
        scores=path("mining", "{mining}", "scores.parquet"),
        made=made("mining", "{mining}", "scores"),
    log:
        logs("mining", "{mining}", "scores"),
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: at(w).candidate_scores(w.mining).recipe,
    script:
        "../scripts/make.py"


rule mined:
    input:
        unpack(lambda w: inputs(at(w).mined(w.mining))),
    output:
        pairs=path("mining", "{mining}.parquet"),
        made=made("mining", "{mining}"),
    log:
        logs("mining", "{mining}"),
    params:
        recipe=lambda w: at(w).mined(w.mining).recipe,
    script:
        "../scripts/make.py"


rule joined:
    input:
        unpack(lambda w: inputs(at(w).joined(tuple(w.joined.split("="))))),
    output:
        pairs=path("mining", "{joined}.parquet"),
        made=made("mining", "{joined}"),
    log:
        logs("mining", "{joined}"),
    params:
        recipe=lambda w: at(w).joined(tuple(w.joined.split("="))).recipe,
    script:
        "../scripts/make.py"
