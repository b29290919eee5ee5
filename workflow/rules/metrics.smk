rule metrics:
    input:
        unpack(lambda w: inputs(at(w).metrics(w.system))),
    output:
        per_query=[path("metrics", "{system}", f"{each}.parquet") for each in SETS],
        means=[path("metrics", "{system}", f"{each}.means.parquet") for each in SETS],
        record=[path("metrics", "{system}", f"{each}.record.json") for each in SETS],
        made=made("metrics", "{system}"),
    log:
        logs("metrics", "{system}"),
    params:
        recipe=lambda w: at(w).metrics(w.system).recipe,
    script:
        "../scripts/make.py"
