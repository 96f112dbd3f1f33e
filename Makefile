# `make run` starts everything, `make test` proves it. Both need Python >= 3.11 with venv, and make.
# PYTHON names the Python that .venv is made with.

VENV := .venv
MANAGE := $(VENV)/bin/python manage.py
PYTEST := $(VENV)/bin/python -m pytest -n 2
SCALE ?= small
SEED ?= 7
EXAMPLES ?= 40
ACTS ?= 1000
WALKS ?= 100
SERVICES_DATABASE_URL ?= postgresql://127.0.0.1:5432/commitments
SERVICES_REDIS_URL ?= redis://127.0.0.1:6379/15
SUITE := DJANGO_SETTINGS_MODULE=config.settings_test
# What `check --deploy` must find nothing wrong with; no such server is ever reached.
PRODUCTION := DATA_DIR=var/lint SECRET_KEY=$$(printf 'x-%s' 0 1 2 3 4 5 6 7 8 9 a b c d e f g h i j k l m n o p) \
	TOKEN_PEPPER=$$(printf 'y-%s' 0 1 2 3 4 5 6 7 8 9 a b c d e f g h i j k l m n o p) DEMO=false DEBUG=false \
	SITE_URL=https://commitments.example.org EMAIL_URL=smtp+tls://mail.example.org:587 TRUSTED_PROXIES=1 \
	DATABASE_URL=postgresql://database.example.org/commitments REDIS_URL=redis://broker.example.org \
	REGISTER_KEY_FILE=var/lint/apart/register_key.pem REGISTER_PUBLISH=/srv/register,https://register.example.org/commitments

.PHONY: help run test test-services test-faults lint openapi release-contract fuzz bench screenshots clean tools

help:
	@echo "make run            start the demonstration (DEMO=0: an empty installation; PORT, HOST, DATA_DIR)"
	@echo "make test           the suite on SQLite and the embedded broker (ARGS=... for pytest)"
	@echo "make test-services  the suite again on PostgreSQL and Redis, less what reaches no database"
	@echo "make test-faults    the fault tables in full: PostgreSQL, a broker that is killed; hours (docs/faults.md; ARGS=...)"
	@echo "make fuzz           many requests that nobody thought of, 1,000 random acts (SEED=7 EXAMPLES=40 ACTS=1000)"
	@echo "make lint           format, lint, types, import contracts, migrations, templates, settings, texts"
	@echo "make openapi        write the description of the API anew: docs/openapi.yaml"
	@echo "make release-contract  promise clients what docs/openapi.yaml says now: docs/contract.txt"
	@echo "make bench          one benchmark: ROW=P10 SCALE=small|full (WRITE=1: into docs/performance.md)"
	@echo "make screenshots    a picture of every page in var/screenshots (ARGS=\"--only queue\"), taken with Chromium"
	@echo "make clean          remove what was made here, but no data (var stays)"

run: export DEMO_IF_NEW := 1
run:
	@.ci/venv requirements.txt
	@exec $(MANAGE) serve

tools:
	@.ci/venv .ci/requirements-dev.txt

test: tools
	@env -u DATABASE_URL -u REDIS_URL $(PYTEST) $(ARGS)

test-services: tools
	@DATABASE_URL='$(SERVICES_DATABASE_URL)' REDIS_URL='$(SERVICES_REDIS_URL)' $(PYTEST) $(ARGS)

test-faults: tools
	@SCALE=full DATABASE_URL='$(SERVICES_DATABASE_URL)' REDIS_URL='$(SERVICES_REDIS_URL)' \
		$(VENV)/bin/python -m pytest -n 0 -s tests/faults $(ARGS)

fuzz: tools
	@SEED=$(SEED) EXAMPLES=$(EXAMPLES) ACTS=$(ACTS) WALKS=$(WALKS) STEPS=50 $(VENV)/bin/python -m pytest -n 0 -rP \
		tests/api/test_fuzzed.py tests/api/test_reference_client.py tests/api/test_mirrored_demonstration.py \
		tests/api/test_changes_model.py $(ARGS)

lint: tools
	$(VENV)/bin/python -m ruff format --check --quiet .
	$(VENV)/bin/python -m ruff check --quiet .
	$(VENV)/bin/python -m mypy
	$(VENV)/bin/lint-imports --no-logo
	$(VENV)/bin/djade --check --target-version 5.2 $$(git ls-files '*.html')
	$(VENV)/bin/python .ci/messages.py --check
	$(VENV)/bin/python .ci/contract.py
	@$(SUITE) $(MANAGE) makemigrations --check --dry-run
	@$(SUITE) $(MANAGE) spectacular --validate --fail-on-warn --file /dev/null
	@test -f var/lint/apart/register_key.pem || $(SUITE) $(MANAGE) make_register_key var/lint/apart/register_key.pem
	@$(SUITE) $(VENV)/bin/python -m tests.seals var/lint/seal
	@$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

openapi: tools
	@$(SUITE) $(MANAGE) spectacular --lang en --validate --fail-on-warn --file docs/openapi.yaml

release-contract: tools
	@$(VENV)/bin/python .ci/contract.py --release

bench: tools
	@$(VENV)/bin/python -m tests.benchmarks.run "$(ROW)" "$(SCALE)" $(if $(WRITE),--write)

screenshots: tools
	@$(VENV)/bin/python -m tests.browser.screenshots $(ARGS)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +
