# Godwit: build, run and test. Thin on purpose; the work is in dev/ and t/.

CC       ?= gcc
BUILD    ?= build
WARN     := -Wall -Wextra -Wpointer-arith -Wwrite-strings -Wshadow -Wvla \
            -Wmissing-prototypes -Wstrict-prototypes -Wno-unused-parameter \
            -Werror
HARDEN   := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS   := -std=gnu11 -O2 -g $(WARN) $(HARDEN) -D_GNU_SOURCE -I. -I$(BUILD) \
            -I/usr/include/postgresql
LDFLAGS  := -pie -Wl,-z,relro,-z,now
LIBS     := -llmdb -lcrypto -ljansson -lpcre2-8 -lyaml -lidn2 -lresolv -lm
WLIBS    := -lpq -lssl -lcurl -lcares
SAN      := -std=gnu11 -O1 -g $(WARN) -D_GNU_SOURCE -I. -I$(BUILD) \
            -fsanitize=address,undefined -fno-omit-frame-pointer \
            -I/usr/include/postgresql

SHM_SRC    := $(wildcard shm/*.c shm/*/*.c)
WORKER_SRC := $(wildcard worker/*.c worker/*/*.c)
UNIT_SRC   := $(filter-out t/unit/tap%,$(wildcard t/unit/*.c))

SHM_OBJ    := $(SHM_SRC:%.c=$(BUILD)/%.o)
WORKER_OBJ := $(WORKER_SRC:%.c=$(BUILD)/%.o) $(BUILD)/queries.gen.o \
              $(BUILD)/sql.gen.o
# what the units link: all of shm, and of the worker what stands alone
UNIT_WORKER := worker/loop.c worker/log.c worker/charset.c worker/import/csv.c \
               worker/import/header.c worker/import/list.c worker/import/ndjson.c \
               worker/import/reader.c $(wildcard worker/import/vcard*.c) \
               worker/tenant_key.c worker/secret.c worker/secret_keys.c worker/totp.c \
               worker/mail/mime.c worker/mail/part.c worker/mail/pieces.c \
               worker/mail/reply.c \
               worker/mail/sts_text.c \
               worker/mail/dkim.c worker/mail/dkim_canon.c worker/mail/dkim_key.c \
               worker/mail/journal.c worker/mail/journal_read.c \
               worker/mail/journal_scan.c worker/mail/journal_sync.c \
               worker/mail/render.c worker/mail/return_path.c \
               worker/campaign/person.c worker/mail/content.c worker/http/sign.c worker/sso/jwt.c \
               worker/yaml_table.c worker/dns/answer.c \
               $(filter-out %/command.c,$(wildcard worker/stats/*.c)) \
               $(filter-out %/bounce.c %/receive.c %/session.c %/session_io.c %/tls.c %/keep.c %/wish.c %/answer.c %/beside.c,$(wildcard worker/receive/*.c))
SAN_OBJ    := $(SHM_SRC:%.c=$(BUILD)/san/%.o) \
              $(UNIT_WORKER:%.c=$(BUILD)/san/%.o) $(BUILD)/sql.gen.o
# of which each links what it calls
SAN_LIB    := $(BUILD)/san/parts.a
# a unit that includes alloc.h counts allocations through the linker
wrap = $(if $(shell grep -l unit/alloc.h $(1)),-Wl$(comma)--wrap=malloc$(comma)--wrap=calloc$(comma)--wrap=realloc)
comma := ,
UNIT_BIN   := $(UNIT_SRC:t/unit/%.c=$(BUILD)/unit/%)
# fuzz targets: t/fuzz/X.c over t/fuzz/corpus/X, replayed among the units
FUZZ       := $(patsubst t/fuzz/%.c,%,$(filter-out t/fuzz/replay.c,$(wildcard t/fuzz/*.c)))
REPLAY_BIN := $(FUZZ:%=$(BUILD)/replay/%)
FUZZ_OBJ   := $(SAN_OBJ:$(BUILD)/san/%=$(BUILD)/fuzz/obj/%)

.PHONY: all unit clean
.SECONDARY:
all: $(BUILD)/godwit

$(BUILD)/godwit: $(WORKER_OBJ) $(SHM_OBJ)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(WLIBS)

$(BUILD)/%.o: %.c | $(BUILD)/queries.gen.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.gen.o: $(BUILD)/%.gen.c
	$(CC) $(CFLAGS) -c -o $@ $<

# statements of the worker and the SQL that `godwit migrate` applies
$(BUILD)/queries.gen.c $(BUILD)/queries.gen.h &: $(wildcard sql/queries/*.sql) \
		dev/gen-queries.pl
	@mkdir -p $(BUILD)
	perl dev/gen-queries.pl $(BUILD)/queries.gen sql/queries/*.sql

$(BUILD)/sql.gen.c: $(wildcard sql/migrations/*.sql sql/functions/*.sql \
		sql/api/*.sql sql/api/*.yaml sql/roles.sql conf.d/*.yaml) \
		dev/gen-sql.pl
	@mkdir -p $(BUILD)
	perl dev/gen-sql.pl $@ sql

# the nginx module; nginx's own make decides what is old
.PHONY: edge
edge $(BUILD)/ngx_http_godwit_module.so:
	@dev/build-edge $(BUILD)/ngx_http_godwit_module.so

# ---- the house on this machine
# When a recipe fails make returns 2 and says so in a line of its own. Asked a
# mere question (-q) it returns the 1 of a line with a +, and adds no word. So
# these goals are asked as a question and build through another make.
HOUSE := run up down
NO_ASK := $(if $(MAKECMDGOALS),,all) $(filter-out $(HOUSE),$(MAKECMDGOALS)) \
          $(findstring n,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
ifeq (,$(strip $(NO_ASK)))
MAKEFLAGS += -q
ASK := +
endif
BUILD_NOW := mkdir -p $(BUILD); MAKEFLAGS= flock $(BUILD)/lock \
             $(MAKE) -s --no-print-directory -j2 all edge

.PHONY: $(HOUSE) test test-long bench lint
run up:
	$(ASK)@sh dev/install run || exit 1; \
	[ -e $(BUILD)/godwit ] || echo building; \
	$(BUILD_NOW) || exit 1; \
	sh dev/app run || echo "no app: what failed stands above, make html tries again"; \
	exec dev/house $@

down:
	$(ASK)@exec dev/house down

.PHONY: install-run install-test install-bench install-fuzz
install-run install-test install-bench install-fuzz:
	@sh dev/install $(@:install-%=%)

# packages come before the first compiler call, also with -j; a plain
# `make build/godwit` asks for none
NEEDS := $(if $(filter test test-long chaos,$(MAKECMDGOALS)),install-run install-test) \
         $(if $(filter bench,$(MAKECMDGOALS)),install-run install-bench) \
         $(if $(filter fuzz,$(MAKECMDGOALS)),install-run install-fuzz)
$(WORKER_OBJ) $(SHM_OBJ) $(SAN_OBJ) $(FUZZ_OBJ) edge: | $(sort $(NEEDS))
install-test install-bench install-fuzz: | $(filter install-run,$(NEEDS))

# the typed client of the API, for the app and for Node
.PHONY: client
client: all
	@sh dev/client > /dev/null

# the app, in html/dist
.PHONY: html
html:
	@sh dev/app check

# the release: what git has, and the app as it was built, so that no Node is
# needed where it is unpacked
VERSION := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
RELEASE := $(BUILD)/godwit-$(VERSION)

.PHONY: dist deb
dist:
	@sh dev/app
	@rm -rf $(RELEASE)
	@mkdir -p $(RELEASE)
	@git archive HEAD | tar -x -C $(RELEASE)
	@cp -r html/dist $(RELEASE)/html/dist
	@tar -C $(BUILD) --sort=name --owner=0 --group=0 --numeric-owner \
	    -czf $(RELEASE).tar.gz godwit-$(VERSION)
	@rm -rf $(RELEASE)
	@echo $(RELEASE).tar.gz

# the Debian package, in build/deb
deb:
	@sh dev/install run deb
	@sh dev/app
	@sh dev/deb

# pictures of every page, in build/shots; P=report: of those whose name it is in
.PHONY: shots
shots: all edge
	@sh dev/app
	@GODWIT_SHOTS=$(P) perl t/run t/e2e/shots.pl

# ---- checks
test: | $(sort $(NEEDS))
	@$(MAKE) -s --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j2) \
	    all edge $(UNIT_BIN) $(REPLAY_BIN)
	@sh dev/app
	@perl t/run $(UNIT_BIN) $(REPLAY_BIN) \
	    $(sort $(wildcard t/sql/*.t t/edge/*.t t/worker/*.t t/fault/*.t t/e2e/*.t))

test-long: test
	@perl t/run -j1 $(sort $(wildcard t/long/*.t))

bench: all edge
	@perl t/bench/run.pl $(B)

lint: $(BUILD)/queries.gen.h
	@perl dev/style.pl
	@cppcheck --enable=warning,performance,portability --std=c11 --inline-suppr \
	    -q --max-configs=4 --suppress=missingInclude --suppress=toomanyconfigs \
	    --error-exitcode=1 -I. shm worker ngx_modules
	@ls shm/*.c shm/*/*.c worker/*.c worker/*/*.c 2>/dev/null | xargs -P2 -I@ \
	    clang-tidy --quiet @ -- -std=gnu11 -D_GNU_SOURCE -I. -I$(BUILD) \
	    -I/usr/include/postgresql > $(BUILD)/tidy.log 2>&1 || \
	    { grep -E -A3 '(error|warning): ' $(BUILD)/tidy.log; exit 1; }
	@sh dev/app check
	@echo lint passed

# unit tests: each C file of t/unit is a program that prints TAP
unit: $(UNIT_BIN) $(REPLAY_BIN)
	@prove -Q -e '' $(UNIT_BIN) $(REPLAY_BIN)

$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(SAN) -MMD -MP -c -o $@ $<

$(SAN_LIB): $(SAN_OBJ)
	@rm -f $@
	$(AR) rcsT $@ $^

$(BUILD)/unit/%: t/unit/%.c $(SAN_LIB)
	@mkdir -p $(@D)
	$(CC) $(SAN) -MMD -MP -MF $@.d -MT $@ -o $@ $< $(SAN_LIB) $(LIBS) -lpq \
	    $(call wrap,$<)

$(BUILD)/replay/%: t/fuzz/%.c t/fuzz/replay.c $(SAN_LIB)
	@mkdir -p $(@D)
	$(CC) $(SAN) -DCORPUS='"t/fuzz/corpus/$*"' -o $@ $^ $(LIBS) -lpq

# libFuzzer: make fuzz T=liquid SECONDS=60; what it finds lies in build/fuzz
T       ?= $(firstword $(FUZZ))
SECONDS ?= 60
LIBFUZZ := $(filter-out -Werror,$(SAN)) -Wno-unknown-warning-option \
           -fno-sanitize-recover=undefined

.PHONY: fuzz
fuzz: $(BUILD)/fuzz/$(T)
	@mkdir -p $(BUILD)/fuzz/corpus/$(T)
	@nice -n 10 $< -max_total_time=$(SECONDS) -timeout=10 -rss_limit_mb=1024 \
	    $(addprefix -dict=,$(wildcard t/fuzz/$(T).dict)) \
	    -verbosity=0 -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/$(T)- \
	    $(BUILD)/fuzz/corpus/$(T) t/fuzz/corpus/$(T)

$(BUILD)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	clang-14 $(LIBFUZZ) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/%: t/fuzz/%.c $(FUZZ_OBJ)
	@mkdir -p $(@D)
	clang-14 $(LIBFUZZ) -fsanitize=fuzzer -o $@ $< $(FUZZ_OBJ) $(LIBS) -lpq

# a campaign under kill -9: make chaos KILLS=200 MESSAGES=100000 SEED=7
KILLS    ?= 200
MESSAGES ?= 100000
SEED     ?= 1

.PHONY: chaos
chaos: all edge
	@perl t/fault/chaos.pl --kills $(KILLS) --messages $(MESSAGES) --seed $(SEED)

clean:
	rm -rf $(BUILD)

-include $(SHM_OBJ:.o=.d) $(WORKER_OBJ:.o=.d) $(SAN_OBJ:.o=.d) $(FUZZ_OBJ:.o=.d) \
         $(UNIT_BIN:=.d)

# tools of the benches
$(BUILD)/bench/%: t/bench/%.c $(SHM_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(SHM_OBJ) $(LIBS) -lpq


# those that need all of the worker but its main
PARTS := $(filter-out $(BUILD)/worker/main.o,$(WORKER_OBJ))
$(BUILD)/bench/ledger $(BUILD)/bench/bounce_parse $(BUILD)/bench/render \
		$(BUILD)/bench/sign: \
		$(BUILD)/bench/%: t/bench/%.c $(PARTS) $(SHM_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(PARTS) $(SHM_OBJ) $(LIBS) $(WLIBS)
