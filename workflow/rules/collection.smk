rule passages:
    input:
        code=code("passages.py"),
    output:
        ARTIFACTS.path("collection", "passages.parquet"),
    params:
        recipe=RECIPES.passages(),
    log:
        f"logs/collection/{C}/passages.log",
    benchmark:
        f"benchmarks/results/collection/{C}/passages.tsv"
    script:
        "../scripts/passages.py"


rule query_set:
    input:
        passages=ARTIFACTS.passages(),
        code=code("query_set.py"),
    output:
        queries=ARTIFACTS.queries("{set}"),
        qrels=ARTIFACTS.qrels("{set}"),
    params:
        recipe=lambda wildcards: RECIPES.query_set(wildcards.set),
    wildcard_constraints:
        set=one_of(INPUTS.declared_sets()),
    log:
        f"logs/collection/{C}/{{set}}.log",
    benchmark:
        f"benchmarks/results/collection/{C}/{{set}}.tsv"
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
    params:
        recipe=lambda wildcards: RECIPES.query_set(wildcards.set),
    wildcard_constraints:
        set=one_of(INPUTS.parts_of_training()),
    log:
        f"logs/collection/{C}/{{set}}.log",
    benchmark:
        f"benchmarks/results/collection/{C}/{{set}}.tsv"
    script:
        "../scripts/training_part.py"


rule published_pairs:
    input:
        passages=ARTIFACTS.passages(),
        queries=ARTIFACTS.queries("training"),
        code=code("published_pairs.py"),
    output:
        ARTIFACTS.path("collection", "pairs.parquet"),
    params:
        recipe=RECIPES.pairs(),
    log:
        f"logs/collection/{C}/pairs.log",
    benchmark:
        f"benchmarks/results/collection/{C}/pairs.tsv"
    script:
        "../scripts/published_pairs.py"
