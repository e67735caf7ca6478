/* SPDX-License-Identifier: MIT */
/*
 * programs.h - the compiled Lua files of a directory, each once.
 *
 * What a file compiles to depends on the Lua and JSON files of the directory and on nothing else.
 * So generations between which none of those changed have the same programs, of which workers then
 * need no new images either.  Holds copies of the texts, but of nothing in certs/ and anchors/: a
 * private key does not live longer than its generation.
 *
 * Belongs to whoever builds and frees generations, one thread; the programs are read by all.
 */
#ifndef SEPP_PROGRAMS_H
#define SEPP_PROGRAMS_H

#include "base/base.h"
#include "script/script.h"
#include "sepp/directory.h"

struct err;
struct programs;

/*
 * Those of `d`: a reference to `before` (NULL: none) if they are the same, or new ones, none of
 * them compiled yet.  Copies.
 */
struct programs *programs_of(const struct directory *d, struct programs *before) MUST_CHECK;

/* NULL is allowed.  With the last reference the programs go. */
void programs_unref(struct programs *p);

/*
 * The file `path`, compiled if it was not before.  Borrowed for as long as there is a reference;
 * NULL fills `e` like script_program_new().
 */
struct script_program *programs_get(struct programs *p, struct script_vm *vm, const char *path,
    enum script_kind kind, struct err *e) MUST_CHECK;

#endif
