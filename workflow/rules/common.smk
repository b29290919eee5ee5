# What the rules share: the graph of the checked config, paths, and the source files of a job.

import atexit
import re
import sys
import time

import tasb
from snakemake.settings.types import Quietness
from tasb.collection.config import BARE, TRAINING, UNLABELLED, VALIDATION
from tasb.config.code import code_of
from tasb.config.duplicates import refuse_duplicate_keys
from tasb.config.load import load
from tasb.errors import TasbError, last_errors
from tasb.machine import has_gpu
from tasb.origin import Planned
from tasb.students.artifacts import FOLDER
from tasb.tokens.artifacts import MODEL

CACHES = {
    "HF_HOME": "huggingface",
    "IR_DATASETS_HOME": "ir_datasets",
    "MPLCONFIGDIR": "matplotlib",
    "NUMBA_CACHE_DIR": "numba",
}
QUIET = {Quietness.RULES, Quietness.HOST, Quietness.REASON}
SOURCE = os.path.join(workflow.basedir, "src")

if not os.path.samefile(tasb.__path__[0], os.path.join(SOURCE, "tasb")):
    raise WorkflowError(
        f"the tasb that Python imports is {tasb.__path__[0]}, not the one of this checkout, "
        "which reruns are decided by; run 'pip install -e .' here"
    )

# A dry run of the profile's quietness ends with its table of jobs, which it would print twice.
if workflow.output_settings.dryrun and workflow.output_settings.quiet == QUIET:
    workflow.output_settings.quiet = {Quietness.RULES, Quietness.PROGRESS}

try:
    refuse_duplicate_keys(workflow.configfiles)
    GRAPH = load(config)
except TasbError as error:
    raise WorkflowError(str(error))

C = GRAPH.config.collection
SETS = list(GRAPH.config.data.query_sets)
EVERY_SET = [*SETS, "train", TRAINING, VALIDATION, UNLABELLED]
NAMES = [*GRAPH.config.systems, *GRAPH.config.runs]
DENSE = [
    name
    for name in NAMES
    if GRAPH.system(name).ranks and GRAPH.system(name).reported_together
]
GENERATIONS = [name for name, run in GRAPH.config.runs.items() if run.generation]
SEARCHING = [name for name, run in GRAPH.config.runs.items() if run.search]
MINED = GRAPH.config.mining
BY_WORDS = GRAPH.config.systems.items()
WEIGHTED = [name for name, found in BY_WORDS if found.kind == "deepct"]
EXPANDED = [name for name, found in BY_WORDS if found.kind == "doc2query"]
JOINED = [
    "=".join(run.pairs.mining)
    for run in GRAPH.config.runs.values()
    if run.pairs.kind == "mined"
]
PLANNED = Planned()

# Tables across collections read the metrics of others, which are made by the same rules.
GRAPHS = {name: GRAPH.on(name) for name in (C, *GRAPH.config.across)}


def at(wildcards):
    """The graph of the collection that a job is of."""
    return GRAPHS[wildcards.collection]


path = GRAPH.pattern
# The cores of this machine; a cluster has its own number, see profiles/.
ALL_CORES = workflow.resource_settings.cores or 8

# Jobs that compute with a model take the GPU in turn. Without one two of them share the cores,
# since each spends seconds on one core before it computes.
GPU = int(has_gpu())
MODEL_THREADS = ALL_CORES if GPU else max(1, ALL_CORES // 2)

# What reads vectors goes before what makes more of them, since they may be deleted after it.
VECTORS_FREED = 10

# What libraries keep for the next time stays in the project, unless the user says where.
for variable, folder in CACHES.items():
    os.environ.setdefault(variable, os.path.abspath(os.path.join(".cache", folder)))

# glibc keeps freed memory for the next tensors, where the kernel would clear each page again.
os.environ.setdefault("MALLOC_MMAP_MAX_", "0")
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", "-1")


def one_of(names):
    """A wildcard constraint: one of these names, or nothing at all."""
    return "|".join(re.escape(name) for name in names) or r"(?!)"


wildcard_constraints:
    collection=one_of(GRAPHS),
    shard=r"\d+",
    set=one_of(EVERY_SET),
    texts=r"[^/]+",
    encoder=one_of(GRAPH.config.encoders),
    run=one_of(GRAPH.config.runs),
    teacher=one_of(NAMES),
    clusters=one_of(GRAPH.config.clusters),
    model=one_of(NAMES),
    mining=one_of(MINED),
    joined=one_of(names for names in JOINED if "=" in names),
    pairs=one_of(["pair_scores", *JOINED]),
    bare=one_of(BARE),
    plan=one_of(GRAPH.plans),
    system=one_of(NAMES),
    table=one_of(GRAPH.config.tables),
    figure=one_of(GRAPH.config.figures),


def inputs(artifact):
    """All files that the job of an artifact reads, its source files among them.

    One that was made from something else is made again, whatever Snakemake remembers of it.
    """
    functions = (artifact.make, *artifact.uses, "tasb.jobs:run")
    code = code_of(functions, os.path.relpath(SOURCE))
    if PLANNED.is_stale(artifact, code):
        workflow.dag.forcefiles.update(artifact.paths)
    return {**artifact.inputs, "code": code}


def passing(file):
    """A file that is deleted once nothing needs it, where the config says so."""
    return file if GRAPH.config.keep_vectors else temp(file)


def made(stage, *names):
    """What a job writes about itself: digests, seconds, memory, device."""
    return path(stage, *names) + ".made.json"


def logs(stage, *names):
    """The log of a job, under the path of what it makes."""
    return path(stage, *names).replace("results", "logs", 1) + ".log"


STARTED = time.time()


def look_first():
    """Say what should be known before the first job, and end a run that has no room."""
    from tasb.preflight.gate import before_first_job  # a dry run does not need it

    todo = {path for job in workflow.dag.needrun_jobs() for path in job.output}
    try:
        for line in before_first_job(GRAPH, todo, workflow.local_exec):
            print(line, file=sys.stderr)
    except TasbError as error:
        raise WorkflowError(str(error))


def tell_errors():
    """Print the errors of failed jobs once more, after Snakemake's own words."""
    for line in last_errors("logs", STARTED):
        print(line, file=sys.stderr)
