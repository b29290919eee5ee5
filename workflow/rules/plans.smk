rule plan:
    input:
        unpack(lambda w: inputs(at(w).plan(w.plan, int(w.shard)))),
    output:
        plan=path("plans", "{plan}", "{shard}.parquet"),
        made=made("plans", "{plan}", "{shard}"),
    log:
        logs("plans", "{plan}", "{shard}"),
    params:
        recipe=lambda w: at(w).plan(w.plan, int(w.shard)).recipe,
    script:
        "../scripts/make.py"


rule plan_scores:
    input:
        unpack(lambda w: inputs(at(w).plan_scores(w.plan, w.teacher, int(w.shard)))),
    output:
        scores=path("plans", "{plan}", "{teacher}", "{shard}.arrow"),
        made=made("plans", "{plan}", "{teacher}", "{shard}"),
    log:
        logs("plans", "{plan}", "{teacher}", "{shard}"),
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: at(w).plan_scores(w.plan, w.teacher, int(w.shard)).recipe,
    script:
        "../scripts/make.py"
