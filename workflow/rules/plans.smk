rule plan:
    input:
        pairs=lambda wildcards: ARTIFACTS.scored_pairs(PLANS[wildcards.plan]),
        clusters=lambda wildcards: ARTIFACTS.clusters(PLANS[wildcards.plan]),
        code=code("plan.py"),
    output:
        ARTIFACTS.path("plans", "{plan}", "{shard}.parquet"),
    params:
        recipe=lambda wildcards: plan_shard(RECIPES.plan(PLANS[wildcards.plan]), wildcards),
    wildcard_constraints:
        plan=one_of(PLANS),
    log:
        f"logs/plans/{C}/{{plan}}/{{shard}}.log",
    benchmark:
        f"benchmarks/results/plans/{C}/{{plan}}/{{shard}}.tsv"
    script:
        "../scripts/plan.py"


rule score_plan:
    input:
        unpack(lambda wildcards: INPUTS.teacher(wildcards.teacher, "training")),
        plan=ARTIFACTS.path("plans", "{plan}", "{shard}.parquet"),
        code=code("score_plan.py"),
    output:
        ARTIFACTS.path("plans", "{plan}", "{teacher}", "{shard}.arrow"),
    params:
        recipe=lambda wildcards: plan_shard(
            RECIPES.plan_scores(PLANS[wildcards.plan], wildcards.teacher), wildcards
        ),
    wildcard_constraints:
        plan=one_of(PLANS),
        teacher=one_of(CONFIG.teachers),
    threads: 64
    resources:
        gpu=1,
    log:
        f"logs/plans/{C}/{{plan}}/{{teacher}}/{{shard}}.log",
    benchmark:
        f"benchmarks/results/plans/{C}/{{plan}}/{{teacher}}/{{shard}}.tsv"
    script:
        "../scripts/score_plan.py"
