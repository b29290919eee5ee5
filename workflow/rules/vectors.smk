# Vectors of a shard of the passages (passages-0), or of a query set (queries-training).
rule vectors:
    input:
        unpack(lambda w: inputs(at(w).vectors(w.system, w.texts))),
    output:
        vectors=passing(path("vectors", "{system}", "{texts}.arrow")),
        made=made("vectors", "{system}", "{texts}"),
    log:
        logs("vectors", "{system}", "{texts}"),
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: at(w).vectors(w.system, w.texts).recipe,
    script:
        "../scripts/make.py"


rule index:
    input:
        unpack(lambda w: inputs(at(w).index(w.system))),
    output:
        index=path("vectors", "{system}", "index.faiss"),
        made=made("vectors", "{system}", "index"),
    log:
        logs("vectors", "{system}", "index"),
    priority: VECTORS_FREED
    threads: ALL_CORES
    params:
        recipe=lambda w: at(w).index(w.system).recipe,
    script:
        "../scripts/make.py"


# Of a system that searches the tokens of a ColBERT.
rule token_vectors:
    input:
        unpack(lambda w: inputs(at(w).token_vectors(w.system, int(w.shard)))),
    output:
        vectors=passing(path("vectors", "{system}", "tokens", "{shard}.arrow")),
        lengths=passing(path("vectors", "{system}", "tokens", "{shard}.parquet")),
        made=made("vectors", "{system}", "tokens", "{shard}"),
    log:
        logs("vectors", "{system}", "tokens", "{shard}"),
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: at(w).token_vectors(w.system, int(w.shard)).recipe,
    script:
        "../scripts/make.py"


rule token_index:
    input:
        unpack(lambda w: inputs(at(w).token_index(w.system))),
    output:
        index=path("vectors", "{system}", "tokens", "index.faiss"),
        made=made("vectors", "{system}", "tokens", "index"),
    log:
        logs("vectors", "{system}", "tokens", "index"),
    priority: VECTORS_FREED
    threads: ALL_CORES
    params:
        recipe=lambda w: at(w).token_index(w.system).recipe,
    script:
        "../scripts/make.py"
