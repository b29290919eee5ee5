# TAS-B from a collection to the tables of the paper. Stages, in order, are the includes.

import os

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

min_version("9.11")

if not os.path.samefile(os.getcwd(), workflow.basedir):
    raise WorkflowError(
        f"paths in the config are relative to the checkout: run snakemake in {workflow.basedir}, "
        "without --directory"
    )


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/collection.smk"
include: "workflow/rules/tokens.smk"
include: "workflow/rules/lexical.smk"
include: "workflow/rules/teachers.smk"
include: "workflow/rules/clusters.smk"
include: "workflow/rules/mining.smk"
include: "workflow/rules/plans.smk"
include: "workflow/rules/students.smk"
include: "workflow/rules/vectors.smk"
include: "workflow/rules/rankings.smk"
include: "workflow/rules/latency.smk"
include: "workflow/rules/metrics.smk"
include: "workflow/rules/tables.smk"


rule all:
    default_target: True
    input:
        GRAPH.targets(),


rule preflight:
    log:
        "logs/preflight.log",
    script:
        "workflow/scripts/preflight.py"


for alias in ("tables", "results/tables", "results/tables/"):

    rule:
        name:
            alias
        input:
            GRAPH.targets(),


for target in [*GRAPH.config.tables, *GRAPH.config.figures]:

    rule:
        name:
            target
        input:
            lambda w, name=target: GRAPH.targets(name),


onstart:
    look_first()


onerror:
    atexit.register(tell_errors)
