rule search:
    input:
        index=lambda wildcards: ARTIFACTS.index(wildcards.system),
        vectors=ARTIFACTS.query_vectors("{system}", "{set}"),
        queries=ARTIFACTS.queries("{set}"),
        passages=ARTIFACTS.passages(),
        code=code("search.py"),
    output:
        ranking=ARTIFACTS.ranking("{system}", "{set}"),
        trec=ARTIFACTS.path("rankings", "{system}", "{set}.trec"),
    log:
        f"logs/rankings/{C}/{{system}}/{{set}}.log",
    benchmark:
        f"results/benchmarks/rankings/{C}/{{system}}/{{set}}.tsv"
    wildcard_constraints:
        system=one_of(DENSE),
    threads: 64
    resources:
        gpu=1,
    params:
        recipe=lambda wildcards: RECIPES.ranking(wildcards.system, wildcards.set),
    script:
        "../scripts/search.py"


rule rerank:
    input:
        unpack(lambda wildcards: INPUTS.rerank(wildcards.system, wildcards.set)),
        queries=ARTIFACTS.queries("{set}"),
        passages=ARTIFACTS.passages(),
        code=code("rerank.py"),
    output:
        ranking=ARTIFACTS.ranking("{system}", "{set}"),
        trec=ARTIFACTS.path("rankings", "{system}", "{set}.trec"),
    log:
        f"logs/rankings/{C}/{{system}}/{{set}}.log",
    benchmark:
        f"results/benchmarks/rankings/{C}/{{system}}/{{set}}.tsv"
    wildcard_constraints:
        system=one_of(RERANK),
    threads: 64
    resources:
        gpu=1,
    params:
        recipe=lambda wildcards: RECIPES.ranking(wildcards.system, wildcards.set),
    script:
        "../scripts/rerank.py"


rule trec_run:
    input:
        file=lambda wildcards: INPUTS.trec_file(wildcards.system, wildcards.set),
        queries=ARTIFACTS.queries("{set}"),
        code=code("trec_run.py"),
    output:
        ranking=ARTIFACTS.ranking("{system}", "{set}"),
        trec=ARTIFACTS.path("rankings", "{system}", "{set}.trec"),
    log:
        f"logs/rankings/{C}/{{system}}/{{set}}.log",
    benchmark:
        f"results/benchmarks/rankings/{C}/{{system}}/{{set}}.tsv"
    wildcard_constraints:
        system=one_of(TREC),
    params:
        recipe=lambda wildcards: RECIPES.ranking(wildcards.system, wildcards.set),
    script:
        "../scripts/trec_run.py"
