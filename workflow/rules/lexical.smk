rule bm25_negatives:
    input:
        unpack(lambda w: inputs(GRAPH.pairs())),
    output:
        pairs=path("lexical", "pairs.parquet"),
        made=made("lexical", "pairs"),
    log:
        logs("lexical", "pairs"),
    params:
        recipe=lambda w: GRAPH.pairs().recipe,
    script:
        "../scripts/make.py"
