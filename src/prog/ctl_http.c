/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include <curl/curl.h>
#include <stdio.h>

#include "base/err.h"
#include "prog/ctl_http.h"

enum {
	TIMEOUT_S = 60
}; /* a reload of a thousand partners takes one */

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	return buf_add(arg, p, size * n) ? 0 : size * n;
}

int ctl_http(const char *socket, const char *method, const char *path, long *status,
    struct buf *body, struct err *e)
{
	char url[512];
	CURL *curl = curl_easy_init();
	CURLcode rc;

	ensure(curl);
	snprintf(url, sizeof(url), "http://parleyd%s", path);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	rc = curl_easy_perform(curl);
	if (rc == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	curl_easy_cleanup(curl);
	if (rc != CURLE_OK)
		return err_set(e, ERR_SYS,
		    "no answer on '%s' (%s); is parleyd running, and is this its --socket?", socket,
		    curl_easy_strerror(rc));
	return 0;
}
