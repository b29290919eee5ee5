rule encoder:
    input:
        code=code("encoder.py"),
    output:
        ARTIFACTS.encoder("{encoder}"),
    params:
        recipe=lambda wildcards: RECIPES.encoder(wildcards.encoder),
    log:
        "logs/encoders/{encoder}.log",
    benchmark:
        "benchmarks/results/encoders/{encoder}.tsv"
    script:
        "../scripts/encoder.py"


rule tokenize_passages:
    input:
        texts=ARTIFACTS.passages(),
        encoder=ARTIFACTS.encoder("{encoder}"),
        code=code("tokenize.py"),
    output:
        ARTIFACTS.tokens("{encoder}", "passages"),
    params:
        recipe=lambda wildcards: RECIPES.passage_tokens(wildcards.encoder),
    threads: 64
    log:
        f"logs/tokens/{C}/{{encoder}}/passages.log",
    benchmark:
        f"benchmarks/results/tokens/{C}/{{encoder}}/passages.tsv"
    script:
        "../scripts/tokenize.py"


rule tokenize_queries:
    input:
        texts=ARTIFACTS.queries("{set}"),
        encoder=ARTIFACTS.encoder("{encoder}"),
        code=code("tokenize.py"),
    output:
        ARTIFACTS.tokens("{encoder}", "{set}"),
    params:
        recipe=lambda wildcards: RECIPES.query_tokens(wildcards.encoder, wildcards.set),
    wildcard_constraints:
        set=one_of(INPUTS.query_sets()),
    log:
        f"logs/tokens/{C}/{{encoder}}/{{set}}.log",
    benchmark:
        f"benchmarks/results/tokens/{C}/{{encoder}}/{{set}}.tsv"
    script:
        "../scripts/tokenize.py"
