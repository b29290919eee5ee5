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


rule topics_figure:
    input:
        unpack(lambda wildcards: INPUTS.figure(wildcards.figure)),
        code=code("topics_figure.py"),
    output:
        ARTIFACTS.figure("{figure}"),
    log:
        f"logs/tables/{C}/{{figure}}.log",
    benchmark:
        f"results/benchmarks/tables/{C}/{{figure}}.tsv"
    wildcard_constraints:
        figure=one_of(ARTIFACTS.figures_of("topics")),
    params:
        recipe=lambda wildcards: RECIPES.figure(wildcards.figure),
    script:
        "../scripts/topics_figure.py"


rule batches_figure:
    input:
        unpack(lambda wildcards: INPUTS.figure(wildcards.figure)),
        code=code("batches_figure.py"),
    output:
        ARTIFACTS.figure("{figure}"),
    log:
        f"logs/tables/{C}/{{figure}}.log",
    benchmark:
        f"results/benchmarks/tables/{C}/{{figure}}.tsv"
    wildcard_constraints:
        figure=one_of(ARTIFACTS.figures_of("batches")),
    params:
        recipe=lambda wildcards: RECIPES.figure(wildcards.figure),
    script:
        "../scripts/batches_figure.py"
