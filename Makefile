.DEFAULT_GOAL := help
.PHONY: help run test check bench soak audit look screenshots fuzz openapi

help: ## Says what can be made.
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: ## Builds Kaofa and serves it on http://127.0.0.1:8080.
	cargo run -- serve --demo

# The crate `migration` has no tests of its own: the tests of all others begin with its steps.
test: ## Installs what the tests need and runs all of them, on SQLite and PostgreSQL.
	scripts/test-env.sh cargo test --package entity --package kaofa --lib --bins --tests

bench: ## Measures on SQLite and PostgreSQL and prints the table of benches/README.md. ONLY=save,start DATABASE=sqlite measures less.
	scripts/test-env.sh cargo bench --bench speed -- $(if $(ONLY),--only $(ONLY)) $(if $(DATABASE),--database $(DATABASE))

soak: ## Kills, starves and cuts off the program for as long as it takes to be sure.
	KAOFA_SOAK=1 scripts/test-env.sh cargo test --test crash -- --test-threads 2
	KAOFA_SOAK=1 scripts/test-env.sh cargo test --test it -- many_districts

check: ## Format, lints and documentation.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

audit: ## Asks a server whatever its specification allows, as each role, and measures its main pages, for about 15 minutes.
	scripts/audit.sh

look: ## Looks at every page in both languages, themes and widths, with axe-core. ONLY=liaison,/exams/ looks at less.
	$(if $(ONLY),KAOFA_LOOK=$(ONLY)) scripts/test-env.sh cargo test --test browser -- --ignored --exact pages::crawl::every_page_is_whole_in_both_languages_and_themes

screenshots: ## Makes a picture of every page at both widths in target/screenshots, or of those that ONLY names.
	$(if $(ONLY),KAOFA_LOOK=$(ONLY)) scripts/test-env.sh cargo test --test browser -- --ignored --exact pages::pictures::screenshots

# Wants cargo-fuzz (`cargo install cargo-fuzz`); the flags of the sanitizers are taken by a stable compiler too if it is told so.
fuzz: ## Throws damaged files at the readers of tables and questions, ten minutes each.
	RUSTC_BOOTSTRAP=1 cargo fuzz run table -- -max_total_time=600 -rss_limit_mb=1500 -timeout=20
	RUSTC_BOOTSTRAP=1 cargo fuzz run workbook -- -max_total_time=600 -rss_limit_mb=1500 -timeout=20
	mkdir -p fuzz/corpus/questions
	RUSTC_BOOTSTRAP=1 cargo fuzz run questions fuzz/corpus/questions fuzz/seeds/questions -- -dict=fuzz/seeds/questions.dict -max_total_time=600 -rss_limit_mb=1500 -timeout=20

openapi: ## Writes openapi/kaofa.json from the code.
	cargo run --quiet -- openapi > openapi/kaofa.json.new
	mv openapi/kaofa.json.new openapi/kaofa.json
