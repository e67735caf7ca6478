# SPDX-License-Identifier: MIT
#
# make              build/parleyd and build/parleyctl
# make demo         install what is missing, build, and watch a gateway negotiate (KEEP=1: leave it)
# make test         install what is missing, build, run every test
# make conformance  the N32 cases by id, one line each
# make converge     gateways, networks and clocks fail and all agree again (ROUNDS=200 SEED=1)
# make hostile      what hostile peers cost the gateway, and what a polite one notices of them
# make soak         good and bad load with reloads (SOAK_S=1800): nothing may grow
# make fuzz         libFuzzer on everything that reads a peer's bytes (FUZZ_S=60 seconds each), and
#                   which lines that has reached; make fuzz-coverage: the same with the corpus alone
# make bench        the performance figures (BENCH="--quick": fewer rounds)
# make lint         formatting, layers, sizes, words, Lua
# make deps-all     what lint, fuzz, bench and the sanitizers need besides
# make install      into $(DESTDIR)$(PREFIX)
# make SAN=address,undefined ...   the same with sanitizers; SAN=thread too
# make CC=clang ...                with clang, and its control-flow integrity
# make V=1 ...                     show the commands

CC       ?= cc
CFLAGS   ?= -O2 -g
PREFIX   ?= /usr/local
FUZZ_S   ?= 60
ROUNDS   ?= 200
SOAK_S   ?= 1800
PYTHON   := /usr/bin/python3
LUA      := lua5.4

comma    := ,
IS_CLANG := $(findstring clang,$(CC))
B        ?= build$(if $(IS_CLANG),/clang)$(if $(SAN),/$(subst $(comma),-,$(SAN)))

PKGS     := openssl libnghttp2 yajl jansson lua5.4 libmicrohttpd libcurl libcares sqlite3 libseccomp
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wwrite-strings -Wundef -Wvla -Werror
# clang's own control-flow integrity and the processor's do not go together in its release 14
HARDEN   := -fPIE -fstack-protector-strong -fstack-clash-protection \
            $(if $(IS_CLANG),,-fcf-protection=full) \
            $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
CFI      := $(if $(IS_CLANG),$(if $(SAN),,-flto=thin -fvisibility=hidden -fsanitize=cfi))
FLAGS    := -std=c11 -D_GNU_SOURCE -Isrc -MMD -MP -fno-strict-aliasing $(WARN) $(HARDEN) $(CFI) \
            $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer) \
            $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LINK     := -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack $(CFI) $(if $(CFI),-fuse-ld=lld) $(if $(SAN),-fsanitize=$(SAN)) -pthread
LIBS     := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lev -lresolv -lm

SRC      := $(sort $(wildcard src/*/*.c))
PROG     := $(sort $(wildcard src/prog/*.c))
DAEMON   := src/prog/parleyd.c $(wildcard src/prog/jail*.c)
CTL      := $(filter-out $(DAEMON),$(PROG))
CORE     := $(filter-out $(PROG),$(SRC))
UNIT     := $(sort $(wildcard tests/unit/test_*.c))
UNIT_LIB := $(filter-out $(UNIT),$(sort $(wildcard tests/unit/*.c)))
FUZZ     := $(sort $(wildcard tests/fuzz/fuzz_*.c))
LOAD     := $(sort $(wildcard tests/bench/load*.c))
BARE     := $(sort $(wildcard tests/bench/bare*.c))
C_ALL    := $(sort $(wildcard src/*/*.[ch] tests/*/*.[ch]))

obj       = $(1:%.c=$(B)/%.o)
Q        := $(if $(V),,@)
say       = $(if $(V),,@printf '  %-5s %s\n' $(1) $@)
link      = $(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(LINK) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)

all: $(B)/parleyd $(B)/parleyctl

$(B)/libparley.a: $(call obj,$(CORE))
	$(call say,AR)
	$(Q)rm -f $@ && $(if $(IS_CLANG),llvm-ar-14,ar) rcs $@ $^

$(B)/parleyd: $(call obj,$(DAEMON)) $(B)/libparley.a
	$(call say,LD)
	$(link)

$(B)/parleyctl: $(call obj,$(CTL)) $(B)/libparley.a
	$(call say,LD)
	$(link)

$(B)/unit/%: $(B)/tests/unit/%.o $(call obj,$(UNIT_LIB)) $(B)/libparley.a
	$(call say,LD)
	$(Q)mkdir -p $(@D)
	$(link) -lcmocka

# the one module of a program that has a unit test
$(B)/unit/test_prog_jail: $(call obj,$(filter-out src/prog/parleyd.c,$(DAEMON)))

$(B)/load: $(call obj,$(LOAD)) $(B)/libparley.a
	$(call say,LD)
	$(link)

$(B)/journal: $(B)/tests/bench/journal.o $(B)/libparley.a
	$(call say,LD)
	$(link)

$(B)/crowd: $(B)/tests/bench/crowd.o $(B)/libparley.a
	$(call say,LD)
	$(link)

$(B)/patient.so: tests/bench/patient.c Makefile
	$(call say,LD)
	$(Q)$(CC) $(FLAGS) $(CFLAGS) -fPIC -shared -o $@ $<

$(B)/bare: $(call obj,$(BARE)) $(B)/libparley.a
	$(call say,LD)
	$(link)

$(B)/%.o: %.c Makefile
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(FLAGS) $(CFLAGS) -c -o $@ $<

# the Lua that comes with parleyctl is part of it
$(B)/src/prog/tool.o: $(wildcard lua/*.lua)

# fuzzers and all that they reach are built apart: with what libFuzzer and llvm-cov read
$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/libparley.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer,address,undefined -pthread -o $@ $^ $(LIBS)

demo: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)B=$(B) tests/demo/demo.sh

test: deps-test
	$(Q)$(MAKE) --no-print-directory all units $(B)/load
	$(Q)PARLEY_BUILD=$(B) $(PYTHON) tests/run.py

units: $(UNIT:tests/unit/%.c=$(B)/unit/%)

conformance: all
	$(Q)PARLEY_BUILD=$(B) $(PYTHON) tests/conformance/run.py

converge: all
	$(Q)PARLEY_BUILD=$(B) $(PYTHON) -B tests/flow/converge.py --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

hostile: all $(B)/load
	$(Q)PARLEY_BUILD=$(B) $(PYTHON) -B tests/hostile/hostile.py $(HOSTILE)

soak: all $(B)/load
	$(Q)PARLEY_BUILD=$(B) $(PYTHON) -B tests/hostile/soak.py --seconds $(SOAK_S) $(if $(SEED),--seed $(SEED))

fuzzers: $(FUZZ:tests/fuzz/%.c=$(B)/%)
fuzz-build:
	$(Q)$(MAKE) --no-print-directory CC=clang SAN=fuzzer-no-link,address,undefined B=build/fuzz \
	    CFLAGS="-O1 -g -fprofile-instr-generate -fcoverage-mapping" fuzzers
fuzz: fuzz-build
	$(Q)tests/fuzz/run.sh build/fuzz $(FUZZ_S)
	$(Q)tests/fuzz/coverage.py build/fuzz
fuzz-coverage: fuzz-build
	$(Q)tests/fuzz/run.sh build/fuzz 0
	$(Q)tests/fuzz/coverage.py build/fuzz

bench: all $(B)/load $(B)/bare $(B)/journal $(B)/crowd $(B)/patient.so
	$(Q)$(PYTHON) tests/bench/bench.py --build $(B) $(BENCH)

lint:
	$(Q)clang-format --dry-run -Werror $(C_ALL)
	$(Q)$(LUA) tests/lint/layers.lua $(wildcard src/*/*.[ch])
	$(Q)$(LUA) tests/lint/sizes.lua $(C_ALL)
	$(Q)$(LUA) tests/lint/words.lua $$(git ls-files 2>/dev/null)
	$(Q)luacheck -q --no-color --config tests/lint/luacheckrc tests/lint policies lua

deps deps-test deps-all:
	$(Q)src/dist/deps.sh $@

install: all
	install -D -m 755 $(B)/parleyd $(DESTDIR)$(PREFIX)/sbin/parleyd
	install -D -m 755 $(B)/parleyctl $(DESTDIR)$(PREFIX)/bin/parleyctl
	install -D -m 644 src/prog/parleyd.8 $(DESTDIR)$(PREFIX)/share/man/man8/parleyd.8
	install -D -m 644 src/prog/parleyctl.1 $(DESTDIR)$(PREFIX)/share/man/man1/parleyctl.1
	install -D -m 644 src/dist/parleyd.service $(DESTDIR)$(PREFIX)/lib/systemd/system/parleyd.service

clean:
	rm -rf build

.PHONY: all demo test units conformance converge hostile soak fuzz fuzz-build fuzz-coverage fuzzers bench \
        lint deps deps-test deps-all install clean
.SECONDARY:
-include $(wildcard $(B)/src/*/*.d $(B)/tests/*/*.d)
