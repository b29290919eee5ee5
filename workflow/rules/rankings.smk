# Dense systems rank all reported query sets in one pass over the vectors.
ruleorder: search > ranking


rule search:
    input:
        unpack(lambda w: inputs(at(w).search(w.system))),
    output:
        ranking=[path("rankings", "{system}", f"{each}.parquet") for each in SETS],
        trec=[path("rankings", "{system}", f"{each}.trec") for each in SETS],
        made=made("rankings", "{system}", "reported"),
    log:
        logs("rankings", "{system}", "reported"),
    wildcard_constraints:
        system=one_of(DENSE),
    priority: VECTORS_FREED
    threads: MODEL_THREADS
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: at(w).search(w.system).recipe,
    script:
        "../scripts/make.py"


rule ranking:
    input:
        unpack(lambda w: inputs(at(w).ranking(w.system, w.set).artifact)),
    output:
        ranking=path("rankings", "{system}", "{set}.parquet"),
        trec=path("rankings", "{system}", "{set}.trec"),
        made=made("rankings", "{system}", "{set}"),
    log:
        logs("rankings", "{system}", "{set}"),
    priority: VECTORS_FREED
    threads: lambda w: MODEL_THREADS if at(w).ranking(w.system, w.set).artifact.heavy else 1
    resources:
        gpu=lambda w: GPU * at(w).ranking(w.system, w.set).artifact.heavy,
    params:
        recipe=lambda w: at(w).ranking(w.system, w.set).artifact.recipe,
    script:
        "../scripts/make.py"
