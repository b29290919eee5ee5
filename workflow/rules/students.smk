rule early_stopping_set:
    input:
        ranking=INPUTS.early_stopping_ranking(),
        queries=ARTIFACTS.queries("validation"),
        qrels=ARTIFACTS.qrels("validation"),
        passages=ARTIFACTS.passages(),
        code=code("early_stopping_set.py"),
    output:
        ARTIFACTS.early_stopping_set(),
    log:
        f"logs/students/{C}/early_stopping_set.log",
    benchmark:
        f"results/benchmarks/students/{C}/early_stopping_set.tsv"
    params:
        recipe=lambda wildcards: RECIPES.early_stopping_set(),
    script:
        "../scripts/early_stopping_set.py"


use rule train_teacher as train_student with:
    output:
        weights=[ARTIFACTS.path("students", "{name}", file) for file in MODEL],
        records=[ARTIFACTS.path("students", "{name}", file) for file in RECORDS],
    log:
        f"logs/students/{C}/{{name}}.log",
    benchmark:
        f"results/benchmarks/students/{C}/{{name}}.tsv"
    wildcard_constraints:
        name=one_of(CONFIG.runs),
