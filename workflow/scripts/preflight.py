"""Print what the main job will need, also into the log."""

import shutil

from tasb.config.load import load
from tasb.files import write_text
from tasb.preflight.machine import measured
from tasb.preflight.report import report

text = report(load(snakemake.config), measured(shutil.disk_usage(".").free))
write_text(snakemake.log[0], text + "\n")
print(text)
