rule metrics:
    input:
        ranking=ARTIFACTS.ranking("{system}", "{set}"),
        qrels=ARTIFACTS.qrels("{set}"),
        code=code("metrics.py"),
    output:
        ARTIFACTS.metrics("{system}", "{set}"),
    params:
        recipe=lambda wildcards: RECIPES.metrics(wildcards.system, wildcards.set),
    wildcard_constraints:
        set=one_of(CONFIG.data.query_sets),
    log:
        f"logs/metrics/{C}/{{system}}/{{set}}.log",
    benchmark:
        f"benchmarks/results/metrics/{C}/{{system}}/{{set}}.tsv"
    script:
        "../scripts/metrics.py"
