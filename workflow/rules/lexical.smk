rule bm25_negatives:
    input:
        unpack(lambda w: inputs(at(w).pairs())),
    output:
        pairs=path("lexical", "pairs.parquet"),
        made=made("lexical", "pairs"),
    log:
        logs("lexical", "pairs"),
    params:
        recipe=lambda w: at(w).pairs().recipe,
    script:
        "../scripts/make.py"


rule term_weights:
    input:
        unpack(lambda w: inputs(at(w).term_weights(w.system))),
    output:
        weights=path("lexical", "{system}.parquet"),
        made=made("lexical", "{system}"),
    log:
        logs("lexical", "{system}"),
    wildcard_constraints:
        system=one_of(WEIGHTED),
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: at(w).term_weights(w.system).recipe,
    script:
        "../scripts/make.py"


rule expansions:
    input:
        unpack(lambda w: inputs(at(w).expansions(w.system, int(w.shard)))),
    output:
        expansions=path("lexical", "{system}", "{shard}.parquet"),
        made=made("lexical", "{system}", "{shard}"),
    log:
        logs("lexical", "{system}", "{shard}"),
    wildcard_constraints:
        system=one_of(EXPANDED),
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: at(w).expansions(w.system, int(w.shard)).recipe,
    script:
        "../scripts/make.py"
