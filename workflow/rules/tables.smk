rule table:
    input:
        metrics=lambda wildcards: INPUTS.table_metrics(wildcards.table),
        passages=ARTIFACTS.passages(),
        paper=lambda wildcards: paper(wildcards.table),
        code=code("table.py"),
    output:
        ARTIFACTS.table("{table}"),
    params:
        recipe=lambda wildcards: RECIPES.table(wildcards.table),
    wildcard_constraints:
        table=one_of(CONFIG.tables),
    log:
        f"logs/tables/{C}/{{table}}.log",
    benchmark:
        f"benchmarks/results/tables/{C}/{{table}}.tsv"
    script:
        "../scripts/table.py"
