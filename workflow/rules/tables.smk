rule table:
    input:
        unpack(lambda w: inputs(at(w).table(w.table))),
    output:
        data=path("tables", "{table}.parquet"),
        markdown=path("tables", "{table}.md"),
        latex=path("tables", "{table}.tex"),
        html=path("tables", "{table}.html"),
        made=made("tables", "{table}"),
    log:
        logs("tables", "{table}"),
    params:
        recipe=lambda w: at(w).table(w.table).recipe,
    script:
        "../scripts/make.py"


rule figure:
    input:
        unpack(lambda w: inputs(at(w).figure(w.figure))),
    output:
        data=path("tables", "{figure}.parquet"),
        figure=path("tables", "{figure}.svg"),
        made=made("tables", "{figure}"),
    log:
        logs("tables", "{figure}"),
    params:
        recipe=lambda w: at(w).figure(w.figure).recipe,
    script:
        "../scripts/make.py"


rule model_card:
    input:
        unpack(lambda w: inputs(at(w).model_card(w.run))),
    output:
        readme=path("students", "{run}", "README.md"),
        made=made("students", "{run}", "README"),
    log:
        logs("students", "{run}", "README"),
    params:
        recipe=lambda w: at(w).model_card(w.run).recipe,
    script:
        "../scripts/make.py"
