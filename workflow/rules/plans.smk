rule plan:
    input:
        pairs=lambda wildcards: ARTIFACTS.scored_pairs(PLANS[wildcards.plan]),
        clusters=lambda wildcards: ARTIFACTS.clusters(PLANS[wildcards.plan]),
        code=code("plan.py"),
    output:
        ARTIFACTS.path("plans", "{plan}", "{shard}.parquet"),
    log:
        f"logs/plans/{C}/{{plan}}/{{shard}}.log",
    benchmark:
        f"results/benchmarks/plans/{C}/{{plan}}/{{shard}}.tsv"
    wildcard_constraints:
        plan=one_of(PLANS),
    params:
        recipe=lambda wildcards: plan_shard(
            RECIPES.plan(PLANS[wildcards.plan]), wildcards
        ),
    script:
        "../scripts/plan.py"


rule score_plan:
    input:
        unpack(lambda wildcards: INPUTS.teacher(wildcards.teacher, "training")),
        plan=ARTIFACTS.path("plans", "{plan}", "{shard}.parquet"),
        code=code("score_plan.py"),
    output:
        ARTIFACTS.path("plans", "{plan}", "{teacher}", "{shard}.arrow"),
    log:
        f"logs/plans/{C}/{{plan}}/{{teacher}}/{{shard}}.log",
    benchmark:
        f"results/benchmarks/plans/{C}/{{plan}}/{{teacher}}/{{shard}}.tsv"
    wildcard_constraints:
        plan=one_of(PLANS),
        teacher=one_of(CONFIG.teachers),
    threads: 64
    resources:
        gpu=1,
    params:
        recipe=lambda wildcards: plan_shard(
            RECIPES.plan_scores(PLANS[wildcards.plan], wildcards.teacher), wildcards
        ),
    script:
        "../scripts/score_plan.py"
