rule passages:
    input:
        source=INPUTS.passages_source(),
        code=code("passages.py"),
    output:
        ARTIFACTS.path("collection", "passages.parquet"),
    log:
        f"logs/collection/{C}/passages.log",
    benchmark:
        f"results/benchmarks/collection/{C}/passages.tsv"
    params:
        recipe=RECIPES.passages(),
    script:
        "../scripts/passages.py"


rule query_set:
    input:
        source=lambda wildcards: INPUTS.query_set_source(wildcards.set),
        passages=ARTIFACTS.passages(),
        code=code("query_set.py"),
    output:
        queries=ARTIFACTS.queries("{set}"),
        qrels=ARTIFACTS.qrels("{set}"),
    log:
        f"logs/collection/{C}/{{set}}.log",
    benchmark:
        f"results/benchmarks/collection/{C}/{{set}}.tsv"
    wildcard_constraints:
        set=one_of(INPUTS.declared_sets()),
    params:
        recipe=lambda wildcards: RECIPES.query_set(wildcards.set),
    script:
        "../scripts/query_set.py"


rule training_part:
    input:
        queries=ARTIFACTS.queries("train"),
        qrels=ARTIFACTS.qrels("train"),
        code=code("training_part.py"),
    output:
        queries=ARTIFACTS.queries("{set}"),
        qrels=ARTIFACTS.qrels("{set}"),
    log:
        f"logs/collection/{C}/{{set}}.log",
    benchmark:
        f"results/benchmarks/collection/{C}/{{set}}.tsv"
    wildcard_constraints:
        set=one_of(INPUTS.parts_of_training()),
    params:
        recipe=lambda wildcards: RECIPES.query_set(wildcards.set),
    script:
        "../scripts/training_part.py"


rule published_pairs:
    input:
        source=INPUTS.pairs_source(),
        passages=ARTIFACTS.passages(),
        queries=ARTIFACTS.queries("training"),
        code=code("published_pairs.py"),
    output:
        ARTIFACTS.path("collection", "pairs.parquet"),
    log:
        f"logs/collection/{C}/pairs.log",
    benchmark:
        f"results/benchmarks/collection/{C}/pairs.tsv"
    params:
        recipe=RECIPES.pairs(),
    script:
        "../scripts/published_pairs.py"
