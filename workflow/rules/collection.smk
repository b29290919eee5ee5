rule download:
    input:
        unpack(lambda w: inputs(GRAPH.download(w.download))),
    output:
        file="results/downloads/{download}/{file}",
        made="results/downloads/{download}/{file}.made.json",
    log:
        "logs/downloads/{download}/{file}.log",
    wildcard_constraints:
        download=one_of(GRAPH.config.downloads),
        file=one_of(found.file for found in GRAPH.config.downloads.values()),
    params:
        recipe=lambda w: GRAPH.download(w.download).recipe,
    script:
        "../scripts/make.py"


rule passages:
    input:
        unpack(lambda w: inputs(at(w).passages())),
    output:
        passages=path("collection", "passages.parquet"),
        made=made("collection", "passages"),
    log:
        logs("collection", "passages"),
    params:
        recipe=lambda w: at(w).passages().recipe,
    script:
        "../scripts/make.py"


rule query_set:
    input:
        unpack(lambda w: inputs(at(w).query_set(w.set))),
    output:
        queries=path("collection", "{set}", "queries.parquet"),
        qrels=path("collection", "{set}", "qrels.parquet"),
        made=made("collection", "{set}"),
    log:
        logs("collection", "{set}"),
    wildcard_constraints:
        set=one_of(name for name in EVERY_SET if name not in BARE),
    params:
        recipe=lambda w: at(w).query_set(w.set).recipe,
    script:
        "../scripts/make.py"


# Refused before hours of training, not after.
rule shared_queries:
    input:
        unpack(lambda w: inputs(at(w).shared_queries())),
    output:
        shared=path("collection", "shared_queries.parquet"),
        made=made("collection", "shared_queries"),
    log:
        logs("collection", "shared_queries"),
    priority: 100
    params:
        recipe=lambda w: at(w).shared_queries().recipe,
    script:
        "../scripts/make.py"


rule published_pairs:
    input:
        unpack(lambda w: inputs(at(w).pairs())),
    output:
        pairs=path("collection", "pairs.parquet"),
        made=made("collection", "pairs"),
    log:
        logs("collection", "pairs"),
    params:
        recipe=lambda w: at(w).pairs().recipe,
    script:
        "../scripts/make.py"


rule bare_queries:
    input:
        unpack(lambda w: inputs(at(w).query_set(w.bare))),
    output:
        queries=path("collection", "{bare}", "queries.parquet"),
        made=made("collection", "{bare}"),
    log:
        logs("collection", "{bare}"),
    params:
        recipe=lambda w: at(w).query_set(w.bare).recipe,
    script:
        "../scripts/make.py"
