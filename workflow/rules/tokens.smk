rule encoder:
    input:
        unpack(lambda w: inputs(GRAPH.encoder(w.encoder))),
    output:
        model=[f"results/encoders/{{encoder}}/{file}" for file in MODEL],
        tokenizer="results/encoders/{encoder}/tokenizer.json",
        card="results/encoders/{encoder}/card.json",
        made="results/encoders/{encoder}.made.json",
    log:
        "logs/encoders/{encoder}.log",
    params:
        recipe=lambda w: GRAPH.encoder(w.encoder).recipe,
    script:
        "../scripts/make.py"


rule tokens:
    input:
        unpack(lambda w: inputs(at(w).tokens(w.encoder, w.texts))),
    output:
        tokens=path("tokens", "{encoder}", "{texts}.arrow"),
        made=made("tokens", "{encoder}", "{texts}"),
    log:
        logs("tokens", "{encoder}", "{texts}"),
    threads: ALL_CORES
    params:
        recipe=lambda w: at(w).tokens(w.encoder, w.texts).recipe,
    script:
        "../scripts/make.py"
