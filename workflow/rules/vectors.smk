rule passage_vectors:
    input:
        unpack(lambda w: inputs(GRAPH.passage_vectors(w.system, int(w.shard)))),
    output:
        vectors=path("vectors", "{system}", "passages-{shard}.arrow"),
        made=made("vectors", "{system}", "passages-{shard}"),
    log:
        logs("vectors", "{system}", "passages-{shard}"),
    threads: ALL_CORES
    resources:
        gpu=1,
    params:
        recipe=lambda w: GRAPH.passage_vectors(w.system, int(w.shard)).recipe,
    script:
        "../scripts/make.py"


rule query_vectors:
    input:
        unpack(lambda w: inputs(GRAPH.query_vectors(w.system, w.set))),
    output:
        vectors=path("vectors", "{system}", "queries-{set}.arrow"),
        made=made("vectors", "{system}", "queries-{set}"),
    log:
        logs("vectors", "{system}", "queries-{set}"),
    threads: ALL_CORES
    resources:
        gpu=1,
    params:
        recipe=lambda w: GRAPH.query_vectors(w.system, w.set).recipe,
    script:
        "../scripts/make.py"


rule index:
    input:
        unpack(lambda w: inputs(GRAPH.index(w.system))),
    output:
        index=path("vectors", "{system}", "index.faiss"),
        made=made("vectors", "{system}", "index"),
    log:
        logs("vectors", "{system}", "index"),
    threads: ALL_CORES
    params:
        recipe=lambda w: GRAPH.index(w.system).recipe,
    script:
        "../scripts/make.py"
