rule table:
    input:
        metrics=lambda wildcards: INPUTS.table_metrics(wildcards.table),
        logs=lambda wildcards: INPUTS.table_logs(wildcards.table),
        passages=ARTIFACTS.passages(),
        paper=lambda wildcards: paper(wildcards.table),
        code=code("table.py"),
    output:
        ARTIFACTS.table("{table}"),
    log:
        f"logs/tables/{C}/{{table}}.log",
    benchmark:
        f"results/benchmarks/tables/{C}/{{table}}.tsv"
    wildcard_constraints:
        table=one_of(CONFIG.tables),
    params:
        recipe=lambda wildcards: RECIPES.table(wildcards.table),
    script:
        "../scripts/table.py"
