rule clusters:
    input:
        vectors=lambda wildcards: INPUTS.cluster_vectors(wildcards.name),
        code=code("clusters.py"),
    output:
        ARTIFACTS.path("clusters", "{name}.parquet"),
    log:
        f"logs/clusters/{C}/{{name}}.log",
    benchmark:
        f"results/benchmarks/clusters/{C}/{{name}}.tsv"
    wildcard_constraints:
        name=one_of(CONFIG.clusters),
    threads: 64
    resources:
        gpu=1,
    params:
        recipe=lambda wildcards: RECIPES.clusters(wildcards.name),
    script:
        "../scripts/clusters.py"
