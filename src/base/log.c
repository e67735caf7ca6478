/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"

enum {
	LINE_MAX_BYTES = 1024,
	QUEUE_LINES = 1024,
	BURST = 20,        /* lines of an area that a peer may cause in a row */
	REFILL_MSEC = 500, /* one more after this long */
	LAST_MSEC = 1000,
};

struct line {
	size_t n;
	char text[LINE_MAX_BYTES];
};

struct bucket {
	msec since;
	unsigned spent;
	unsigned suppressed;
};

static struct {
	enum log_level level;
	enum log_format format;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	pthread_t writer;
	bool running, stopping;
	size_t head, used; /* of `queue` */
	struct line queue[QUEUE_LINES];
	struct bucket buckets[LOG_AREAS];
	atomic_uint_fast64_t lost;
} logger = {
	.level = LOG_INFO,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.filled = PTHREAD_COND_INITIALIZER,
};

static const char *const level_names[] = { "error", "warn", "info", "debug" };
static const char *const area_names[] = { "main", "net", "tls", "h2", "n32", "policy", "sepp",
	"admin" };

void log_setup(enum log_level level, enum log_format format)
{
	logger.level = level;
	logger.format = format;
}

bool log_level_parse(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

bool log_wants(enum log_level level)
{
	return level <= logger.level;
}

uint64_t log_lost(void)
{
	return atomic_load(&logger.lost);
}

static void write_all(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDERR_FILENO, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return; /* nobody to tell */
		p += done;
		n -= (size_t)done;
	}
}

static void *run_writer(void *arg)
{
	static struct line line;

	(void)arg;
	pthread_mutex_lock(&logger.lock);
	while (logger.used > 0 || !logger.stopping) {
		if (logger.used == 0) {
			pthread_cond_wait(&logger.filled, &logger.lock);
			continue;
		}
		line.n = logger.queue[logger.head].n;
		memcpy(line.text, logger.queue[logger.head].text, line.n);
		logger.head = (logger.head + 1) % QUEUE_LINES;
		logger.used--;
		pthread_mutex_unlock(&logger.lock);
		write_all(line.text, line.n);
		pthread_mutex_lock(&logger.lock);
	}
	pthread_mutex_unlock(&logger.lock);
	return NULL;
}

int log_start(struct err *e)
{
	int rc;

	if (logger.running)
		return 0;
	logger.stopping = false;
	rc = thread_start(&logger.writer, 0, run_writer, NULL, "the log thread", e);
	if (rc)
		return rc;
	pthread_mutex_lock(&logger.lock);
	logger.running = true;
	pthread_mutex_unlock(&logger.lock);
	return 0;
}

void log_stop(void)
{
	pthread_mutex_lock(&logger.lock);
	if (!logger.running) {
		pthread_mutex_unlock(&logger.lock);
		return;
	}
	logger.running = false;
	logger.stopping = true;
	pthread_cond_signal(&logger.filled);
	pthread_mutex_unlock(&logger.lock);
	pthread_join(logger.writer, NULL);
}

/* Hands a finished line to the writer, or writes it when there is none. */
static void emit(const char *text, size_t n)
{
	struct line *line;

	pthread_mutex_lock(&logger.lock);
	if (!logger.running) {
		pthread_mutex_unlock(&logger.lock);
		write_all(text, n);
		return;
	}
	if (logger.used == QUEUE_LINES) {
		atomic_fetch_add(&logger.lost, 1);
	} else {
		line = &logger.queue[(logger.head + logger.used) % QUEUE_LINES];
		memcpy(line->text, text, n);
		line->n = n;
		if (logger.used++ == 0)
			pthread_cond_signal(&logger.filled);
	}
	pthread_mutex_unlock(&logger.lock);
}

static int print_text(char *out, size_t size, enum log_level level, enum log_area area,
    const char *id, const char *message)
{
	return snprintf(
	    out, size, "%s %s %s: %s", level_names[level], area_names[area], id, message);
}

/* JSON string content: what str_escape() made of it is ASCII; only \x needs another form. */
static void print_json_text(char *out, size_t size, const char *in)
{
	size_t at = 0;

	for (; *in && at + 7 < size; in++) {
		unsigned char c = (unsigned char)*in;

		if (c == '"' || c == '\\') {
			out[at++] = '\\';
			out[at++] = (char)c;
		} else if (c < 0x20 || c >= 0x7f) {
			at += (size_t)snprintf(out + at, size - at, "\\u%04x", c);
		} else {
			out[at++] = (char)c;
		}
	}
	out[at] = '\0';
}

static int print_json(char *out, size_t size, enum log_level level, enum log_area area,
    const char *id, const char *message)
{
	char time[24], name[256], text[LINE_MAX_BYTES - 256 - 128];

	print_json_text(name, sizeof(name), id);
	print_json_text(text, sizeof(text), message);
	return snprintf(out, size,
	    "{\"time\":\"%s\",\"level\":\"%s\",\"area\":\"%s\",\"id\":\"%s\",\"message\":\"%s\"}",
	    clock_print_utc(time, clock_wall_s()), level_names[level], area_names[area], name,
	    text);
}

/* The whole line into `out`.  Returns its length, 0 if it cannot be printed. */
static size_t print_line(char out[LINE_MAX_BYTES], enum log_level level, enum log_area area,
    const char *id, const char *message)
{
	int n;

	if (logger.format == LOG_JSON)
		n = print_json(out, LINE_MAX_BYTES - 1, level, area, id, message);
	else
		n = print_text(out, LINE_MAX_BYTES - 1, level, area, id, message);
	if (n < 0)
		return 0;
	if (n > LINE_MAX_BYTES - 2)
		n = LINE_MAX_BYTES - 2;
	out[n] = '\n';
	return (size_t)n + 1;
}

static void log_text(enum log_level level, enum log_area area, const char *id, const char *message)
{
	char out[LINE_MAX_BYTES];
	size_t n = print_line(out, level, area, id, message);

	if (n > 0)
		emit(out, n);
}

void log_last(enum log_level level, enum log_area area, const char *id, const char *fmt, ...)
{
	struct pollfd err = { .fd = STDERR_FILENO, .events = POLLOUT };
	char message[LINE_MAX_BYTES], out[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	/* a pipe that is ready takes a line of this size without waiting */
	if (poll(&err, 1, LAST_MSEC) == 1)
		write_all(out, print_line(out, level, area, id, message));
}

void log_line(enum log_level level, enum log_area area, const char *id, const char *fmt, ...)
{
	char message[LINE_MAX_BYTES];
	va_list ap;

	if (!log_wants(level))
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	log_text(level, area, id, message);
}

/* Whether one more line is let through; `*left_out` is how many were not since the last one. */
static bool spend(enum log_area area, msec now, unsigned *left_out)
{
	struct bucket *b = &logger.buckets[area];
	bool ok;

	pthread_mutex_lock(&logger.lock);
	if (now > b->since) {
		uint64_t back = (now - b->since) / REFILL_MSEC;

		b->spent = back >= b->spent ? 0 : b->spent - (unsigned)back;
		b->since += b->spent ? back * REFILL_MSEC : now - b->since;
	}
	ok = b->spent < BURST;
	*left_out = ok ? b->suppressed : 0;
	if (ok) {
		b->spent++;
		b->suppressed = 0;
	} else {
		b->suppressed++;
	}
	pthread_mutex_unlock(&logger.lock);
	return ok;
}

void log_peer(
    msec now, enum log_level level, enum log_area area, const char *id, const char *fmt, ...)
{
	char message[LINE_MAX_BYTES];
	unsigned left_out;
	va_list ap;
	int n;

	if (!log_wants(level) || !spend(area, now, &left_out))
		return;
	va_start(ap, fmt);
	n = vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (left_out > 0 && n >= 0 && (size_t)n < sizeof(message))
		snprintf(message + n, sizeof(message) - (size_t)n, " left_out=%u", left_out);
	log_text(level, area, id, message);
}
