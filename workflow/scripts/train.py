"""Train a run or a teacher."""

from pathlib import Path

from tasb.files import fingerprint
from tasb.jobs import job
from tasb.models.device import prepare
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.config import Training
from tasb.students.run import new_model, open_teacher, train_run
from tasb.tokens.store import TokenStore

with job(snakemake.log[0], snakemake.wildcards.name):
    files, recipe = snakemake.input, snakemake.params.recipe
    settings = Training.model_validate(recipe["training"])
    device = prepare(snakemake.threads)
    queries, passages = TokenStore(files.queries), TokenStore(files.passages)
    candidates = files.get("early_stopping_set")
    output = Path(snakemake.output.weights[0]).parent
    train_run(
        settings,
        new_model(settings, files.encoder).to(device),
        queries,
        passages,
        files.plan,
        open_teacher(settings, recipe, files, device),
        candidates and (candidates, TokenStore(files.early_stopping_queries)),
        CheckpointFolder(
            Path("results/checkpoints", *output.parts[1:]), fingerprint(recipe, files)
        ),
        output,
    )
