"""Print what the main job will need."""

import shutil

from tasb.config.load import load
from tasb.preflight import rate, report

print(report(load(snakemake.config), rate(), shutil.disk_usage(".").free))
