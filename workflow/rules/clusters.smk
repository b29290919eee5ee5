rule clusters:
    input:
        unpack(lambda w: inputs(at(w).clusters(w.clusters))),
    output:
        clusters=path("clusters", "{clusters}.parquet"),
        made=made("clusters", "{clusters}"),
    log:
        logs("clusters", "{clusters}"),
    priority: VECTORS_FREED
    threads: ALL_CORES
    resources:
        gpu=1,
    params:
        recipe=lambda w: at(w).clusters(w.clusters).recipe,
    script:
        "../scripts/make.py"
