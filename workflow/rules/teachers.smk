rule train_teacher:
    input:
        unpack(lambda wildcards: INPUTS.training(wildcards.name)),
        code=code("train.py"),
    output:
        weights=[ARTIFACTS.path("teachers", "{name}", file) for file in (*MODEL, HEAD)],
        records=[ARTIFACTS.path("teachers", "{name}", file) for file in RECORDS],
    log:
        f"logs/teachers/{C}/{{name}}.log",
    benchmark:
        f"results/benchmarks/teachers/{C}/{{name}}.tsv"
    wildcard_constraints:
        name=one_of(CONFIG.teachers),
    threads: 64
    resources:
        gpu=1,
    params:
        recipe=lambda wildcards: RECIPES.training(wildcards.name),
    script:
        "../scripts/train.py"


rule score_pairs:
    input:
        unpack(lambda wildcards: INPUTS.pair_scores(wildcards.name)),
        code=code("score_pairs.py"),
    output:
        ARTIFACTS.path("teachers", "{name}", "pair_scores.parquet"),
    log:
        f"logs/teachers/{C}/{{name}}.pair_scores.log",
    benchmark:
        f"results/benchmarks/teachers/{C}/{{name}}.pair_scores.tsv"
    wildcard_constraints:
        name=one_of(CONFIG.teachers),
    threads: 64
    resources:
        gpu=1,
    params:
        recipe=lambda wildcards: RECIPES.pair_scores(wildcards.name),
    script:
        "../scripts/score_pairs.py"
