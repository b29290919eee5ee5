# What the rules share: the checked config, recipes, paths and source files.

import os
import re

from snakemake.exceptions import WorkflowError

import tasb
from tasb.config.artifacts import HEAD, MODEL, RECORDS
from tasb.config.code import code_of
from tasb.config.inputs import Inputs
from tasb.config.load import load_config
from tasb.config.recipes import Recipes
from tasb.config.targets import Targets
from tasb.errors import TasbError

SOURCE = os.path.join(workflow.basedir, "src")

if not os.path.samefile(tasb.__path__[0], os.path.join(SOURCE, "tasb")):
    raise WorkflowError(
        f"the tasb that Python imports is {tasb.__path__[0]}, not the one of this checkout, "
        "which reruns are decided by; run 'pip install -e .' here"
    )

try:
    CONFIG = load_config(config)
except TasbError as error:
    raise WorkflowError(str(error))

RECIPES = Recipes(CONFIG)
INPUTS = Inputs(CONFIG)
ARTIFACTS = INPUTS.at
TARGETS = Targets(CONFIG)
PLANS = ARTIFACTS.plans()
DENSE = ARTIFACTS.systems_of("run", "checkpoint")
LEXICAL = ARTIFACTS.systems_of("lexical")
RERANK = ARTIFACTS.systems_of("rerank")
TREC = ARTIFACTS.systems_of("trec")
C = CONFIG.collection


wildcard_constraints:
    set=r"[^/]+",
    system=r"[^/]+",
    encoder=r"[^/]+",
    plan=r"[^/]+",
    shard=r"\d+",


def code(script):
    """The script and the library files that decide its result."""
    path = os.path.join(workflow.basedir, "workflow", "scripts", script)
    return code_of(os.path.relpath(path), os.path.relpath(SOURCE))


def one_of(names):
    """A wildcard constraint: one of these names, or nothing at all."""
    return "|".join(re.escape(name) for name in names) or r"(?!)"


def plan_shard(recipe, wildcards):
    """The recipe of a plan with the steps of one shard of it."""
    steps = ARTIFACTS.shard_steps(wildcards.plan, int(wildcards.shard))
    return {**recipe, "steps": list(steps)}


def vector_shard(recipe, wildcards):
    """The recipe of passage vectors with the number of one shard of them."""
    return {**recipe, "shard": int(wildcards.shard)}


def paper(table):
    """The published values of a table, where there are any."""
    path = os.path.relpath(
        os.path.join(workflow.basedir, "resources", "paper", f"{table}.tsv")
    )
    return [path] if os.path.exists(path) else []
