rule metrics:
    input:
        ranking=ARTIFACTS.ranking("{system}", "{set}"),
        qrels=ARTIFACTS.qrels("{set}"),
        code=code("metrics.py"),
    output:
        ARTIFACTS.metrics("{system}", "{set}"),
    log:
        f"logs/metrics/{C}/{{system}}/{{set}}.log",
    benchmark:
        f"results/benchmarks/metrics/{C}/{{system}}/{{set}}.tsv"
    wildcard_constraints:
        set=one_of(CONFIG.data.query_sets),
    params:
        recipe=lambda wildcards: RECIPES.metrics(wildcards.system, wildcards.set),
    script:
        "../scripts/metrics.py"


rule record:
    input:
        unpack(lambda wildcards: INPUTS.record(wildcards.system, wildcards.set)),
        code=code("record.py"),
    output:
        ARTIFACTS.record("{system}", "{set}"),
    log:
        f"logs/metrics/{C}/{{system}}/{{set}}.record.log",
    benchmark:
        f"results/benchmarks/metrics/{C}/{{system}}/{{set}}.record.tsv"
    wildcard_constraints:
        set=one_of(CONFIG.data.query_sets),
    params:
        recipe=lambda wildcards: RECIPES.record(wildcards.system, wildcards.set),
    script:
        "../scripts/record.py"
