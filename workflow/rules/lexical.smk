rule bm25_negatives:
    input:
        passages=ARTIFACTS.passages(),
        queries=ARTIFACTS.queries("training"),
        qrels=ARTIFACTS.qrels("training"),
        code=code("bm25_negatives.py"),
    output:
        ARTIFACTS.path("lexical", "pairs.parquet"),
    log:
        f"logs/lexical/{C}/pairs.log",
    benchmark:
        f"results/benchmarks/lexical/{C}/pairs.tsv"
    params:
        recipe=RECIPES.pairs(),
    script:
        "../scripts/bm25_negatives.py"


rule bm25_search:
    input:
        passages=ARTIFACTS.passages(),
        queries=ARTIFACTS.queries("{set}"),
        code=code("bm25_search.py"),
    output:
        ranking=ARTIFACTS.ranking("{system}", "{set}"),
        trec=ARTIFACTS.path("rankings", "{system}", "{set}.trec"),
    log:
        f"logs/rankings/{C}/{{system}}/{{set}}.log",
    benchmark:
        f"results/benchmarks/rankings/{C}/{{system}}/{{set}}.tsv"
    wildcard_constraints:
        system=one_of(LEXICAL),
    params:
        recipe=lambda wildcards: RECIPES.ranking(wildcards.system, wildcards.set),
    script:
        "../scripts/bm25_search.py"
