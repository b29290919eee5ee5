rule passage_vectors:
    input:
        unpack(lambda wildcards: INPUTS.dense(wildcards.system, "passages")),
        code=code("encode.py"),
    output:
        ARTIFACTS.path("vectors", "{system}", "passages-{shard}.arrow"),
    log:
        f"logs/vectors/{C}/{{system}}/passages-{{shard}}.log",
    benchmark:
        f"results/benchmarks/vectors/{C}/{{system}}/passages-{{shard}}.tsv"
    wildcard_constraints:
        system=one_of(DENSE),
    threads: 64
    resources:
        gpu=1,
    params:
        recipe=lambda wildcards: vector_shard(
            RECIPES.passage_vectors(wildcards.system), wildcards
        ),
    script:
        "../scripts/encode.py"


rule query_vectors:
    input:
        unpack(lambda wildcards: INPUTS.dense(wildcards.system, wildcards.set)),
        code=code("encode.py"),
    output:
        ARTIFACTS.query_vectors("{system}", "{set}"),
    log:
        f"logs/vectors/{C}/{{system}}/queries-{{set}}.log",
    benchmark:
        f"results/benchmarks/vectors/{C}/{{system}}/queries-{{set}}.tsv"
    wildcard_constraints:
        system=one_of(DENSE),
    threads: 64
    resources:
        gpu=1,
    params:
        recipe=lambda wildcards: RECIPES.query_vectors(wildcards.system, wildcards.set),
    script:
        "../scripts/encode.py"


rule index:
    input:
        vectors=lambda wildcards: ARTIFACTS.passage_vectors(wildcards.system),
        code=code("index.py"),
    output:
        ARTIFACTS.path("vectors", "{system}", "index.faiss"),
    log:
        f"logs/vectors/{C}/{{system}}/index.log",
    benchmark:
        f"results/benchmarks/vectors/{C}/{{system}}/index.tsv"
    threads: 64
    params:
        recipe=lambda wildcards: RECIPES.index(wildcards.system),
    script:
        "../scripts/index.py"
