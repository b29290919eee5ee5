rule encoder:
    input:
        source=lambda wildcards: INPUTS.encoder_source(wildcards.encoder),
        code=code("encoder.py"),
    output:
        ARTIFACTS.encoder("{encoder}"),
    log:
        "logs/encoders/{encoder}.log",
    benchmark:
        "results/benchmarks/encoders/{encoder}.tsv"
    params:
        recipe=lambda wildcards: RECIPES.encoder(wildcards.encoder),
    script:
        "../scripts/encoder.py"


rule tokenize_passages:
    input:
        texts=ARTIFACTS.passages(),
        encoder=ARTIFACTS.encoder("{encoder}"),
        code=code("tokenize.py"),
    output:
        ARTIFACTS.tokens("{encoder}", "passages"),
    log:
        f"logs/tokens/{C}/{{encoder}}/passages.log",
    benchmark:
        f"results/benchmarks/tokens/{C}/{{encoder}}/passages.tsv"
    threads: 64
    params:
        recipe=lambda wildcards: RECIPES.passage_tokens(wildcards.encoder),
    script:
        "../scripts/tokenize.py"


rule tokenize_queries:
    input:
        texts=ARTIFACTS.queries("{set}"),
        encoder=ARTIFACTS.encoder("{encoder}"),
        code=code("tokenize.py"),
    output:
        ARTIFACTS.tokens("{encoder}", "{set}"),
    log:
        f"logs/tokens/{C}/{{encoder}}/{{set}}.log",
    benchmark:
        f"results/benchmarks/tokens/{C}/{{encoder}}/{{set}}.tsv"
    wildcard_constraints:
        set=one_of(INPUTS.query_sets()),
    params:
        recipe=lambda wildcards: RECIPES.query_tokens(wildcards.encoder, wildcards.set),
    script:
        "../scripts/tokenize.py"
