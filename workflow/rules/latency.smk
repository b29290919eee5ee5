# Nothing else runs next to a measurement, so it takes all cores.
rule latency:
    input:
        unpack(lambda w: inputs(at(w).latency(w.system, int(w.batch)))),
    output:
        times=path("latency", "{system}", "{batch}.parquet"),
        made=made("latency", "{system}", "{batch}"),
    log:
        logs("latency", "{system}", "{batch}"),
    wildcard_constraints:
        batch=r"[1-9]\d*",
    priority: VECTORS_FREED
    threads: ALL_CORES
    resources:
        gpu=GPU,
    params:
        recipe=lambda w: at(w).latency(w.system, int(w.batch)).recipe,
    script:
        "../scripts/make.py"
