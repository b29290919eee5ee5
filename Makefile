# make tables: set-up, then Table 4, then every other table and figure. make test: set-up, then every check.
# make bench: an environment of its own with the peers, then every benchmark.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SNAKEMAKE := XDG_CACHE_HOME=$${XDG_CACHE_HOME:-$(CURDIR)/.cache} $(BIN)/snakemake

.PHONY: tables test check bench clean

tables: $(READY)
	$(SNAKEMAKE) --cores all table4 --quiet rules host reason
	@echo; cat results/tables/*/table4.md; echo
	$(SNAKEMAKE) --cores all results/tables --quiet rules host reason
	@echo; $(BIN)/python -m tasb.summary

test: check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/mypy

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[cpu,dev]'
	touch $(READY)

bench: .bench/.ready
	for part in machine training memory encoding pipelines plans metrics reading clusters dag; do \
		echo; MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=-1 .bench/bin/python benchmarks/$$part.py || exit 1; \
	done

.bench/.ready: pyproject.toml constraints.txt benchmarks/requirements.txt
	$(PYTHON) -m venv .bench
	.bench/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--editable '.[cpu,dev]' --requirement benchmarks/requirements.txt
	touch .bench/.ready

clean:
	rm -rf .venv .bench .cache results logs .snakemake
